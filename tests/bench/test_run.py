"""The harness: each benchmark in a process of its own, figures of others kept, a missed bar told by the exit."""

import ast
import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import run
from bench.figure import Figure

CHECKOUT = Path(__file__).resolve().parents[2]
HEAD = '''
from pathlib import Path

from bench.figure import Figure, NotMeasured


def measure(place: Path) -> list[Figure]:
    """Measure."""
'''
Bench = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Run benchmarks with these bodies; return the exit and what was written."""
    folder = tmp_path / "fake_benchmarks"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "helper.py").write_text('"""No benchmark."""\n', encoding="utf-8")
    results = tmp_path / "results.json"

    def call(*names: str, **bodies: str) -> tuple[int, dict[str, Any]]:
        for name, body in bodies.items():
            (folder / f"{name}.py").write_text(HEAD + f"    {body}\n", encoding="utf-8")
        code = run.main(list(names), folder=folder, results=results)
        return code, json.loads(results.read_text(encoding="utf-8"))

    return call


def figure(ours: float, peer: float, bar: float | None = None, better: str = "higher") -> str:
    numbers = f"ours={ours}, peer={peer}, bar={bar}, better='{better}'"
    return f"return [Figure(name='speed', peer_is='other', unit='x', {numbers})]"


def test_figures_are_written_with_ratio_bar_and_verdict(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    code, written = bench(fast=figure(30, 20, bar=1.2), told=figure(1, 4))

    assert code == 0
    by_name = {one["benchmark"]: one for one in written["figures"]}
    assert (by_name["fast"]["ratio"], by_name["fast"]["bar"], by_name["fast"]["met"]) == (1.5, 1.2, True)
    assert (by_name["told"]["ratio"], by_name["told"]["met"]) == (0.25, None)
    assert by_name["fast"]["memory_mb"] > 0
    assert set(written) == {"machine", "date", "figures"}
    assert set(written["machine"]) == {"processor", "cores", "memory_gb"}
    assert "speed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "missed"),
    [(figure(9, 10, bar=1.0), True), (figure(9, 10, bar=0.9), False), (figure(9, 10, bar=1.0, better="lower"), False)],
)
def test_a_missed_bar_is_told_by_the_exit(bench: Bench, body: str, missed: bool) -> None:
    code, written = bench(one=body)

    assert (code, written["figures"][0]["met"]) == ((1, False) if missed else (0, True))


def test_what_is_not_run_now_stays_as_it_was(bench: Bench) -> None:
    bench(one=figure(1, 1), two=figure(2, 1))
    _, written = bench("one", one=figure(5, 1))

    assert [(one["benchmark"], one["ours"]) for one in written["figures"]] == [("one", 5), ("two", 2)]


def test_what_cannot_be_measured_says_why_and_is_no_failure(bench: Bench) -> None:
    code, written = bench(gpu="raise NotMeasured('no device is lent')")

    assert code == 0
    assert written["figures"][0]["not_measured"] == "no device is lent"
    assert written["figures"][0]["met"] is None


@pytest.mark.parametrize("body", ["raise ValueError('broken')", "import os; os._exit(3)", "return [1]"])
def test_a_benchmark_that_fails_is_a_failure_and_the_others_run(bench: Bench, body: str) -> None:
    code, written = bench(bad=body, good=figure(1, 1, bar=1.0))

    assert code == 1
    bad, good = written["figures"]
    assert bad["not_measured"].startswith("failed")
    assert good["met"] is True


def test_each_has_an_empty_place_and_a_process_of_its_own(bench: Bench) -> None:
    body = "import os; assert not list(place.iterdir()), 'left'; (place / 'x').touch(); " + figure(1, 1)
    code, _ = bench(one=body, two=body)

    assert code == 0


def test_an_unknown_name_is_refused(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench("nothing", one=figure(1, 1))

    assert "nothing" in capsys.readouterr().err


def modules() -> list[str]:
    return sorted(one.stem for one in (CHECKOUT / "bench").glob("*.py") if one.stem != "__init__")


@pytest.mark.parametrize("name", modules())
def test_every_benchmark_imports_and_measures(name: str) -> None:
    source = (CHECKOUT / "bench" / f"{name}.py").read_text(encoding="utf-8")
    defines = any(isinstance(one, ast.FunctionDef) and one.name == "measure" for one in ast.parse(source).body)
    module = importlib.import_module(f"bench.{name}")

    assert module.__doc__
    if defines and name != "run":
        assert name in run.names()
        assert list(inspect.signature(module.measure).parameters) == ["place"]


def test_the_benchmarks_of_the_line_are_found() -> None:
    assert {"photographs", "orchestration"} <= set(run.names())


def test_a_figure_says_how_many_times_as_good() -> None:
    faster = Figure(name="n", peer_is="p", ours=3, peer=2, unit="x")
    leaner = Figure(name="n", peer_is="p", ours=2, peer=3, unit="MB", better="lower", bar=1.6)

    assert (faster.ratio, faster.met) == (1.5, None)
    assert (leaner.ratio, leaner.met) == (1.5, False)
