"""Orchestration: how much of a run is neither engine nor tool, and what a worker takes of memory."""

import os
import resource
import threading
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.figure import Figure, NotMeasured
from bench.places import CHECKOUT, home_at, testdata
from pipeline.usecases.home import Home
from pipeline.usecases.process import process
from pipeline.usecases.submit import submission_of, submit

ITEMS = 12


@dataclass
class Clock:
    """Adds up the time that threads spend inside the work of stages: engines, tools, and what they make of it."""

    seconds: float = 0.0
    by_stage: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self, stage: str) -> Iterator[None]:
        """Count what happens inside."""
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - began
            with self.lock:
                self.seconds += spent
                self.by_stage[stage] = self.by_stage.get(stage, 0.0) + spent


def measure(place: Path) -> list[Figure]:
    """Put photographs and speech through the line, one at a time, and share out the time."""
    files = _material(place / "media")
    with home_at(place / "home", items_at_once=1) as home:
        submit(home, submission_of(home, "b", files))
        clock = Clock()
        with _clocked(home, clock):
            _load(home)
            began = time.perf_counter()
            process(home, "b")
            whole = time.perf_counter() - began
        failed = sum(tally.get("failed", 0) for tally in home.catalogue.counts.count("b").values())
        if failed:
            raise NotMeasured(f"{failed} results failed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    dearest = sorted(clock.by_stage.items(), key=lambda one: -one[1])[:4]
    unknown = "" if _sample_run() else "; Airflow's share is not measured: no sample run in this home"
    where = ", ".join(f"{name} {spent / whole:.0%}" for name, spent in dearest)
    return [
        Figure(
            name="share of a run that is not stages' work", peer_is="the whole run", ours=whole - clock.seconds,
            peer=whole, unit="s", better="lower",
            notes=f"{(whole - clock.seconds) / whole:.1%}: look-ups, gate, catalogue, write-back with its waits for "
            f"the disk, index; {len(files)} small files, half photographs, half speech, one at a time; dearest: {where}"
            f"{unknown}",
        ),
        Figure(
            name="memory of a worker with all models loaded", peer_is="2.5 GB, as asked for", ours=peak, peer=2500.0,
            unit="MB", better="lower", bar=1.0, notes="largest resident size of the process after the run above",
        ),
        *_airflow(),
    ]  # fmt: skip


def _material(folder: Path) -> list[Path]:
    """Return photographs and pieces of real speech."""
    folder.mkdir()
    photographs = sorted((testdata() / "photo_exif").glob("ia_*.jpg"))[: ITEMS // 2]
    with wave.open(str(testdata() / "speech" / "en" / "jfk_16k.wav")) as speech:
        shape, sound = speech.getparams(), speech.readframes(speech.getnframes())
    for n in range(ITEMS - len(photographs)):
        with wave.open(str(folder / f"speech{n}.wav"), "wb") as out:
            out.setparams(shape)
            out.writeframes(sound[2 * shape.framerate * n // 4 :])
    return [*photographs, *sorted(folder.iterdir())]


@contextmanager
def _clocked(home: Home, clock: Clock) -> Iterator[None]:
    """Have the work of every stage counted; the frozen plan is put back afterwards."""
    kept = [(step.stage, step.stage.work) for step in home.steps]

    def counting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            with clock.running(name):
                return work(*given)

        return counted

    for stage, work in kept:
        object.__setattr__(stage, "work", counting(stage.name, work))
    try:
        yield
    finally:
        for stage, work in kept:
            object.__setattr__(stage, "work", work)


def _load(home: Home) -> None:
    """Load every engine first: that is paid once a process, not for each item."""
    for step in home.steps:
        for port in step.stage.engines:
            if home.engines.has(port):
                home.engines.load(port)


def _airflow() -> list[Figure]:
    """Say what Airflow's own share was in the last sample run of this home, from what it wrote about its tasks."""
    found = _sample_run()
    if found is None:
        return []
    return [
        Figure(
            name="Airflow's share of the sample run", peer_is="the whole run, from first to last task",
            ours=found["idle"], peer=found["whole"], unit="s", better="lower",
            notes=f"time in which no task ran, {found['idle'] / found['whole']:.0%}; {found['tasks']:g} tasks",
        )
    ]  # fmt: skip


def _sample_run() -> Mapping[str, float] | None:
    """Read begin and end of the tasks of the last run from Airflow's own database."""
    import sqlite3

    file = Path(os.environ.get("EVIDENCE_HOME") or CHECKOUT / "var") / "airflow" / "airflow.db"
    if not file.is_file():
        return None
    query = (
        "SELECT julianday(start_date) * 86400, julianday(end_date) * 86400 FROM task_instance WHERE run_id = "
        "(SELECT run_id FROM dag_run WHERE dag_id = 'process_batch' ORDER BY start_date DESC LIMIT 1) "
        "AND end_date IS NOT NULL ORDER BY start_date"
    )
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        spans = database.execute(query).fetchall()
    if not spans:
        return None
    busy, until = 0.0, spans[0][0]
    for start, end in spans:
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    whole = until - spans[0][0]
    return {"whole": whole, "idle": whole - busy, "tasks": float(len(spans))}
