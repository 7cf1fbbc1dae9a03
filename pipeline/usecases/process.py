"""Process: run the line over a batch, alone or beside other workers; write back; index."""

import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pipeline.catalogue import Entry, Lost, Row
from pipeline.core.gate import Purpose
from pipeline.core.halt import check, pause
from pipeline.core.model import Asset, AssetId, Kind, Outcome
from pipeline.errors import CODES, Misconfigured, PipelineError, Unavailable
from pipeline.index.hashes import prints_of
from pipeline.index.rows import rows_of
from pipeline.plan import Step, plan
from pipeline.runner import Parts, Redo, Runner
from pipeline.usecases.access import decide
from pipeline.usecases.acquired import acquired
from pipeline.usecases.crew import each, lease_of
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home

_log = logging.getLogger(__name__)
_TRIES = 3
_WAITS = "H-VAULT-001"
_PAUSE_SECONDS = 2.0


class Line:
    """The line in this process: the same steps whether the command line or a DAG calls."""

    def __init__(self, home: Home, redo: Redo | None = None) -> None:
        self._home = home
        self._redo = redo
        self._runner = Runner(
            Parts(
                vault=home.vault, catalogue=home.catalogue, derivatives=home.derivatives, engines=home.engines,
                tools=home.tools, limits=home.settings.limits.model_dump(), may_process=self._may_process,
                confirm=self._confirm, acquired=partial(acquired, home),
            ),
            home.steps,
        )  # fmt: skip
        self.run = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        self._actor = home.actor

    def stage(self, asset: Asset, step: Step) -> Row | None:
        """Run one step on an asset; an outside fault raises ``Unavailable`` and records nothing."""
        return self._runner.run(asset, step.stage, self._redo)

    def give_up(self, asset: Asset, step: Step, err: Unavailable) -> Row:
        """Record that the outside fault stayed."""
        return self._runner.give_up(asset, step.stage, err)

    def finish(self, asset: AssetId) -> None:
        """Write back what is new and index it: one version a run, none when nothing is new."""
        rows = self._home.catalogue.rows(asset)
        if not rows:
            return  # nothing was said of it yet: there is nothing to write or to find
        if self._home.quarantine.holds(asset):
            self._wait(asset, rows)
            return
        fresh = self._home.catalogue.unwritten(asset)
        settled = {step for step, row in rows.items() if row.outcome != Outcome.HELD}
        if fresh or "write_back" not in settled:
            self._write_back(asset, fresh)
        self._drop_scratch(asset, fresh)
        if fresh or "index" not in settled:
            self._index(asset)

    def _wait(self, asset: AssetId, rows: Collection[str]) -> None:
        """Leave what was said in the catalogue until a custodian has let the asset go."""
        for step in sorted({"write_back", "index"} - set(rows)):
            row = Row(asset=asset, stage=step, outcome=Outcome.HELD, code=_WAITS, reason=CODES[_WAITS].meaning)
            self._home.catalogue.set_row(row)

    def _confirm(self, asset: AssetId) -> Callable[[Connection], None]:
        def confirm(db: Connection) -> None:
            check()  # nothing is kept once it is over, however late a thread hears of it
            self._home.leases.confirm(db, lease_of(asset))

        return confirm

    def _may_process(self, asset: AssetId, kind: Kind, outside: bool) -> tuple[bool, str | None, str]:
        purpose = Purpose.TRANSLATE if kind == Kind.TRANSLATION else Purpose.PROCESS
        decision = decide(self._home, purpose, asset, outside=outside)
        if decision.allowed and self._home.quarantine.holds(asset):
            return False, _WAITS, CODES[_WAITS].meaning
        return decision.allowed, decision.code, "; ".join(decision.reasons)

    def _write_back(self, asset: AssetId, fresh: Sequence[Entry]) -> None:
        home = self._home
        if fresh:
            # After a crash between the vault's commit and the catalogue's, they are in the vault already.
            there = {(one["id"], one["made_at"]) for one in home.vault.records(asset)}
            records = [one.record for one in fresh if one.record and (one.id, one.record["made_at"]) not in there]
            if records:
                home.vault.write_back(asset, self.run, records, self._kept_files(records), actor=self._actor)
        row = Row(asset=asset, stage="write_back", outcome=Outcome.DONE)
        home.catalogue.written(asset, self.run, [one.id for one in fresh], [row], confirm=self._confirm(asset))

    def _kept_files(self, records: Sequence[dict[str, Any]]) -> dict[str, Path]:
        files: dict[str, Path] = {}
        for one in (one for record in records for one in record["derivatives"] if one["keep"]):
            file = self._home.derivatives.get(one["sha256"])
            if file is None:
                raise PipelineError(
                    f"the derivative {one['role']} is gone before it was written back", code="E-STAGE-001"
                )
            files[one["sha256"]] = file
        return files

    def _drop_scratch(self, asset: AssetId, fresh: Sequence[Entry]) -> None:
        here = self._runner.scratch.pop(asset, set())
        for entry in fresh:
            here |= {one["sha256"] for one in (entry.record or {}).get("derivatives", ()) if not one["keep"]}
        for sha256 in here:
            self._home.derivatives.drop(sha256)

    def _index(self, asset: AssetId) -> None:
        document = fold(self._home, asset)
        rows = rows_of(document)
        self._home.index.put(asset, rows, prints_of(document))
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
    home.derivatives.sweep(home.settings.scratch_seconds)
    assets = home.catalogue.batch_assets(batch)
    finished = 0

    def work(asset: Asset) -> None:
        for step in steps:
            _patiently(line, asset, step)
        line.finish(asset.id)

    def told(_answer: None) -> None:
        nonlocal finished
        finished += 1
        progress(finished, len(assets))

    each(home, assets, work, told=told)


