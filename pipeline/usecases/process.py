"""Process: run the line over a batch, alone or beside other workers; write back; index."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.catalogue import Entry, Row
from pipeline.core.gate import Purpose
from pipeline.core.model import Asset, AssetId, Outcome
from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.index.rows import rows_of
from pipeline.plan import Step, plan
from pipeline.runner import Parts, Redo, Runner
from pipeline.usecases.access import decide
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home

_log = logging.getLogger(__name__)
_TRIES = 3
_PAUSE_SECONDS = 2.0
_POLL_SECONDS = 0.2


class Line:
    """The line in this process: the same steps whether the command line or a DAG calls."""

    def __init__(self, home: Home, redo: Redo | None = None) -> None:
        self._home = home
        self._redo = redo
        self._runner = Runner(
            Parts(
                vault=home.vault, catalogue=home.catalogue, derivatives=home.derivatives, engines=home.engines,
                tools=home.tools, limits=home.settings.limits.model_dump(), may_process=self._may_process,
            ),
            home.steps,
        )  # fmt: skip
        self.run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"

    def stage(self, asset: Asset, step: Step) -> Row | None:
        """Run one step on an asset; an outside fault raises ``Unavailable`` and records nothing."""
        return self._runner.run(asset, step.stage, self._redo)

    def give_up(self, asset: Asset, step: Step, err: Unavailable) -> Row:
        """Record that the outside fault stayed."""
        return self._runner.give_up(asset, step.stage, err)

    def finish(self, asset: AssetId) -> None:
        """Write back what is new and index it: one version a run, none when nothing is new."""
        self._write_back(asset)
        self._index(asset)

    def _may_process(self, asset: AssetId) -> tuple[bool, str | None, str]:
        decision = decide(self._home, Purpose.PROCESS, asset)
        return decision.allowed, decision.code, "; ".join(decision.reasons)

    def _write_back(self, asset: AssetId) -> None:
        home = self._home
        fresh = home.catalogue.unwritten(asset)
        row = Row(asset=asset, stage="write_back", outcome=Outcome.DONE)
        if fresh:
            # After a crash between the vault's commit and the catalogue's, they are in the vault already.
            there = {(one["id"], one["made_at"]) for one in home.vault.records(asset)}
            records = [one.record for one in fresh if one.record and (one.id, one.record["made_at"]) not in there]
            if records:
                home.vault.write_back(asset, self.run, records, self._kept_files(records))
        home.catalogue.written(asset, self.run, [one.seq for one in fresh], [row])
        self._drop_scratch(fresh)

    def _kept_files(self, records: Sequence[dict[str, Any]]) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for one in (one for record in records for one in record["derivatives"] if one["keep"]):
            file = self._home.derivatives.get(one["sha256"])
            if file is None:
                raise PipelineError(f"the derivative {one['role']} is gone before it was written back")
            files[one["sha256"]] = file
        return files

    def _drop_scratch(self, fresh: Sequence[Entry]) -> None:
        for entry in fresh:
            for one in entry.record["derivatives"] if entry.record else ():
                if not one["keep"]:
                    self._home.derivatives.drop(one["sha256"])

    def _index(self, asset: AssetId) -> None:
        rows = rows_of(fold(self._home, asset))
        self._home.index.put(asset, rows)
        self._home.catalogue.set_row(index_row(asset, found=bool(rows)))


def index_row(asset: AssetId, *, found: bool) -> Row:
    """Return the ledger row of the step ``index``."""
    if found:
        return Row(asset=asset, stage="index", outcome=Outcome.DONE)
    return Row(asset=asset, stage="index", outcome=Outcome.EMPTY, code="N-TEXT-001", reason="nothing to search for")


def process(
    home: Home,
    batch: str,
    *,
    stages: Sequence[str] = (),
    redo: Redo | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Run the line over a batch; returns when every item has its outcomes, whoever did the work."""
    steps = _chosen(home, stages)
    line = Line(home, redo)
    assets = home.catalogue.batch_assets(batch)
    for finished, asset in enumerate(_shared(home, assets), start=1):
        for step in steps:
            _patiently(line, asset, step)
        line.finish(asset.id)
        progress(finished, len(assets))


def run_task(home: Home, task: str, assets: Sequence[Asset], *, last_try: bool) -> dict[str, dict[str, int]]:
    """Run the stages of one Airflow task over a shard; count outcomes by stage.

    ``Unavailable`` is raised once the rest of the shard is done, so that a new try finds only what
    is left; on the last try it becomes ``failed`` instead.
    """
    steps = [step for step in home.steps if step.stage.task == task]
    line = Line(home)
    late: Unavailable | None = None
    counts: dict[str, dict[str, int]] = {step.stage.name: {} for step in steps}
    for asset in _shared(home, assets):
        for step in steps:
            try:
                row = line.stage(asset, step)
            except Unavailable as err:
                if not last_try:
                    late = err
                    break
                row = line.give_up(asset, step, err)
            if row is not None:
                tally = counts[step.stage.name]
                tally[row.outcome] = tally.get(row.outcome, 0) + 1
    if late:
        raise late
    return counts


def finish_shard(home: Home, assets: Sequence[Asset]) -> int:
    """Write back and index a shard; return how many assets."""
    line = Line(home)
    for asset in _shared(home, assets):
        line.finish(asset.id)
    return len(assets)


def redo_of(text: str | None) -> Redo | None:
    """Read what to do again: ``failed``, ``all``, ``stage:NAME`` or ``model:NAME``."""
    if text is None or text == "failed":
        return None  # attempts never block a new one
    if text == "all":
        return Redo(everything=True)
    what, _, name = text.partition(":")
    if what == "stage" and name in {step.stage.name for step in plan()}:
        return Redo(stage=name)
    if what == "model" and name:
        return Redo(model=name)
    raise Misconfigured(f"cannot redo {text!r}: say failed, all, stage:NAME or model:NAME", code="E-CONF-009")


def _chosen(home: Home, stages: Sequence[str]) -> tuple[Step, ...]:
    names = {step.stage.name for step in home.steps}
    if unknown := sorted(set(stages) - names):
        raise Misconfigured(f"no stage is called {', '.join(unknown)}", code="E-CONF-009")
    return tuple(step for step in home.steps if not stages or step.stage.name in stages)


def _shared(home: Home, assets: Sequence[Asset]) -> Iterator[Asset]:
    """Yield each asset under a lease; what another worker holds comes last, when it is free."""
    waiting = list(assets)
    while waiting:
        held: list[Asset] = []
        for asset in waiting:
            name = f"asset:{asset.id}"
            if not home.leases.take(name):
                held.append(asset)
                continue
            try:
                yield asset
            finally:
                home.leases.release(name)
        if len(held) == len(waiting):
            time.sleep(_POLL_SECONDS)
        waiting = held


def _patiently(line: Line, asset: Asset, step: Step) -> None:
    """Run a step; an outside fault that stays becomes ``failed``, and the batch goes on."""
    for attempt in range(1, _TRIES + 1):
        try:
            line.stage(asset, step)
        except Unavailable as err:
            _log.warning("%s on %s: %s, try %d of %d", step.stage.name, asset.id[:12], err.code, attempt, _TRIES)
            if attempt == _TRIES:
                line.give_up(asset, step, err)
            else:
                time.sleep(_PAUSE_SECONDS * attempt)
        else:
            return
