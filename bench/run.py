"""Run: find the benchmarks, run each in a process of its own, write bench/results.json, tell which bars are met."""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.figure import Figure, NotMeasured

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
_MEASURES = "\ndef measure(place: Path) -> list[Figure]:"
_LIMIT_SECONDS = 3600
_LINES = 12

Told = dict[str, Any]


def names(folder: Path = HERE) -> tuple[str, ...]:
    """Return the names of the benchmarks in a folder."""
    return tuple(sorted(one.stem for one in folder.glob("*.py") if _MEASURES in one.read_text(encoding="utf-8")))


def main(argv: Sequence[str] | None = None, *, folder: Path = HERE, results: Path = RESULTS) -> int:
    """Run the benchmarks named, or all; 1 when a bar is missed or a benchmark failed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(names(folder))}")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.one:  # where to tell it; the name is a module's
        given.one.write_text(json.dumps(measure(given.names[0], given.one.parent)), encoding="utf-8")
        return 0
    if unknown := sorted(set(given.names) - set(names(folder))):
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    told: list[Told] = []
    for name in given.names or names(folder):
        print(f"{name} …", file=sys.stderr, flush=True)
        found = _in_a_process(name, folder)
        told += found
        _keep(found, name, results)
    print(table(told))
    return 1 if any(one.get("failed") or one["met"] is False for one in told) else 0


def measure(module: str, place: Path) -> list[Told]:
    """Run one benchmark here; what it needs and has not makes one line that says so."""
    name = module.rpartition(".")[2]
    try:
        figures: Sequence[Figure] = import_module(module).measure(place)
    except NotMeasured as err:
        return [_nothing(name, str(err), failed=False)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [
        {**asdict(one), "benchmark": name, "ratio": round(one.ratio, 3), "met": one.met, "memory_mb": peak}
        for one in figures
    ]


def _in_a_process(name: str, folder: Path) -> list[Told]:
    """Run a benchmark in a process of its own, so that its memory is its own; return what it tells."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        told = Path(place) / "told.json"
        command = [sys.executable, "-m", "bench.run", "--one", str(told), f"{folder.name}.{name}"]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(folder.parent)])}
        try:
            done = subprocess.run(
                command, env=env, cwd=HERE.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                errors="replace", timeout=_LIMIT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return [_nothing(name, f"not done within {_LIMIT_SECONDS} s", failed=True)]
        if told.is_file():
            return list(json.loads(told.read_text(encoding="utf-8")))
    last = done.stderr.strip().splitlines()[-_LINES:]
    print("\n".join(last), file=sys.stderr)
    return [_nothing(name, f"failed: {last[-1] if last else done.returncode}", failed=True)]


def _nothing(name: str, why: str, *, failed: bool) -> Told:
    return {"benchmark": name, "name": name, "not_measured": why, "met": None, "failed": failed}


def _keep(found: Iterable[Told], name: str, results: Path) -> None:
    """Write figures in place of those of the same benchmark; all others stay as they are."""
    before: Mapping[str, Any] = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    now = f"{datetime.now(UTC):%Y-%m-%d}"
    fresh = [{**{key: value for key, value in one.items() if key != "failed"}, "date": now} for one in found]
    kept = [one for one in before.get("figures", ()) if one["benchmark"] != name]
    figures = sorted([*kept, *fresh], key=lambda one: (one["benchmark"], one["name"]))
    document = {"machine": machine(), "date": now, "figures": figures}
    new = results.with_suffix(".new")
    new.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(results)


def machine() -> dict[str, Any]:
    """Say on what it was measured: processor and memory, never which machine."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    model = next((one.partition(":")[2].strip() for one in lines if one.startswith("model name")), "unknown")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_gb": round(pages / 1e9)}


def table(told: Iterable[Told]) -> str:
    """Return the figures as text."""
    rows = [("benchmark", "ours", "peer", "ratio", "bar", "")]
    for one in told:
        if "not_measured" in one:
            rows.append((one["name"], "-", "-", "-", "-", f"not measured: {one['not_measured']}"))
            continue
        verdict = {True: "met", False: "MISSED", None: ""}[one["met"]]
        bar = "-" if one["bar"] is None else f"{one['bar']:g}"
        ours, peer = (f"{one[key]:.4g}" for key in ("ours", "peer"))
        rows.append((one["name"], f"{ours} {one['unit']}", peer, f"{one['ratio']:.2f}", bar, verdict))
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