def run_task(home: Home, task: str, assets: Sequence[Asset], *, last_try: bool) -> dict[str, dict[str, int]]:
    """Run the stages of one Airflow task over a shard; count outcomes by stage.

    ``Unavailable`` is raised once the rest of the shard is done, so that a new try finds only what
    is left; on the last try it becomes ``failed`` instead.
    """
    steps = [step for step in home.steps if step.stage.task == task]
    line = Line(home)
    home.derivatives.sweep(home.settings.scratch_seconds)
    counts: dict[str, dict[str, int]] = {step.stage.name: {} for step in steps}

    def work(asset: Asset) -> list[Row]:
        return [row for step in steps if (row := _once(line, asset, step, last_try=last_try)) is not None]

    def told(rows: list[Row]) -> None:
        for row in rows:
            counts[row.stage][row.outcome] = counts[row.stage].get(row.outcome, 0) + 1

    each(home, assets, work, told=told)
    return counts


def finish_shard(home: Home, assets: Sequence[Asset]) -> int:
    """Write back and index a shard; return how many assets."""
    line = Line(home)
    each(home, assets, lambda asset: line.finish(asset.id))
    return len(assets)


def redo_of(text: str | None, models: Collection[str]) -> Redo | None:
    """Read what to do again: ``failed``, ``all``, ``stage:NAME`` or ``model:NAME``."""
    if text is None or text == "failed":
        return None  # attempts never block a new one
    if text == "all":
        return Redo(everything=True)
    what, _, name = text.partition(":")
    if what == "stage" and name in {step.stage.name for step in plan()}:
        return Redo(stage=name)
    if what == "model" and name in models:
        return Redo(model=name)
    raise Misconfigured(f"cannot redo {text!r}: say failed, all, stage:NAME or model:NAME", code="E-CONF-009")


def _chosen(home: Home, stages: Sequence[str]) -> tuple[Step, ...]:
    names = {step.stage.name for step in home.steps}
    if unknown := sorted(set(stages) - names):
        raise Misconfigured(
            f"no stage is called {', '.join(unknown)}; there are: {', '.join(one.stage.name for one in home.steps)}",
            code="E-CONF-009",
        )
    return tuple(step for step in home.steps if not stages or step.stage.name in stages)


def _once(line: Line, asset: Asset, step: Step, *, last_try: bool) -> Row | None:
    """Run a step; on the last try an outside fault becomes ``failed``."""
    try:
        return line.stage(asset, step)
    except Lost:
        raise
    except Unavailable as err:
        if not last_try:
            raise
        return line.give_up(asset, step, err)


def _patiently(line: Line, asset: Asset, step: Step) -> None:
    """Run a step; an outside fault that stays becomes ``failed``, and the batch goes on."""
    for attempt in range(1, _TRIES + 1):
        try:
            line.stage(asset, step)
        except Lost:
            raise
        except Unavailable as err:
            _log.warning("%s on %s: %s, try %d of %d", step.stage.name, asset.id[:12], err.code, attempt, _TRIES)
            if attempt == _TRIES:
                line.give_up(asset, step, err)
            else:
                pause(_PAUSE_SECONDS * attempt)
        else:
            return
