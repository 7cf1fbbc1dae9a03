"""Rows: what the tables hold, as nouns."""

import json
from dataclasses import dataclass
from typing import Any

from pipeline.core.model import AssetId, EnrichmentId, Key, Kind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item of a batch, as its register has it. ``record`` is the register's line."""

    n: int
    asset: AssetId | None
    outcome: str
    code: str | None
    reason: str | None
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The latest outcome of a stage on an asset. ``own`` is false when it was taken over from an input.

    ``seconds`` is how much of a recording was decoded for it.
    """

    asset: AssetId
    stage: str
    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    enrichment: EnrichmentId | None = None
    partial: bool = False
    own: bool = True
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An enrichment as the catalogue knows it; ``record`` is ``None`` once it lives in the vault alone."""

    seq: int
    id: EnrichmentId
    key: Key
    asset: AssetId
    kind: Kind
    final: bool
    record: dict[str, Any] | None


def item_of(row: Any) -> ItemRow:
    """Read an item."""
    return ItemRow(
        n=row.n, asset=AssetId(row.asset) if row.asset else None, outcome=row.outcome, code=row.code,
        reason=row.reason, record=json.loads(row.record),
    )  # fmt: skip


def entry_of(row: Any) -> Entry:
    """Read an enrichment as the catalogue knows it."""
    return Entry(
        seq=row.seq, id=EnrichmentId(row.id), key=Key(row.key), asset=AssetId(row.asset), kind=Kind(row.kind),
        final=row.final, record=json.loads(row.record) if row.record is not None else None,
    )  # fmt: skip


def row_of(row: Any) -> Row:
    """Read a ledger row."""
    return Row(
        asset=AssetId(row.asset), stage=row.stage, outcome=Outcome(row.outcome), code=row.code, reason=row.reason,
        enrichment=EnrichmentId(row.enrichment) if row.enrichment else None, partial=row.partial, own=row.own,
        seconds=row.seconds,
    )  # fmt: skip
