"""Killing: replications in processes of their own, ended at each of their mutating calls."""

import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.vault.conftest import CHECKOUT
from tests.vault.replicas import Pair, fill

HERE = Path(__file__).resolve().parents[1]
MUTATING = ("rename", "mkdir", "fsync", "write", "fchmod", "ftruncate", "unlink", "rmdir")


def killed(pair: Pair, file: Callable[..., Path], tmp_path: Path, *, every: bool, first: bool) -> None:
    """Kill a replication at some or all of its mutating calls; the replica is valid, and the next run completes it."""
    fill(pair, file, 1)
    if not first:
        pair.go()
        fill(pair, file, 1, word="two")
        fill(pair, file, 1, word="three")
    spare = tmp_path / "spare"
    if pair.replica.exists():
        shutil.copytree(pair.replica, spare)
    there = points(pair, tmp_path, MUTATING)
    assert len(there) > 30
    for call, n in there if every else random.Random(7).sample(there, 3):
        assert run(pair, *inject(call, n, "signal=KILL")) != 0
        if not first or (pair.replica / "vault.json").exists():
            assert pair.faults() == [], (call, n)
        assert pair.go().findings == ()
        assert pair.same(), (call, n)
        assert pair.faults() == [], (call, n)
        shutil.rmtree(pair.replica)
        if spare.exists():
            shutil.copytree(spare, pair.replica)


def points(pair: Pair, tmp_path: Path, calls: tuple[str, ...]) -> list[tuple[str, int]]:
    """Count the calls of an undisturbed replication on a copy; those of its busiest thread, as strace counts."""
    copy, trace = tmp_path / "undisturbed", tmp_path / "trace"
    if pair.replica.exists():
        shutil.copytree(pair.replica, copy)
    other = Pair(vault=pair.vault, keys=pair.keys, replica=copy)
    assert run(other, "strace", "-f", "-qq", "-e", f"trace={','.join(calls)}", "-o", str(trace)) == 0
    counts = Counter(re.findall(r"^(\d+) +(\w+)\(", trace.read_text(), re.MULTILINE))
    shutil.rmtree(copy)
    most = {call: max((count for (_, name), count in counts.items() if name == call), default=0) for call in calls}
    return [(call, n + 1) for call in calls for n in range(most[call])]


def inject(call: str, n: int, how: str) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={n}")


def run(pair: Pair, *tracer: str) -> int:
    command = [
        sys.executable,
        "-B",
        str(HERE / "replicas.py"),
        str(pair.vault),
        str(pair.keys),
        str(pair.replica),
    ]
    return subprocess.run(
        [*tracer, *command], env=environment(), cwd=CHECKOUT, check=False, capture_output=True, timeout=120
    ).returncode  # fmt: skip


def worker(pair: Pair, *act: str) -> list[str]:
    return [sys.executable, "-B", str(HERE / "worker.py"), str(pair.vault), str(pair.keys), *act]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT)}
