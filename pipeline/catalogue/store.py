"""Catalogue: batches, items, one ledger row per (asset, stage), and enrichments on their way to the vault."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, delete, exists, func, insert, inspect, or_, select, update

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.core.model import Asset, AssetId, Enrichment, EnrichmentId, Key, Kind, Outcome


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
    """The latest outcome of a stage on an asset. ``own`` is false when it was taken over from an input."""

    asset: AssetId
    stage: str
    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    enrichment: EnrichmentId | None = None
    partial: bool = False
    own: bool = True


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


Confirm = Callable[[Connection], None]

STEPS = ("write_back", "index")
"""Steps of a run that have outcomes but make no enrichment."""

FILLED = "filled"
"""The fact that the catalogue was filled from the vault, or founded with it."""


class Catalogue:
    """The tables, behind verbs. Everything in here can be rebuilt from the vault."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # --- its own state

    def create(self, *, vault_id: str) -> None:
        """Make missing tables, and those of another version anew: the vault fills them again. May be repeated."""
        engine = self.database.engine
        if inspect(engine).has_table(t.meta.name):
            if self.meta("version") == str(t.VERSION):
                return
            t.metadata.drop_all(engine)
        t.metadata.create_all(engine)
        self.set_meta("vault_id", vault_id)
        self.set_meta("version", str(t.VERSION))

    def meta(self, name: str) -> str | None:
        """Return one fact about the catalogue itself."""
        with self.database.read() as db:
            return db.execute(select(t.meta.c.value).where(t.meta.c.name == name)).scalar()

    def set_meta(self, name: str, value: str) -> None:
        """Set one fact about the catalogue itself."""
        with self.database.write() as db:
            db.execute(delete(t.meta).where(t.meta.c.name == name))
            db.execute(insert(t.meta).values(name=name, value=value))

    def clear(self) -> None:
        """Forget everything that the vault can tell again."""
        with self.database.write() as db:
            # In the same transaction: what is interrupted here must not pass for a filled catalogue.
            db.execute(delete(t.meta).where(t.meta.c.name == FILLED))
            for table in (t.ledger, t.enrichments, t.items, t.batches, t.assets):
                db.execute(delete(table))

    # --- batches and items

    def add_items(self, batch: str, register: str, created_at: str, items: Sequence[ItemRow]) -> None:
        """Add items that are in the register; those already here stay as they are."""
        with self.database.write() as db:
            if not db.execute(select(t.batches.c.ref).where(t.batches.c.ref == batch)).first():
                db.execute(insert(t.batches).values(ref=batch, register=register, created_at=created_at))
            mine = t.items.c.n.between(items[0].n, items[-1].n) if items else t.items.c.n < 0
            known = set(db.execute(select(t.items.c.n).where(t.items.c.batch == batch, mine)).scalars())
            rows = [
                {"batch": batch, "n": one.n, "asset": one.asset, "outcome": one.outcome, "code": one.code,
                 "reason": one.reason, "record": json.dumps(one.record, ensure_ascii=True)}
                for one in items if one.n not in known
            ]  # fmt: skip
            if rows:
                db.execute(insert(t.items), rows)

    def add_asset(self, asset: Asset) -> None:
        """Add a preserved asset. May be repeated."""
        with self.database.write() as db:
            if not db.execute(select(t.assets.c.id).where(t.assets.c.id == asset.id)).first():
                db.execute(insert(t.assets).values(id=asset.id, sha512=asset.sha512, bytes=asset.bytes))

    def asset(self, asset: AssetId) -> Asset | None:
        """Return a preserved asset."""
        with self.database.read() as db:
            row = db.execute(select(t.assets).where(t.assets.c.id == asset)).first()
        return Asset(id=AssetId(row.id), sha512=row.sha512, bytes=row.bytes) if row else None

    def assets_like(self, prefix: str, page: int = 500) -> Iterator[AssetId]:
        """Yield the assets whose id starts so, in order; read page by page, for the caller may stop early."""
        after = ""
        while True:
            fits = and_(t.assets.c.id.startswith(prefix, autoescape=True), t.assets.c.id > after)
            with self.database.read() as db:
                query = select(t.assets.c.id).where(fits).order_by(t.assets.c.id).limit(page)
                found = list(db.execute(query).scalars())
            yield from (AssetId(one) for one in found)
            if len(found) < page:
                return
            after = found[-1]

    def batches(self) -> tuple[str, ...]:
        """Return all references, oldest first."""
        with self.database.read() as db:
            query = select(t.batches.c.ref).order_by(t.batches.c.created_at, t.batches.c.ref)
            return tuple(db.execute(query).scalars())

    def register_of(self, batch: str) -> str | None:
        """Return the opaque id of a batch's register, or ``None`` when there is no such batch."""
        with self.database.read() as db:
            return db.execute(select(t.batches.c.register).where(t.batches.c.ref == batch)).scalar()

    def items(self, batch: str) -> Iterator[ItemRow]:
        """Yield the items of a batch in order."""
        with self.database.read() as db:
            rows = db.execute(select(t.items).where(t.items.c.batch == batch).order_by(t.items.c.n)).all()
        for row in rows:
            yield _item(row)

    def items_of(self, asset: AssetId) -> tuple[tuple[str, ItemRow], ...]:
        """Return every (batch, item) through which an asset came."""
        query = select(t.items).where(t.items.c.asset == asset).order_by(t.items.c.batch, t.items.c.n)
        with self.database.read() as db:
            return tuple((row.batch, _item(row)) for row in db.execute(query))

    def batch_assets(self, batch: str, offset: int = 0, size: int | None = None) -> tuple[Asset, ...]:
        """Return the distinct assets of a batch, or a range of them, in order of first appearance."""
        first = select(t.items.c.asset, func.min(t.items.c.n).label("n")).where(t.items.c.batch == batch)
        first = first.where(t.items.c.asset.is_not(None)).group_by(t.items.c.asset)
        sub = first.subquery()
        query = select(t.assets).join(sub, sub.c.asset == t.assets.c.id).order_by(sub.c.n)
        query = query.offset(offset).limit(size) if size is not None else query
        with self.database.read() as db:
            rows = db.execute(query).all()
        return tuple(Asset(id=AssetId(row.id), sha512=row.sha512, bytes=row.bytes) for row in rows)

    # --- enrichments

    def by_key(self, key: Key) -> Entry | None:
        """Return the latest final result kept under a key."""
        query = select(t.enrichments).where(t.enrichments.c.key == key, t.enrichments.c.final)
        with self.database.read() as db:
            row = db.execute(query.order_by(t.enrichments.c.seq.desc()).limit(1)).first()
        return _entry(row) if row else None

    def entries(self, asset: AssetId) -> tuple[Entry, ...]:
        """Return every enrichment of an asset, in the order made."""
        query = select(t.enrichments).where(t.enrichments.c.asset == asset).order_by(t.enrichments.c.seq)
        with self.database.read() as db:
            return tuple(_entry(row) for row in db.execute(query))

    def add(self, enrichment: Enrichment, row: Row, *, confirm: Confirm = lambda _db: None) -> None:
        """Keep a new result and its ledger row, together; the batch's last steps are then to be done again.

        ``confirm`` runs in the transaction and may raise: nothing is kept then.
        """
        with self.database.write() as db:
            confirm(db)
            db.execute(delete(t.ledger).where(t.ledger.c.asset == row.asset, t.ledger.c.stage.in_(STEPS)))
            db.execute(insert(t.enrichments).values(
                id=enrichment.id, key=enrichment.key, asset=enrichment.asset, kind=str(enrichment.kind),
                final=enrichment.outcome.final, record=json.dumps(enrichment.as_json(), ensure_ascii=True), run=None,
            ))  # fmt: skip
            _set_row(db, row)

    def add_written(self, records: Iterable[dict[str, Any]], run: str, rows: Iterable[Row]) -> None:
        """Enter results that the vault already has; used by the rebuild."""
        with self.database.write() as db:
            for record in records:
                outcome = Outcome(record["outcome"])
                db.execute(insert(t.enrichments).values(
                    id=record["id"], key=record["key"], asset=record["asset"], kind=record["kind"],
                    final=outcome.final, record=None, run=run,
                ))  # fmt: skip
            for row in rows:
                _set_row(db, row)

    def unwritten(self, asset: AssetId) -> tuple[Entry, ...]:
        """Return the results that are not in the vault yet."""
        return tuple(entry for entry in self.entries(asset) if entry.record is not None)

    def written(
        self, asset: AssetId, run: str, seqs: Sequence[int], rows: Sequence[Row] = (), *,
        confirm: Confirm = lambda _db: None,
    ) -> None:  # fmt: skip
        """Let go of bodies that the vault now has, and note the steps of the run."""
        with self.database.write() as db:
            confirm(db)
            if seqs:
                mine = and_(t.enrichments.c.asset == asset, t.enrichments.c.seq.in_(seqs))
                db.execute(update(t.enrichments).where(mine).values(record=None, run=run))
            for row in rows:
                _set_row(db, row)

    # --- the ledger

    def row(self, asset: AssetId, stage: str) -> Row | None:
        """Return the latest outcome of a stage on an asset."""
        query = select(t.ledger).where(t.ledger.c.asset == asset, t.ledger.c.stage == stage)
        with self.database.read() as db:
            row = db.execute(query).first()
        return _row(row) if row else None

    def rows(self, asset: AssetId) -> dict[str, Row]:
        """Return the latest outcome of every stage on an asset."""
        with self.database.read() as db:
            return {row.stage: _row(row) for row in db.execute(select(t.ledger).where(t.ledger.c.asset == asset))}

    def set_row(self, row: Row) -> None:
        """Note an outcome: a kept result that is current again, or a step of a run."""
        with self.database.write() as db:
            _set_row(db, row)

    def count(self, batch: str) -> dict[str, dict[str, int]]:
        """Count the items of a batch by stage and outcome; duplicates count each time they were submitted."""
        query = (
            select(t.ledger.c.stage, t.ledger.c.outcome, func.count())
            .join(t.items, t.items.c.asset == t.ledger.c.asset)
            .where(t.items.c.batch == batch)
            .group_by(t.ledger.c.stage, t.ledger.c.outcome)
        )
        counts: dict[str, dict[str, int]] = {}
        with self.database.read() as db:
            for stage, outcome, n in db.execute(query):
                counts.setdefault(stage, {})[outcome] = n
        return counts

    def accounted(self, batch: str, stages: Sequence[str]) -> tuple[int, int, int]:
        """Return (items, items with an outcome in every one of ``stages``, items with a partial result)."""
        done = select(func.count()).select_from(t.ledger).where(t.ledger.c.asset == t.items.c.asset)
        done = done.where(t.ledger.c.stage.in_(stages))
        full = case((t.items.c.asset.is_(None), 1), (done.scalar_subquery() == len(stages), 1), else_=0)
        cut = exists().where(t.ledger.c.asset == t.items.c.asset, t.ledger.c.partial)
        query = select(func.count(), func.sum(full), func.sum(case((cut, 1), else_=0))).where(t.items.c.batch == batch)
        with self.database.read() as db:
            items, accounted, partial = db.execute(query).one()
        return items, accounted or 0, partial or 0

    def refused_at_submit(self, batch: str) -> tuple[ItemRow, ...]:
        """Return the items that had no bytes to read."""
        query = select(t.items).where(t.items.c.batch == batch, t.items.c.asset.is_(None)).order_by(t.items.c.n)
        with self.database.read() as db:
            return tuple(_item(row) for row in db.execute(query))

    def unheard(self, batch: str) -> tuple[tuple[AssetId, str], ...]:
        """Return the assets of a batch whose speech no search can find wholly, each with the reason."""
        heard = t.ledger.alias()
        same = and_(heard.c.asset == t.items.c.asset, heard.c.stage == "transcribe")
        fine = and_(heard.c.outcome.in_(("done", "empty", "not_applicable")), ~heard.c.partial)
        query = (
            select(t.items.c.asset, heard.c.outcome, heard.c.code, heard.c.partial)
            .distinct()
            .select_from(t.items.outerjoin(heard, same))
            .where(t.items.c.batch == batch, t.items.c.asset.is_not(None), or_(heard.c.asset.is_(None), ~fine))
        )
        with self.database.read() as db:
            return tuple((AssetId(row.asset), _why_unheard(row)) for row in db.execute(query))

    def failures(self, batch: str) -> tuple[tuple[int, Row], ...]:
        """Return what was refused or failed in its own right, by item."""
        bad = (str(Outcome.FAILED), str(Outcome.REFUSED))
        query = (
            select(t.items.c.n, t.ledger)
            .join(t.items, t.items.c.asset == t.ledger.c.asset)
            .where(t.items.c.batch == batch, t.ledger.c.outcome.in_(bad), t.ledger.c.own)
            .order_by(t.items.c.n, t.ledger.c.stage)
        )
        with self.database.read() as db:
            return tuple((row.n, _row(row)) for row in db.execute(query))


