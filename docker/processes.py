"""Processes: keeps a family of them together, so that none is left behind.

A family head adopts every orphan below it (Linux's child subreaper), hence whatever its children
start, in any session or group, stays findable as its descendant until the head ends them all.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def end_with_parent(parent: int) -> None:
    """Have this process sent SIGTERM when its parent, process ``parent``, ends in whatever way."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(1)  # it ended before we could ask to be told


def end_on_signals() -> None:
    """Unwind when told to end, or when the terminal goes away, instead of dying where we stand."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda told, _frame: sys.exit(128 + told))


def ignore_signals() -> None:
    """Be deaf from now on: what follows cleans up, and must not be cut short."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_family(*, patience_s: float) -> None:
    """End every descendant: a request, then force. Returns when none is left."""
    for pid in descendants(os.getpid()):
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while _living() and time.monotonic() < deadline:
        time.sleep(0.05)
    while left := _living():
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.02)


def reap() -> None:
    """Collect children that have ended, adopted ones included."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(head: int) -> list[int]:
    """Return every living process below ``head``, nearest first."""
    children: dict[int, list[int]] = {}
    for pid, parent in _table():
        children.setdefault(parent, []).append(pid)
    found = list(children.get(head, ()))
    for pid in found:  # grows while it is walked
        found += children.get(pid, ())
    return found


def start_ticks(pid: int) -> int | None:
    """Return when a process started (clock ticks since boot); with the pid it names one process for ever."""
    fields = _stat(Path("/proc") / str(pid))
    return int(fields[19]) if fields and fields[0] != "Z" else None


def _living() -> list[int]:
    reap()
    return descendants(os.getpid())


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _table() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(entry)) and fields[0] != "Z":
            yield int(entry.name), int(fields[1])


def _stat(entry: Path) -> list[str]:
    # The name stands in brackets and may hold anything; what follows the last one is regular.
    try:
        return (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
