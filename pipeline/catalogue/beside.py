"""Beside: a second set of the catalogue's tables, filled part by part while the first answers, then put in its place.

The tables lie in the same database, and are put in place in one transaction: whoever has the
database open reads the old ones until then and the new ones after, leases go on, and a killed
rebuild finds the parts that it had finished.
"""

import json
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, func, insert, inspect, select, text

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.catalogue.dump import TABLES, Dump, Rows, dump_of
from pipeline.catalogue.store import FILLED
from pipeline.core.model import AssetId
from pipeline.errors import Unavailable

_PREFIX = "fresh_"
_MARK = "rebuild"
"""The fact of the catalogue that says what is being built beside it."""

_metadata = MetaData()
_FRESH = {one.name: one.to_metadata(_metadata, name=_PREFIX + one.name) for one in TABLES}
for _table in _FRESH.values():
    _table.indexes.clear()  # made when everything is in: that is faster, and their names must be new ones
_PARTS = Table(
    "fresh_parts", _metadata, Column("name", String(200), primary_key=True), Column("listing", String(200)),
    Column("dump", Text),
)  # fmt: skip
_NOW = {one.name: one for one in TABLES}
_SOME = 500
"""Names in one question to the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What came into the vault, and so into the old tables, after it was read for the new ones."""

    assets: tuple[AssetId, ...]
    batches: tuple[str, ...]
    reviews: tuple[str, ...] = ()
    """Registers of what persons said."""


Again = Callable[[Behind], Rows]
"""Reads assets, batches and reviews anew."""


class Beside:
    """The tables in the making. One process works on them at a time; who calls holds the lease for that."""

    def __init__(self, database: Database, *, of: str) -> None:
        self._database = database
        self._of = f"{t.VERSION} {of}"
        self._begin()

    def parts(self) -> dict[str, str]:
        """Return the parts that are in, each with the listing of what it was read from."""
        with self._database.read() as db:
            return {row.name: row.listing for row in db.execute(select(_PARTS.c.name, _PARTS.c.listing))}

    def keep(self, name: str, listing: str, rows: Rows) -> None:
        """Put a part in, instead of what was read of it before: all of it and the note of it, or nothing."""
        with self._database.write() as db:
            if db.execute(delete(_PARTS).where(_PARTS.c.name == name)).rowcount:
                _forget(db, rows)
            _put(db, rows)
            db.execute(insert(_PARTS), {"name": name, "listing": listing, "dump": rows.dump().text()})

    def check(self) -> Dump:
        """Make the indexes, and compare what the tables hold with what was read; return what they hold.

        ``Unavailable`` (E-CAT-001) where they differ: all is read anew the next time, and the old tables stay.
        """
        self._index()
        with self._database.read() as db:
            held, read = dump_of(db, _FRESH), Dump()
            for one in db.execute(select(_PARTS.c.dump)).scalars():
                read += Dump.of_text(one)
        if held != read:
            with self._database.write() as db:
                _drop(db)
            raise Unavailable(f"read {read.counts}, the new tables hold {held.counts}", code="E-CAT-001")
        return held

    def before(self) -> Dump | None:
        """Return what the tables in use hold; ``None`` when they were never filled."""
        with self._database.read() as db:
            return dump_of(db, _NOW) if _filled(db) else None

    def swap(self, again: Again, *, has: Callable[[AssetId], bool]) -> tuple[int, int]:
        """Put the new tables in the place of the old; return how many were read again and how many carried over.

        Writers wait. What they added since it was read is read again from the vault, what the vault
        no longer ``has`` is left out; results on their way there, which only the old tables have, are
        carried over with their ledger rows.
        """
        with self._database.write() as db:
            _only_us(db)
            late = carried = 0
            if _filled(db):
                behind = _behind(db, has)
                rows = again(behind)
                _forget(db, rows, also=behind.assets, reviews=behind.reviews)
                _put(db, rows)
                late = len(behind.assets) + len(behind.batches) + len(behind.reviews)
                carried = _carry_over(db, rows)
            for name, fresh in _FRESH.items():
                db.execute(text(f"DROP TABLE {name}"))
                db.execute(text(f"ALTER TABLE {fresh.name} RENAME TO {name}"))
            db.execute(text(f"DROP TABLE {_PARTS.name}"))
            db.execute(delete(t.meta).where(t.meta.c.name.in_((FILLED, _MARK))))
            db.execute(insert(t.meta), {"name": FILLED, "value": "yes"})
        return late, carried

    def _begin(self) -> None:
        """Go on with what a killed rebuild left, if it was of the same kind; else begin."""
        with self._database.write() as db:
            known = db.execute(select(t.meta.c.value).where(t.meta.c.name == _MARK)).scalar()
            if known == self._of and inspect(db).has_table(_PARTS.name):
                return
            _drop(db)
            _metadata.create_all(db)
            db.execute(insert(t.meta), {"name": _MARK, "value": self._of})

    def _index(self) -> None:
        token = secrets.token_hex(4)  # names of indexes are the database's, and those of the old tables are taken
        with self._database.write() as db:
            there = {one.name: inspect(db).get_indexes(one.name) for one in _FRESH.values()}
            for name, table in _NOW.items():
                for index in [] if there[_PREFIX + name] else sorted(table.indexes, key=lambda one: str(one.name)):
                    columns = ", ".join(one.name for one in index.columns)
                    db.execute(text(f"CREATE INDEX {index.name}_{token} ON {_PREFIX}{name} ({columns})"))


def _filled(db: Connection) -> bool:
    return db.execute(select(t.meta.c.value).where(t.meta.c.name == FILLED)).scalar() is not None


