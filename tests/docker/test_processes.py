"""A family of processes ends as a whole, whatever its members do to get away."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from docker.processes import descendants, start_ticks

CHECKOUT = Path(__file__).resolve().parents[2]

# A head with a child that hides in a session of its own and a grandchild whose parent has ended.
HEAD = """
import os, subprocess, sys, time
from docker import processes
processes.end_on_signals()
processes.end_with_parent(os.getppid())
processes.adopt_orphans()
try:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {deaf!r}], start_new_session=True)"
    subprocess.run([sys.executable, "-c", leave], check=True)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    time.sleep(0.3)
    print(*processes.descendants(os.getpid()), flush=True)
    time.sleep(600)
finally:
    processes.ignore_signals()
    processes.end_family(patience_s=0.5)
"""


def gone(pids: list[int], within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while any(start_ticks(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def family_of(head: subprocess.Popen[str]) -> list[int]:
    assert head.stdout is not None
    return [int(pid) for pid in head.stdout.readline().split()]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_head_that_is_told_to_end_leaves_nobody(told: signal.Signals) -> None:
    with start(HEAD) as head:
        members = family_of(head)
        assert len(members) == 2
        head.send_signal(told)
        assert head.wait(20) != 0
    assert gone(members)


def test_a_head_ends_when_its_parent_is_killed() -> None:
    parent_code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HEAD!r}])"
    with start(parent_code) as parent:
        members = family_of(parent)
        head = descendants(parent.pid)[0]
        parent.kill()
    assert gone([head, *members])


def test_a_process_is_known_by_pid_and_start() -> None:
    assert start_ticks(os.getpid())
    with start("pass") as child:
        child.wait(20)
    assert start_ticks(child.pid) is None


def test_descendants_are_found_below_a_head_only() -> None:
    with start("import sys; sys.stdin.read()") as child:
        assert child.pid in descendants(os.getpid())
        assert descendants(child.pid) == []
        child.kill()
