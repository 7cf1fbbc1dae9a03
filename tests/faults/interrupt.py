"""Interrupt: one act in a process of its own, its system calls recorded, or one of them killed or made to fail."""

import errno
import gc
import json
import mmap
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError

CALLS = (
    "openat", "mkdir", "rename", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir",
    "write", "writev", "pwrite64", "ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "fchmod", "chmod",
    "fchmodat", "copy_file_range", "sendfile",
)  # fmt: skip
"""The calls by which a file system is changed or waited for; of ``openat`` those that make a file."""

_TOLD = 1 << 20
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)")
_CREATES = "O_CREAT"
_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The ``n``-th call of a name (from 1)."""

    call: str
    n: int

    def __str__(self) -> str:
        """As it is told."""
        return f"{self.call} {self.n}"


class Fork:
    """A child that waits for the word, then does an act; what came of it stands in memory shared with it.

    It is forked and not started anew: everything is imported already, and hundreds of acts take minutes.
    """

    def __init__(self, act: Callable[[], Any], *, again: bool = False) -> None:
        self._told = mmap.mmap(-1, _TOLD)
        self._gate, gate = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            gc.freeze()  # what the parent has made is not looked through again
            _let_be_traced()
            os.close(gate)
            os.read(self._gate, 1)
            _act(act, self._told, again=again)
        os.close(self._gate)
        self._gate = gate

    def go(self) -> None:
        """Give the word."""
        os.write(self._gate, b"x")
        os.close(self._gate)

    def wait(self) -> dict[str, Any]:
        """Wait for its end; return what it told, and ``killed`` where it was."""
        _, status = os.waitpid(self.pid, 0)
        told = self._told[:].rstrip(b"\0")
        self._told.close()
        if os.WIFSIGNALED(status):
            return {"killed": os.WTERMSIG(status)}
        return dict(json.loads(told)) if told else {"untyped": f"exit {status} without a word"}


def _act(act: Callable[[], Any], told: mmap.mmap, *, again: bool) -> None:
    """Do it and tell, never to return; no call is made for the telling, since the calls are counted."""
    try:
        said = _tried(act, again=again)
        gc.collect()  # what a process clears away at its end
        data = json.dumps(said, default=str).encode()
        told[: len(data)] = data
    finally:
        os._exit(0)


def _tried(act: Callable[[], Any], *, again: bool) -> dict[str, Any]:
    """Say what came of an act: ``done`` with what it returned, ``code`` of an error, ``untyped`` for any other."""
    try:
        return {"done": act()}
    except (PipelineError, OSError) as err:
        said = {"code": _code(err), "reason": str(err), "unwrapped": isinstance(err, OSError)}
    except BaseException:  # noqa: BLE001 (told to the parent, which raises)
        return {"untyped": traceback.format_exc()[-4000:]}
    return {**_tried(act, again=False), "first": said} if again else said


def _code(err: BaseException) -> str:
    """Return the code that the command line gives."""
    if isinstance(err, PipelineError):
        return err.code
    full = isinstance(err, OSError) and err.errno in (errno.ENOSPC, errno.EDQUOT)
    return "E-HOST-003" if full else "E-HOST-001"


def _let_be_traced() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(0x59616D61, -1, 0, 0, 0)  # PR_SET_PTRACER: the tracer is a sibling


def quietly(act: Callable[[], Any]) -> Any:
    """Do something in a child, undisturbed; return what it returns. What it raises is raised here as text."""
    child = Fork(act)
    child.go()
    said = child.wait()
    if "done" not in said:
        raise AssertionError(said.get("untyped") or said)
    return said["done"]


@contextmanager
def _traced(child: Fork, *options: str) -> Iterator[None]:
    """Have strace at the child before the word is given."""
    command = ["strace", "-f", "-p", str(child.pid), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as tracer:
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        assert b"attached" in first, first
        child.go()
        yield
        tracer.stderr.read()
        tracer.wait(_SECONDS)


def interrupted(act: Callable[[], Any], point: Point, how: str, *, again: bool = False) -> dict[str, Any]:
    """Do an act, its call at ``point`` killed or failing: ``signal=KILL``, ``error=EIO``."""
    child = Fork(act, again=again)
    inject = f"inject={point.call}:{how}:when={point.n}"
    with _traced(child, "-o", os.devnull, "-e", f"trace={point.call}", "-e", inject):
        return child.wait()


def recorded(act: Callable[[], Any], trace: Path, *, data: bool = False) -> list[str]:
    """Do an act undisturbed; return the lines of its changing calls, with all data where that is wanted."""
    child = Fork(act)
    more = ("-y", "-xx", "-s", "100000000") if data else ()
    with _traced(child, "-o", str(trace), "-e", f"trace={','.join(CALLS)}", *more):
        said = child.wait()
    if "done" not in said:
        raise AssertionError(said)
    return _whole(trace.read_text().splitlines())


def points(lines: list[str]) -> list[Point]:
    """Return every changing call, in order; of an open, those that make a file.

    As the tracer counts them: each thread by itself, so that the ``n``-th is that of the busiest.
    """
    counts: dict[tuple[str, str], int] = {}
    found: dict[Point, bool] = {}
    for line in lines:
        if (match := _CALL.match(line)) is None:
            continue
        pid, call, rest = match.groups()
        counts[pid, call] = n = counts.get((pid, call), 0) + 1
        found.setdefault(Point(call=call, n=n), call != "openat" or _CREATES in rest)  # who comes first is hit
    return [point for point, changes in found.items() if changes]


def threads(lines: list[str]) -> int:
    """Return how many threads made changing calls."""
    return len({match.group(1) for line in lines if (match := _CALL.match(line))})


def _whole(lines: list[str]) -> list[str]:
    """Put calls together that another thread's interrupted in the record."""
    begun: dict[str, str] = {}
    found = []
    for line in lines:
        pid = line.partition(" ")[0]
        if line.endswith("<unfinished ...>"):
            begun[pid] = line.removesuffix("<unfinished ...>")
        elif (resumed := re.match(r"^\d+ +<\.\.\. \w+ resumed>(.*)", line)) and pid in begun:
            found.append(begun.pop(pid) + resumed.group(1))
        else:
            found.append(line)
    return found


def modules(act: Callable[[], Any]) -> None:
    """Do something in a child, and import here whatever that imported, so that no later child does."""

    def names() -> list[str]:
        act()
        return sorted(sys.modules)

    child = Fork(names)
    child.go()
    for name in child.wait().get("done", ()):
        if name not in sys.modules and name.partition(".")[0] != "__main__":
            try:
                __import__(name)
            except ImportError:  # it was optional there, too
                continue
