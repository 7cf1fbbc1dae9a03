"""Holdings: what is there, row by row and added up, and the forgetting of what is there no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, distinct, func, insert, select, update

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.core.model import AssetId, Kind

_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One acquisition of an asset, and what the catalogue knows of the asset."""

    asset: AssetId
    bytes: int
    batch: str
    n: int
    record: str
    """The register's line, as JSON."""
    media: str | None
    media_type: str | None
    puid: str | None


class Holdings:
    """Everything preserved, in the order of the assets; read page by page, whatever there is."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def each(self, batch: str | None = None) -> Iterator[Held]:
        """Yield every acquisition of every asset (of those that a batch brought), an asset's one after the other."""
        query = (
            select(t.items.c.asset, t.items.c.batch, t.items.c.n, t.items.c.record, t.assets.c.bytes,
                   t.traits.c.media, t.traits.c.media_type, t.traits.c.puid)
            .join(t.assets, t.assets.c.id == t.items.c.asset)
            .outerjoin(t.traits, t.traits.c.asset == t.items.c.asset)
            .order_by(t.items.c.asset, t.items.c.batch, t.items.c.n)
        )  # fmt: skip
        if batch is not None:
            mine = select(t.items.c.asset).where(t.items.c.batch == batch, t.items.c.asset.is_not(None))
            query = query.where(t.items.c.asset.in_(mine))
        with self.database.read() as db:
            for row in db.execution_options(stream_results=True, yield_per=_PAGE).execute(query):
                yield Held(
                    asset=AssetId(row.asset), bytes=row.bytes, batch=row.batch, n=row.n, record=row.record,
                    media=row.media, media_type=row.media_type, puid=row.puid,
                )  # fmt: skip

    def models(self) -> Iterator[tuple[AssetId, str, str | None, int]]:
        """Yield asset, model, digest of its weights, and to how many kinds of statement it led, by asset."""
        e = t.enrichments.c
        query = (
            select(e.asset, e.model, e.weights, func.count(distinct(e.kind)))
            .where(e.model.is_not(None))
            .group_by(e.asset, e.model, e.weights)
            .order_by(e.asset, e.model, e.weights)
        )
        with self.database.read() as db:
            for asset, model, weights, kinds in db.execution_options(stream_results=True, yield_per=_PAGE).execute(
                query
            ):
                yield AssetId(asset), model, weights, kinds

    def refused(self, batch: str | None = None) -> dict[str, int]:
        """Count, by batch, the items of which no bytes are here: refused at submit, or disposed of."""
        query = (
            select(t.items.c.batch, func.count().label("items"))
            .where(t.items.c.asset.is_(None))
            .group_by(t.items.c.batch)
        )
        if batch is not None:
            query = query.where(t.items.c.batch == batch)
        with self.database.read() as db:
            return {row.batch: int(row.items) for row in db.execute(query)}

    def forget(self, asset: AssetId, ways: Sequence[tuple[str, int]], *, code: str, reason: str) -> None:
        """Take the bytes from items that were disposed of; forget the asset when no other item names it."""
        with self.database.write() as db:
            for batch, n in ways:
                mine = and_(t.items.c.batch == batch, t.items.c.n == n, t.items.c.asset == asset)
                db.execute(update(t.items).where(mine).values(asset=None, outcome="refused", code=code, reason=reason))
            if db.execute(select(t.items.c.n).where(t.items.c.asset == asset).limit(1)).first() is None:
                for column in (t.ledger.c.asset, t.enrichments.c.asset, t.traits.c.asset, t.assets.c.id):
                    db.execute(delete(column.table).where(column == asset))


def traits_of(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a statement says an asset is, column by column; nothing where it speaks of something else."""
    if kind != Kind.FORMAT or "media" not in body:
        return {}
    return {"media": str(body["media"]), "media_type": body.get("media_type"), "puid": body.get("puid")}


def keep_traits(db: Connection, asset: str, kind: str, body: Mapping[str, Any]) -> None:
    """Note what an asset is, where a statement says so: the last one holds."""
    if found := traits_of(kind, body):
        db.execute(delete(t.traits).where(t.traits.c.asset == asset))
        db.execute(insert(t.traits).values(asset=asset, **found))
