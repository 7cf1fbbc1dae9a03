"""Said: what was stated of the asset that a thread works on, read once for all stages that ask."""

import threading
from collections.abc import Mapping, Sequence

from pipeline.catalogue import Row
from pipeline.core.model import Asset, AssetId, Enrichment, EnrichmentId, Kind, Outcome
from pipeline.errors import Corrupt
from pipeline.plan import Step
from pipeline.runner.parts import Parts
from pipeline.stages.base import Stage


class _Read(threading.local):
    """What was said of the asset that this thread works on; a statement never changes under its id."""

    asset: AssetId | None = None
    known: Mapping[EnrichmentId, Enrichment] = {}

    def learn(self, asset: AssetId, said: Mapping[EnrichmentId, Enrichment]) -> None:
        """Remember what was said, for the stages that follow ask for it."""
        before = self.known if self.asset == asset else {}
        self.asset, self.known = asset, {**before, **said}


class Said:
    """The statements that stages read. Any thread may ask, each remembers the asset of its own."""

    def __init__(self, parts: Parts, steps: Sequence[Step]) -> None:
        self._parts = parts
        self._by_kind = {step.stage.writes: step.stage for step in steps}
        self._read = _Read()

    def writer(self, kind: Kind) -> Stage:
        """Return the stage of the plan that writes a kind."""
        return self._by_kind[kind]

    def inputs(self, asset: Asset, stage: Stage, rows: Mapping[str, Row]) -> dict[Kind, Enrichment] | None:
        """Return what a stage reads, as the ledger has it now; ``None`` while something that it needs is pending."""
        wanted = list(stage.reads)
        if stage.media is not None and Kind.FORMAT not in wanted:
            wanted.append(Kind.FORMAT)
        found: dict[Kind, Enrichment] = {}
        for kind in (*wanted, *stage.maybe):
            maker = self._by_kind.get(kind)
            row = rows.get(maker.name) if maker else None
            current = self.find(asset.id, row.enrichment) if row and row.enrichment else None
            if current is None and kind in wanted:
                return None
            if current and (kind in (*wanted, *stage.heeds) or current.outcome is Outcome.DONE):
                found[kind] = current
        return found

    def find(self, asset: AssetId, wanted: EnrichmentId) -> Enrichment:
        """Find what was said of an asset; all of it is read once, for the stages that follow ask again."""
        read = self._read
        if read.asset != asset or wanted not in read.known:
            records = [*self._parts.vault.records(asset)]
            records += [entry.record for entry in self._parts.catalogue.unwritten(asset) if entry.record]
            read.learn(asset, {EnrichmentId(one["id"]): Enrichment.from_json(one) for one in records})
        if wanted not in read.known:
            raise Corrupt(f"enrichment {wanted} of {asset} is not in the vault", code="E-VAULT-003")
        return read.known[wanted]

    def learn(self, made: Enrichment) -> None:
        """Remember a statement that was just kept."""
        self._read.learn(made.asset, {made.id: made})
