"""Dump: what a catalogue says, row by row in one spelling, and a digest that no order of the rows changes.

Only what the vault can tell is in it. Numbers that a database gave, runs, leases and results that
are still on their way to the vault are not: a rebuilt catalogue has others, or none.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Self

from sqlalchemy import Connection, Table, select

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database

TABLES: tuple[Table, ...] = (t.batches, t.items, t.assets, t.traits, t.enrichments, t.ledger, t.reviews)
SAID = ("id", "key", "kind", "final", "model", "weights", "doubt")
"""What the dump holds of an enrichment, besides its asset and its place among those of the asset."""
_PAGE = 10_000
_SOME = 1_000
"""Rows that are spelled at a time."""
_spell = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


@dataclass(kw_only=True)
class Dump:
    """Rows counted by table, and the sum of the SHA-256 of their lines modulo 2^256; added up in any order."""

    counts: dict[str, int] = field(default_factory=lambda: {one.name: 0 for one in TABLES})
    sum: int = 0

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Take in rows: the line of each is the JSON array of the table's name and the values."""
        head, rows = f'["{table}",', iter(rows)
        while some := [(table, *values) for values in islice(rows, _SOME)]:
            # Spelled together, then cut: a quote within a string follows a backslash, and none that ends a
            # string is followed by a letter, so nothing but a row begins as ``head`` does.
            for rest in _spell(some)[len(head) + 1 : -2].split("]," + head):
                self.sum += int.from_bytes(hashlib.sha256(f"{head}{rest}]".encode()).digest())
            self.counts[table] += len(some)

    def __iadd__(self, other: "Dump") -> Self:
        """Take in everything that another one took in."""
        self.sum += other.sum
        self.counts = {name: count + other.counts[name] for name, count in self.counts.items()}
        return self

    @property
    def digest(self) -> str:
        """The digest: 64 hex digits."""
        return f"{self.sum % (1 << 256):064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dump) and (self.counts, self.digest) == (other.counts, other.digest)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def text(self) -> str:
        """Spell it, to be kept."""
        return json.dumps({"counts": self.counts, "digest": self.digest})

    @classmethod
    def of_text(cls, text: str) -> "Dump":
        """Read it back."""
        kept = json.loads(text)
        return cls(counts=dict(kept["counts"]), sum=int(kept["digest"], 16))


@dataclass(kw_only=True)
class Rows:
    """Rows for every table, column by column in the table's order; the enrichments of an asset in the order made."""

    of: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {one.name: [] for one in TABLES})
    said: set[tuple[str, str, str]] = field(default_factory=set)
    """The statements among them: asset, id and when it was made; one may be made twice."""

    def dump(self) -> Dump:
        """Add these rows up."""
        made = Dump()
        for name, rows in self.of.items():
            if name != t.enrichments.name:
                made.add(name, (tuple(row.values()) for row in rows))
        said = (tuple(row[one] for one in ("asset", *SAID)) for row in self.of[t.enrichments.name])
        _add_said(made, said)
        return made


def dump_of(db: Connection, tables: Mapping[str, Table]) -> Dump:
    """Read all tables, page by page, and add them up. A ledger row of what is on its way counts like any other."""
    made = Dump()
    reading = db.execution_options(yield_per=_PAGE)
    for name, table in tables.items():
        if name != t.enrichments.name:
            query = select(table)
            if name == t.reviews.name:  # what is on its way to a register
                query = query.where(table.c.sure)
            made.add(name, reading.execute(query))
    told = tables[t.enrichments.name].c
    said = select(told.asset, *(told[one] for one in SAID)).where(told.record.is_(None))
    _add_said(made, (tuple(row) for row in reading.execute(said.order_by(told.asset, told.seq))))
    return made


def dump_of_all(database: Database) -> Dump:
    """Add up what the tables in use hold."""
    with database.read() as db:
        return dump_of(db, {one.name: one for one in TABLES})


def _add_said(made: Dump, rows: Iterator[tuple[Any, ...]]) -> None:
    made.add(
        t.enrichments.name,
        (
            (asset, place, *said)
            for asset, some in groupby(rows, key=lambda row: row[0])
            for place, (_, *said) in enumerate(some, 1)
        ),
    )