def _only_us(db: Connection) -> None:
    """Keep other writers out to the end of the transaction; SQLite does so by itself."""
    if db.dialect.name != "sqlite":
        db.execute(text(f"LOCK TABLE {', '.join(_NOW)} IN EXCLUSIVE MODE"))


def _drop(db: Connection) -> None:
    _metadata.drop_all(db)
    db.execute(delete(t.meta).where(t.meta.c.name == _MARK))


def _put(db: Connection, rows: Rows) -> None:
    for name, some in rows.of.items():
        if some:
            db.execute(insert(_FRESH[name]), some)


def _forget(db: Connection, rows: Rows, *, also: Collection[AssetId] = (), reviews: Collection[str] = ()) -> None:
    """Forget what was read before of the same assets, batches and registers of reviews."""
    assets = sorted({row["id"] for row in rows.of["assets"]} | set(also))
    for some in _by(assets):
        known = select(_FRESH["assets"].c.id).where(_FRESH["assets"].c.id.in_(some))
        if db.execute(known).first() is None:
            continue  # nothing to look for in tables that have no index yet
        for name, column in (("assets", "id"), ("traits", "asset"), ("enrichments", "asset"), ("ledger", "asset")):
            db.execute(delete(_FRESH[name]).where(_FRESH[name].c[column].in_(some)))
    for row in rows.of["batches"]:
        for name, column in (("batches", "ref"), ("items", "batch")):
            db.execute(delete(_FRESH[name]).where(_FRESH[name].c[column] == row["ref"]))
    said = _FRESH["reviews"]
    for register in sorted({row["register"] for row in rows.of["reviews"]} | set(reviews)):
        db.execute(delete(said).where(said.c.register == register))


def _by(names: list[AssetId]) -> Iterator[list[AssetId]]:
    for at in range(0, len(names), _SOME):
        yield names[at : at + _SOME]


def _behind(db: Connection, has: Callable[[AssetId], bool]) -> Behind:
    """Compare old and new: what came to the old tables, or left them, after it was read for the new ones."""
    said, fresh = t.enrichments.c, _FRESH["enrichments"].c
    assets = set(_missing(db, t.assets.c.id, _FRESH["assets"].c.id))
    same = select(fresh.id).where(fresh.asset == said.asset, fresh.id == said.id)
    assets |= set(db.execute(select(said.asset).where(said.record.is_(None), ~same.exists())).scalars())
    assets |= set(db.execute(select(said.asset).where(said.record.is_not(None))).scalars())
    # Those that only the new tables know were preserved before the old ones were told, or disposed of since.
    assets |= {one for one in _missing(db, _FRESH["assets"].c.id, t.assets.c.id) if not has(AssetId(one))}
    counts = [dict(_counted(db, items)) for items in (t.items, _FRESH["items"])]
    batches = {ref for ref, count in counts[0].items() if counts[1].get(ref) != count}
    batches |= set(_missing(db, t.batches.c.ref, _FRESH["batches"].c.ref))
    told = [dict(_told(db, table)) for table in (t.reviews, _FRESH["reviews"])]
    reviews = {name for name in told[0].keys() | told[1].keys() if told[0].get(name) != told[1].get(name)}
    return Behind(
        assets=tuple(sorted(map(AssetId, assets))), batches=tuple(sorted(batches)), reviews=tuple(sorted(reviews))
    )  # fmt: skip


def _told(db: Connection, reviews: Table) -> Iterator[tuple[str, int]]:
    """Yield the number of records of each register: nothing but the disposal of an asset takes one away."""
    query = select(reviews.c.register, func.count()).where(reviews.c.sure).group_by(reviews.c.register)
    yield from ((row[0], row[1]) for row in db.execute(query))


def _missing(db: Connection, one: Column[str], other: Column[str]) -> Iterator[str]:
    """Yield what stands in a column and not in another."""
    yield from db.execute(select(one).where(~select(other).where(other == one).exists())).scalars()


def _counted(db: Connection, items: Table) -> Iterator[tuple[str, tuple[int, int]]]:
    query = select(items.c.batch, func.count(), func.count(items.c.asset)).group_by(items.c.batch)
    for ref, count, with_bytes in db.execute(query):
        yield ref, (count, with_bytes)


def _carry_over(db: Connection, arrived: Rows) -> int:
    """Carry over the results on their way to the vault, unless they have arrived there."""
    old = t.enrichments
    waiting = [
        dict(one._mapping)  # noqa: SLF001 (its documented name)
        for one in db.execute(select(old).where(old.c.record.is_not(None)).order_by(old.c.seq))
    ]
    carried = [
        {name: value for name, value in one.items() if name != "seq"}
        for one in waiting
        if (one["asset"], one["id"], json.loads(one["record"])["made_at"]) not in arrived.said
    ]
    if carried:
        db.execute(insert(_FRESH["enrichments"]), carried)
    for asset in sorted({one["asset"] for one in carried}):
        for table in (t.ledger, t.traits):
            fresh = _FRESH[table.name]
            db.execute(delete(fresh).where(fresh.c.asset == asset))
            columns = [column.name for column in table.columns]
            db.execute(insert(fresh).from_select(columns, select(table).where(table.c.asset == asset)))
    old, fresh = t.reviews, _FRESH["reviews"]  # those on their way to a register, too
    there = select(fresh.c.id).where(fresh.c.register == old.c.register, fresh.c.id == old.c.id)
    unsure = select(old).where(old.c.sure.is_(False), ~there.exists())
    db.execute(insert(fresh).from_select([column.name for column in old.columns], unsure))
    return len(carried)