def _why_unheard(row: Any) -> str:
    if row.outcome is None:
        return "not_processed"
    if row.outcome in {"done", "empty"}:
        return "partial"
    return f"{row.outcome}: {row.code}"


def _set_row(db: Connection, row: Row) -> None:
    db.execute(delete(t.ledger).where(t.ledger.c.asset == row.asset, t.ledger.c.stage == row.stage))
    db.execute(insert(t.ledger).values(
        asset=row.asset, stage=row.stage, outcome=str(row.outcome), code=row.code, reason=row.reason,
        enrichment=row.enrichment, partial=row.partial, own=row.own,
    ))  # fmt: skip


def _item(row: Any) -> ItemRow:
    return ItemRow(
        n=row.n, asset=AssetId(row.asset) if row.asset else None, outcome=row.outcome, code=row.code,
        reason=row.reason, record=json.loads(row.record),
    )  # fmt: skip


def _entry(row: Any) -> Entry:
    return Entry(
        seq=row.seq, id=EnrichmentId(row.id), key=Key(row.key), asset=AssetId(row.asset), kind=Kind(row.kind),
        final=row.final, record=json.loads(row.record) if row.record is not None else None,
    )  # fmt: skip


def _row(row: Any) -> Row:
    return Row(
        asset=AssetId(row.asset), stage=row.stage, outcome=Outcome(row.outcome), code=row.code, reason=row.reason,
        enrichment=EnrichmentId(row.enrichment) if row.enrichment else None, partial=row.partial, own=row.own,
    )  # fmt: skip
