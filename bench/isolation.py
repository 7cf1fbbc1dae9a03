"""Isolation: what the walls around programs cost, a call and a whole batch, beside the same without walls."""

import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.figure import Figure, NotMeasured
from bench.places import CHECKOUT, home_at

ASKED_MS = 25.0
ASKED_SHARE = 0.05
CALLS = 60
ROUNDS = 3
_NEW_NAMESPACES = (0x00020000, 0x10000000)
_LANDLOCK = (444, 445, 446)
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


def measure(place: Path) -> list[Figure]:
    """Call a program, and put the sample batch through the line, with and without walls in turns."""
    files = sorted(one for one in (CHECKOUT / "sample_media/built/media").glob("*") if one.is_file())
    if not files:
        raise NotMeasured("the sample media are not built (make test or make run builds them)")
    walled, bare = _calls()
    turns = [(_batch("bwrap", files, place), _batch("none", files, place)) for _ in range(ROUNDS)]
    inside, outside = (median(one) for one in zip(*turns, strict=True))
    return [
        Figure(
            name="a call behind walls", peer_is=f"{ASKED_MS:g} ms, as asked for", ours=(walled - bare) * 1000,
            peer=ASKED_MS, unit="ms", better="lower", bar=1.0,
            notes=f"true(1) behind walls, less the same bare ({bare * 1000:.1f} ms), the quickest of {CALLS} each",
        ),
        Figure(
            name="the sample batch behind walls",
            peer_is="the same batch with limits alone: accepted-missing, without namespaces and Landlock",
            ours=inside, peer=outside, unit="s", better="lower", bar=1 / (1 + ASKED_SHARE),
            notes=f"{len(files)} files, every stage, median of {ROUNDS} turns, a new home each",
        ),
    ]  # fmt: skip


def _calls() -> tuple[float, float]:
    """Return the seconds of the quickest call behind walls and of the quickest bare one, made in turns."""
    from pipeline.tools.sandbox import Bounds, Call, run

    bounds = Bounds(seconds=30, memory=1 << 30, file_bytes=0, answer_bytes=1 << 10)
    call = Call(argv=["true"], bounds=bounds, policy="required")
    walled, bare = [], []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        run(call)
        between = time.perf_counter()
        subprocess.run(call.argv, capture_output=True, check=True)
        walled.append(between - began)
        bare.append(time.perf_counter() - between)
    return min(walled[1:]), min(bare[1:])  # the first looks which walls there are


def _batch(level: str, files: Sequence[Path], place: Path) -> float:
    """Return the seconds of a batch in a process of its own, whose programs have walls or none."""
    home = place / "home"
    script = "import sys; from bench.isolation import alone; alone(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", script, level, str(home), *map(str, files)], capture_output=True, text=True,
        cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=True,
    )  # fmt: skip
    shutil.rmtree(home)
    said = json.loads(done.stdout.splitlines()[-1])
    if said["level"] != level:
        raise NotMeasured(f"programs could not be run with {level}, but with {said['level']}")
    return float(said["seconds"])


def alone(level: str, home: str, *files: str) -> None:
    """Process a batch and tell the seconds; ``none`` first takes away what walls are built with."""
    from pipeline.tools.sandbox import isolation
    from pipeline.usecases.process import process
    from pipeline.usecases.submit import submission_of, submit

    policy = "required"
    if level == "none":
        _without_walls()
        policy = "accepted-missing"
    stages = tuple(one for one in os.environ.get("BENCH_STAGES", "").split(",") if one)
    with home_at(Path(home), isolation=policy) as opened:
        found = isolation(policy)
        submit(opened, submission_of(opened, "b", [Path(one) for one in files]))
        began = time.perf_counter()
        process(opened, "b", stages=stages)
        seconds = time.perf_counter() - began
    print(json.dumps({"level": found, "seconds": seconds}))


def _without_walls() -> None:
    """Make this process one of a machine that lets nobody make namespaces and has no Landlock."""
    from pipeline.tools import seccomp

    rules = [seccomp.Rule(call="unshare"), seccomp.Rule(call="clone3", error=errno.ENOSYS)]
    rules += [seccomp.Rule(call="clone", argument=0, mask=one, bits=one) for one in _NEW_NAMESPACES]
    rules += [seccomp.Rule(call=number, error=errno.ENOSYS) for number in _LANDLOCK]
    data = seccomp.compiled(rules)
    held = ctypes.create_string_buffer(data, len(data))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(data) // 8, ctypes.cast(held, ctypes.c_void_p))
    assert libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program)) == 0
