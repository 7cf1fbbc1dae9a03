"""Catalogue: batches, items, one ledger row per (asset, stage), and enrichments on their way to the vault."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, and_, delete, func, insert, inspect, select, update

from pipeline.catalogue import queries as q
from pipeline.catalogue import schema as t
from pipeline.catalogue.counts import Counts
from pipeline.catalogue.database import Database
from pipeline.catalogue.holdings import Holdings, keep_traits
from pipeline.catalogue.reviews import Reviews
from pipeline.catalogue.rows import Entry, ItemRow, Row, entry_of, item_of, row_of
from pipeline.core.canonical import digest
from pipeline.core.model import Asset, AssetId, Enrichment, EnrichmentId, Key, Kind
from pipeline.core.review_need import doubt_of

Confirm = Callable[[Connection], None]

FILLED = "filled"
"""The fact that the catalogue was filled from the vault, or founded with it."""


class Catalogue:
    """The tables, behind verbs. Everything in here can be rebuilt from the vault."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.counts = Counts(database)
        self.holdings = Holdings(database)
        self.reviews = Reviews(database)

    # --- its own state

    def create(self, *, vault_id: str) -> None:
        """Make missing tables, and those of another version anew: the vault fills them again. May be repeated."""
        with self.database.tables() as engine:
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

    # --- batches and items

    def add_items(self, batch: str, register: str, created_at: str, items: Sequence[ItemRow]) -> None:
        """Add items that are in the register; those already here stay as they are."""
        with self.database.write() as db:
            if not db.execute(select(t.batches.c.ref).where(t.batches.c.ref == batch)).first():
                db.execute(insert(t.batches).values(ref=batch, register=register, created_at=created_at))
            mine = t.items.c.n.between(items[0].n, items[-1].n) if items else t.items.c.n < 0
            known = set(db.execute(select(t.items.c.n).where(t.items.c.batch == batch, mine)).scalars())
            if rows := [values_of_item(batch, one) for one in items if one.n not in known]:
                db.execute(insert(t.items), rows)

    def restate_items(self, batch: str, items: Sequence[ItemRow]) -> None:
        """Replace what is here of items whose lines in the register were replaced. May be repeated."""
        with self.database.write() as db:
            for one in items:
                mine = and_(t.items.c.batch == batch, t.items.c.n == one.n)
                db.execute(update(t.items).where(mine).values(**values_of_item(batch, one)))

    def items_beside(self, batch: str, path: str) -> tuple[ItemRow, ...]:
        """Return the items of a batch whose path is this one but for its ending, or this one and an ending."""
        stems = {digest(path), digest(_without_ending(path))}
        with self.database.read() as db:
            query = select(t.items).where(t.items.c.batch == batch, t.items.c.stem.in_(stems)).order_by(t.items.c.n)
            return tuple(item_of(row) for row in db.execute(query).all())

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
            yield item_of(row)

    def items_of(self, asset: AssetId) -> tuple[tuple[str, ItemRow], ...]:
        """Return every (batch, item) through which an asset came."""
        with self.database.read() as db:
            return tuple((row.batch, item_of(row)) for row in db.execute(q.ITEMS_OF, {"of_asset": asset}))

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
        with self.database.read() as db:
            row = db.execute(q.BY_KEY, {"of_key": key}).first()
        return entry_of(row) if row else None

    def last(self, asset: AssetId, kind: Kind) -> EnrichmentId | None:
        """Return the id of the latest result of a kind, final or not."""
        with self.database.read() as db:
            return db.execute(q.LAST, {"of_asset": asset, "of_kind": str(kind)}).scalar()

    def entries(self, asset: AssetId) -> tuple[Entry, ...]:
        """Return every enrichment of an asset, in the order made."""
        with self.database.read() as db:
            return tuple(entry_of(row) for row in db.execute(q.ENTRIES, {"of_asset": asset}))

    def add(self, enrichment: Enrichment, row: Row, *, confirm: Confirm = lambda _db: None) -> None:
        """Keep a new result and its ledger row, together; the batch's last steps are then to be done again.

        ``confirm`` runs in the transaction and may raise: nothing is kept then.
        """
        record = json.dumps(enrichment.as_json(), ensure_ascii=True)
        entry = {
            "id": enrichment.id, "key": enrichment.key, "asset": enrichment.asset, "kind": str(enrichment.kind),
            "final": enrichment.outcome.final, "record": record, "run": None, "model": enrichment.maker.model,
            "weights": enrichment.maker.weights_sha256,
            "doubt": doubt_of(enrichment.kind, enrichment.outcome, enrichment.body),
        }  # fmt: skip
        with self.database.write() as db:
            confirm(db)
            db.execute(q.NEW_ENTRY, entry)
            keep_traits(db, enrichment.asset, str(enrichment.kind), enrichment.body)
            _set_row(db, row, forget=q.FORGET_ROWS)

    def unwritten(self, asset: AssetId) -> tuple[Entry, ...]:
        """Return the results that are not in the vault yet."""
        return tuple(entry for entry in self.entries(asset) if entry.record is not None)

    def written(
        self, asset: AssetId, run: str, ids: Sequence[EnrichmentId], rows: Sequence[Row] = (), *,
        confirm: Confirm = lambda _db: None,
    ) -> None:  # fmt: skip
        """Let go of bodies that the vault now has, and note the steps of the run.

        They are named by what they say: a rebuild meanwhile may have numbered them anew.
        """
        with self.database.write() as db:
            confirm(db)
            if ids:
                mine = and_(t.enrichments.c.asset == asset, t.enrichments.c.id.in_(ids))
                mine = and_(mine, t.enrichments.c.record.is_not(None))
                db.execute(update(t.enrichments).where(mine).values(record=None, run=run))
            for row in rows:
                _set_row(db, row)

    # --- the ledger

    def row(self, asset: AssetId, stage: str) -> Row | None:
        """Return the latest outcome of a stage on an asset."""
        query = select(t.ledger).where(t.ledger.c.asset == asset, t.ledger.c.stage == stage)
        with self.database.read() as db:
            row = db.execute(query).first()
        return row_of(row) if row else None

    def rows(self, asset: AssetId) -> dict[str, Row]:
        """Return the latest outcome of every stage on an asset."""
        with self.database.read() as db:
            return {row.stage: row_of(row) for row in db.execute(q.ROWS, {"of_asset": asset})}

    def set_row(self, row: Row) -> None:
        """Note an outcome: a kept result that is current again, or a step of a run."""
        with self.database.write() as db:
            _set_row(db, row)


def values_of_item(batch: str, one: ItemRow) -> dict[str, Any]:
    """Return an item as the table has it, column by column."""
    return {
        "batch": batch, "n": one.n, "asset": one.asset, "outcome": one.outcome, "code": one.code,
        "reason": one.reason, "record": json.dumps(one.record, ensure_ascii=True),
        "stem": digest(_without_ending(one.record["path"])),
    }  # fmt: skip


def values_of_row(row: Row) -> dict[str, Any]:
    """Return a ledger row as the table has it, column by column."""
    return {
        "asset": row.asset, "stage": row.stage, "outcome": str(row.outcome), "code": row.code, "reason": row.reason,
        "enrichment": row.enrichment, "partial": row.partial, "own": row.own, "seconds": row.seconds,
    }  # fmt: skip


def _set_row(db: Connection, row: Row, *, forget: Delete = q.FORGET_ROW) -> None:
    db.execute(forget, {"of_asset": row.asset, "of_stage": row.stage})
    db.execute(q.NEW_ROW, values_of_row(row))


def _without_ending(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return f"{folder}{slash}{stem if dot and stem else name}"
