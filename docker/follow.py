"""Follow: a run of process_batch as it goes on, and where its time went."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pipeline.errors import Unavailable
from pipeline.queue import DAG, Airflow, Queued
from pipeline.stages.base import TASKS

ENDED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})
PATIENCE_S = 60
"""How long Airflow may stay silent: on a busy machine it answers late."""

_LINE = ("plan_shards", *TASKS, "write_back", "reconcile")

COLOURS = {
    "done": "green", "empty": "cyan", "not_applicable": "bright_black", "unsupported": "yellow", "refused": "magenta",
    "failed": "red", "held": "yellow",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One task of the line: its shards, how they ended, and the seconds that they worked."""

    task: str
    shards: int
    ended: int
    bad: int
    tries: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run, as Airflow tells it. ``wall`` is from its start, ``busy`` when at least one task worked."""

    state: str
    wall: float
    busy: float
    tasks: tuple[Spent, ...]


def look(airflow: Airflow, queued: Queued) -> Run:
    """Ask Airflow how a run stands."""
    path = f"/dags/{DAG}/dagRuns/{queued.run_id}"
    told = airflow.ask("GET", path)
    instances = list(_instances(airflow, path))
    now = datetime.now(UTC)
    began, ended = _time(told["start_date"]) or now, _time(told["end_date"]) or now
    spans = [(start, _time(one["end_date"]) or now) for one in instances if (start := _time(one["start_date"]))]
    return Run(
        state=told["state"],
        wall=(ended - began).total_seconds(),
        busy=_union(spans),
        tasks=tuple(_spent(name, [one for one in instances if one["task_id"] == name]) for name in _order(instances)),
    )


def follow(airflow: Airflow, queued: Queued, ledger: Callable[[], dict[str, Any]], console: Console) -> Run:
    """Show a run until it has ended: a table that lives on a terminal, a line per change elsewhere."""
    answered = time.monotonic()
    with _display(console) as show:
        while True:
            try:
                run = look(airflow, queued)
            except Unavailable:
                if time.monotonic() - answered > PATIENCE_S:
                    raise
            else:
                answered = time.monotonic()
                show(run, ledger())
                if run.state in {"success", "failed"}:
                    return run
            time.sleep(1)


def give_up(airflow: Airflow, queued: Queued) -> None:
    """Have Airflow forget a run that will not go on, so that the next one starts afresh."""
    airflow.ask("PATCH", f"/dags/{DAG}/dagRuns/{queued.run_id}", {"state": "failed"})


def left_over(airflow: Airflow, batch: str) -> list[Queued]:
    """Return runs of a batch that an earlier, interrupted Airflow left unfinished."""
    runs = airflow.ask("GET", f"/dags/{DAG}/dagRuns?state=running&state=queued&limit=100")["dag_runs"]
    return [
        Queued(batch=batch, run_id=one["dag_run_id"], url=airflow.url)
        for one in runs
        if (one["conf"] or {}).get("batch") == batch
    ]


@contextmanager
def _display(console: Console) -> Iterator[Callable[[Run, dict[str, Any]], None]]:
    if not console.is_terminal:
        yield _Lines(console).show
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        yield lambda run, ledger: live.update(Group(_tasks_table(run), Text(), _ledger_table(ledger)))


class _Lines:
    """Prints what changed since the last look."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, str] = {}

    def show(self, run: Run, _ledger: dict[str, Any]) -> None:
        for one in run.tasks:
            state = f"{one.ended} of {one.shards} shards" + (f", {one.bad} bad" if one.bad else "")
            if one.ended and self._told.get(one.task) != state:
                self._told[one.task] = state
                self._console.print(f"  {run.wall:5.0f} s  {one.task}: {state}", highlight=False)


def _tasks_table(run: Run) -> Table:
    table = Table(box=None, pad_edge=False, title=f"{run.wall:.0f} s", title_justify="left", title_style="dim")
    table.add_column("task", min_width=14)
    table.add_column("shards", justify="right")
    table.add_column("", min_width=22)
    table.add_column("work", justify="right")
    for one in run.tasks:
        filled = round(20 * one.ended / one.shards) if one.shards else 0
        bar = Text("━" * filled, style="red" if one.bad else "green") + Text("━" * (20 - filled), style="bright_black")
        tries = f" · try {one.tries}" if one.tries > 1 else ""
        table.add_row(one.task, f"{one.ended}/{one.shards}", bar, f"{one.seconds:.1f} s{tries}")
    return table


def _ledger_table(ledger: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("stage", min_width=14)
    table.add_column("outcomes")
    for stage, tally in ledger["outcomes"].items():
        parts = [Text(f"{name} {count}", style=COLOURS.get(name, "")) for name, count in tally.items()]
        if waiting := ledger["pending"].get(stage):
            parts.append(Text(f"to do {waiting}", style="dim"))
        table.add_row(stage, Text("  ").join(parts))
    return table


def _instances(airflow: Airflow, path: str) -> Iterator[dict[str, Any]]:
    offset = 0
    while True:
        page = airflow.ask("GET", f"{path}/taskInstances?limit=100&offset={offset}")
        yield from page["task_instances"]
        offset += 100
        if offset >= page["total_entries"]:
            return


def _order(instances: list[dict[str, Any]]) -> list[str]:
    names = {one["task_id"] for one in instances}
    return sorted(names, key=lambda name: (_LINE.index(task) if (task := _short(name)) in _LINE else len(_LINE), name))


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _spent(name: str, some: list[dict[str, Any]]) -> Spent:
    return Spent(
        task=_short(name),
        shards=len(some),
        ended=sum(one["state"] in ENDED for one in some),
        bad=sum(one["state"] in {"failed", "upstream_failed"} for one in some),
        tries=max((one["try_number"] for one in some), default=0),
        seconds=sum(one["duration"] or 0.0 for one in some),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _union(spans: list[tuple[datetime, datetime]]) -> float:
    total, reach = 0.0, datetime.min.replace(tzinfo=UTC)
    for start, end in sorted(spans):
        total += max(0.0, (end - max(start, reach)).total_seconds())
        reach = max(reach, end)
    return total
