"""Runner: looks up, asks the gate, has the work done, signs and keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.catalogue import Row
from pipeline.core.clock import now_text
from pipeline.core.model import Asset, AssetId, Enrichment, EnrichmentId, Kind, Maker, Outcome, key_of
from pipeline.errors import PipelineError
from pipeline.plan import Step
from pipeline.runner.makers import maker_of
from pipeline.runner.parts import Parts, Redo
from pipeline.runner.said import Said
from pipeline.runner.short_cuts import Settled, in_its_own_right, short_cut
from pipeline.runner.work import Workbench, ways
from pipeline.stages.base import Acquired, Result, Stage


class Runner:
    """Runs steps of one plan. Several threads may run it at once, each on assets of its own."""

    def __init__(self, parts: Parts, steps: Sequence[Step]) -> None:
        self._parts = parts
        self._said = Said(parts, steps)
        self._bench = Workbench(parts, self._said)

    @property
    def scratch(self) -> dict[AssetId, set[str]]:
        """Scratch derivatives made here, by asset: for whoever ends the work to drop."""
        return self._bench.scratch

    def run(self, asset: Asset, stage: Stage, redo: Redo | None = None) -> Row | None:
        """Run one stage on one asset and return its ledger row; ``None`` when an input is still pending.

        What the material forbids becomes an outcome. ``Unavailable``, ``Misconfigured`` and
        ``Corrupt`` are the caller's, who knows whether to try again; nothing is recorded then.
        """
        rows = self._parts.catalogue.rows(asset.id)
        before = rows.get(stage.name)
        inputs = self._said.inputs(asset, stage, rows)
        if inputs is None:
            return None
        if short := short_cut(stage, inputs):
            return self._keep(asset, stage, short, before=before)
        outside = stage.outside and self._parts.may_process(asset.id, stage.writes, True)[0]
        maker = maker_of(self._parts, stage, outside=outside)
        with ways(self._parts, asset, stage) as acquired:
            return self._look_up(
                asset, stage, inputs, acquired, maker=maker, outside=outside, before=before, redo=redo
            )  # fmt: skip

    def _look_up(
        self, asset: Asset, stage: Stage, inputs: Mapping[Kind, Enrichment], acquired: tuple[Acquired, ...], *,
        maker: Maker, outside: bool, before: Row | None, redo: Redo | None,
    ) -> Row:  # fmt: skip
        """Keep what is kept under the key of this work; else do it, where the gate lets us."""
        basis = tuple(inputs[kind].id for kind in (*stage.reads, *stage.maybe) if kind in inputs)
        facts = tuple(sorted(one.mark for one in acquired))
        # What was never said is under no key.
        key = key_of(asset.id, stage.writes, maker, (*basis, *facts)) if before else None
        kept = self._parts.catalogue.by_key(key) if key else None
        if kept and not (redo and redo.wants(stage, maker)):
            return self._keep_kept(asset, stage, before, kept.id)
        allowed, code, reason = self._parts.may_process(asset.id, stage.writes, False)
        if not allowed:
            result = Result(outcome=Outcome.HELD, code=code, reason=reason)
        else:
            result = self._bench.do(asset, stage, inputs, acquired, outside=outside)
        rests_on = tuple(inputs[k] for k in inputs if inputs[k].id in basis)
        return self._keep(asset, stage, (maker, result, rests_on), before=before, facts=facts)

    def give_up(self, asset: Asset, stage: Stage, err: PipelineError) -> Row:
        """Record that a stage failed after all tries: an attempt, which never blocks a new one."""
        result = Result(outcome=Outcome.FAILED, code=err.code, reason=err.reason)
        before = self._parts.catalogue.row(asset.id, stage.name)
        maker = Maker(stage=stage.name, version=stage.version)
        return self._keep(asset, stage, (maker, result, ()), before=before)

    def _keep_kept(self, asset: Asset, stage: Stage, row: Row | None, wanted: EnrichmentId) -> Row:
        if row and row.enrichment == wanted:
            return row
        again = replace(self._said.find(asset.id, wanted), made_at=now_text())
        if row and row.enrichment:
            again = replace(again, supersedes=(row.enrichment,))
        return self._save(asset, stage, row, again)

    def _keep(
        self, asset: Asset, stage: Stage, settled: Settled, *, before: Row | None, facts: tuple[str, ...] = ()
    ) -> Row:
        maker, result, basis = settled
        made = Enrichment(
            asset=asset.id, kind=stage.writes, maker=maker, basis=tuple(one.id for one in basis),
            outcome=result.outcome, made_at=now_text(), code=result.code, reason=result.reason,
            coverage=result.coverage, facts=facts,
            body=result.body.model_dump(mode="json") if result.body else {}, derivatives=result.derivatives,
        )  # fmt: skip
        if before and before.enrichment and before.enrichment != made.id and before.outcome.final:
            made = replace(made, supersedes=(before.enrichment,))
        return self._save(asset, stage, before, made)

    def _save(self, asset: Asset, stage: Stage, before: Row | None, made: Enrichment) -> Row:
        row = row_of(stage.name, made, [self._said.find(asset.id, one) for one in made.basis])
        catalogue = self._parts.catalogue
        if before and catalogue.last(asset.id, stage.writes) == made.id:
            catalogue.set_row(row)  # said before, and still the last word
        else:
            catalogue.add(made, row, confirm=self._parts.confirm(asset.id))
            self._said.learn(made)
        return row


def row_of(stage: str, made: Enrichment, basis: Sequence[Enrichment]) -> Row:
    """Return the ledger row that an enrichment stands for; ``basis`` are the statements that it rests on."""
    said = ((one.outcome, one.code) for one in basis)
    return Row(
        asset=made.asset, stage=stage, outcome=made.outcome, code=made.code, reason=made.reason,
        enrichment=made.id, partial=bool(made.coverage and made.coverage.partial),
        own=in_its_own_right(made.outcome, made.code, made.maker.parameters, said),
        seconds=made.coverage.read if made.coverage and made.coverage.unit == "seconds" else None,
    )  # fmt: skip
