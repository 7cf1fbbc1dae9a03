"""Line: the steps of the plan on one asset, whoever calls: run, written back, indexed, or closed when it is held."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pipeline.catalogue import Entry, Row
from pipeline.core.gate import Purpose
from pipeline.core.halt import check
from pipeline.core.listed import Listed
from pipeline.core.model import Asset, AssetId, Kind, Outcome
from pipeline.errors import CODES, PipelineError, Unavailable
from pipeline.index.hashes import prints_of
from pipeline.index.rows import rows_of
from pipeline.plan import Step
from pipeline.runner import Parts, Redo, Runner
from pipeline.usecases.access import decide
from pipeline.usecases.acquired import acquired
from pipeline.usecases.crew import lease_of
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home
from pipeline.usecases.reviewed_hits import correction_rows
from pipeline.usecases.unlawful import is_held, listed, stop_alike, stop_listed

_WAITS = "H-VAULT-001"


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
        self._compared: set[AssetId] = set()

    @cached_property
    def _lists(self) -> Listed | None:
        return listed(self._home)

    def stage(self, asset: Asset, step: Step) -> Row | None:
        """Run one step on an asset; an outside fault raises ``Unavailable`` and records nothing."""
        self._compare(asset.id)
        row = self._runner.run(asset, step.stage, self._redo)
        if step.stage.writes == Kind.FINGERPRINT:
            stop_alike(self._home, asset.id, self._lists)
        return row

    def _compare(self, asset: AssetId) -> None:
        """Hold what the lists name by now: they may be younger than the asset. What was begun is not read again."""
        if self._lists is not None and asset not in self._compared:
            self._compared.add(asset)
            stop_listed(self._home, asset, self._lists, read=not self._home.catalogue.rows(asset))

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
        if is_held(self._home, asset):
            self._close(asset, rows, fresh)
            return
        settled = {step for step, row in rows.items() if row.outcome != Outcome.HELD}
        if fresh or "write_back" not in settled:
            self._write_back(asset, fresh)
        self._drop_scratch(asset, fresh)
        if fresh or "index" not in settled:
            self._index(asset)

    def _close(self, asset: AssetId, rows: Mapping[str, Row], fresh: Sequence[Entry]) -> None:
        """Take back what was made of a held asset: the vault keeps it, nothing else does, and nobody finds it."""
        if fresh or "write_back" not in rows:
            self._write_back(asset, fresh)
        self._drop_scratch(asset, fresh)
        self._home.index.remove(asset)
        for record in self._home.vault.records(asset):
            for one in record["derivatives"]:
                self._home.derivatives.erase(one["sha256"])
        self._home.catalogue.set_row(index_row(asset, found=False, held=True))

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
        self._home.index.put(asset, [*rows, *correction_rows(self._home, document)], prints_of(document))
        self._home.catalogue.set_row(index_row(asset, found=bool(rows)))
        if is_held(self._home, asset):  # since a moment ago: whoever decided it looked before this was there
            self._close(asset, self._home.catalogue.rows(asset), ())


def index_row(asset: AssetId, *, found: bool, held: bool = False) -> Row:
    """Return the ledger row of the step ``index``."""
    if held:
        return Row(
            asset=asset, stage="index", outcome=Outcome.HELD, code="H-HOLD-001", reason=CODES["H-HOLD-001"].meaning
        )  # fmt: skip
    if found:
        return Row(asset=asset, stage="index", outcome=Outcome.DONE)
    return Row(asset=asset, stage="index", outcome=Outcome.EMPTY, code="N-TEXT-001", reason="nothing to search for")
