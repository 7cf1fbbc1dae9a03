"""Passages: how the rows of an asset lie in the database, and how they are told apart.

A passage's number is made of its asset's digest and its place, so that the passages lie in the
same order whenever and in whatever order they were put: a search that stops early stops at the
same place after a rebuild. Two assets may share a slot; then the slot is laid out anew as a whole.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.errors import Refused
from pipeline.index.folding import spellings
from pipeline.index.lexicon import Seen, forget, learn

SLOT_BITS = 40
PLACE_BITS = 23
MARK = "\u00b6"
"""Begins what is asked of a passage besides its words; no word holds it, since it is no letter."""

_COLUMNS = (
    "asset, field, text, enrichment, media, language, t, until, lat, lon, batch, n, source_identifying, exact, light, "
    "partial, marks"
)
_INSERT = f"INSERT INTO passages (id, {_COLUMNS}) VALUES (?, {', '.join('?' * 17)})"  # noqa: S608  # a constant
_FOLD = (
    "INSERT INTO folded (rowid, exact, light, marks) "
    "SELECT id, exact, light, marks FROM passages WHERE id BETWEEN ? AND ?"
)
_UNFOLD = (
    "INSERT INTO folded (folded, rowid, exact, light, marks) "
    "SELECT 'delete', id, exact, light, marks FROM passages WHERE id BETWEEN ? AND ?"
)

CHECK = "INSERT INTO folded (folded, rank) VALUES ('integrity-check', 1)"
"""Compares the engine's words with the passages; SQLite spells this as an insertion, so it needs a transaction."""

Stored = tuple[Any, ...]
"""The values of ``_COLUMNS``."""
Mark = tuple[int, str]
"""How many passages an asset has, and their digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an index holds: assets with passages, passages, and a digest that no order changes."""

    assets: int
    passages: int
    digest: str


class Tally:
    """Adds up contents in any order."""

    def __init__(self) -> None:
        self._assets = self._passages = self._sum = 0

    def add(self, count: int, digest_of_rows: str, *, sign: int = 1) -> None:
        """Count one asset's passages in, or out again."""
        if count:
            self._assets += sign
            self._passages += sign * count
            self._sum = (self._sum + sign * int(digest_of_rows, 16)) % (1 << 256)

    def contents(self) -> Contents:
        """Return what was added up."""
        return Contents(assets=self._assets, passages=self._passages, digest=f"{self._sum:064x}")


def replace(connection: sqlite3.Connection, asset: str, stored: Sequence[Stored]) -> tuple[Mark | None, Mark]:
    """Make these the only passages of an asset, within the caller's transaction; say what was there and what is."""
    known, mark = _mark(connection, asset), (len(stored), digest_of(asset, stored))
    if known == mark:
        return known, mark
    first, last = slot_range(slot_of(asset))
    lost = {row[2] for row in stored_in(connection, asset)} if known else set()
    if _taken(connection, first, last):
        connection.execute(_UNFOLD, (first, last))
    _lay(connection, asset, stored, mark)
    connection.execute(_FOLD, (first, last))
    learn(connection, (row[2] for row in stored))
    forget(connection, lost - {row[2] for row in stored})
    return known, mark


def fill(
    connection: sqlite3.Connection, asset: str, stored: Sequence[Stored], seen: Seen
) -> tuple[Mark | None, Mark]:  # fmt: skip
    """Do the same in an index in the making, whose words are folded when all is there (``fold_all``)."""
    known, mark = _mark(connection, asset), (len(stored), digest_of(asset, stored))
    if known != mark:
        _lay(connection, asset, stored, mark)
        seen.meet(connection, (row[2] for row in stored))
    return known, mark


def fold_all(connection: sqlite3.Connection) -> None:
    """Fold every passage, in their order: many times as fast as one asset after the other."""
    connection.execute("INSERT INTO folded (folded, rank) VALUES ('hashsize', ?)", (_BULK_BYTES,))
    connection.execute("INSERT INTO folded (folded) VALUES ('rebuild')")
    connection.execute("INSERT INTO folded (folded) VALUES ('optimize')")
    connection.execute("INSERT INTO folded (folded, rank) VALUES ('hashsize', ?)", (_USUAL_BYTES,))


_BULK_BYTES, _USUAL_BYTES = 128 << 20, 1 << 20
"""Words that the engine gathers before it writes."""


def _taken(connection: sqlite3.Connection, first: int, last: int) -> bool:
    found = connection.execute("SELECT 1 FROM passages WHERE id BETWEEN ? AND ? LIMIT 1", (first, last)).fetchone()
    return found is not None


def _lay(connection: sqlite3.Connection, asset: str, stored: Sequence[Stored], mark: Mark) -> None:
    """Lay the slot of an asset out anew, with whoever shares it; the words are the caller's."""
    slot = slot_of(asset)
    first, last = slot_range(slot)
    others = []
    if _taken(connection, first, last):
        others = connection.execute(
            f"SELECT {_COLUMNS} FROM passages WHERE id BETWEEN ? AND ? AND asset <> ?",  # noqa: S608  # constants
            (first, last, asset),
        ).fetchall()
        connection.execute("DELETE FROM passages WHERE id BETWEEN ? AND ?", (first, last))
    laid_out = sorted([*others, *stored], key=_order) if others else stored
    if len(laid_out) > last - first:
        raise Refused(f"more than {last - first} passages", code="E-MEDIA-004")
    connection.executemany(_INSERT, ((first + place, *row) for place, row in enumerate(laid_out)))
    connection.execute(
        "INSERT OR REPLACE INTO assets (asset, passages, digest, change) "
        "SELECT ?, ?, ?, coalesce(max(change), 0) + 1 FROM assets",
        (asset, *mark),
    )
    connection.execute("INSERT OR REPLACE INTO slots VALUES (?, ?)", (slot, None if others else asset))


def stored_of(asset: AssetId, rows: Sequence[IndexRow]) -> list[Stored]:
    """Return rows as they are stored, folded, without those that hold nothing to find, in their one order."""
    found = []
    for row in rows:
        text = row.text.encode("utf-8", "replace").decode()
        exact, light = spellings(text)
        if exact or row.lat is not None:
            batch, n = row.of_acquisition or (None, None)
            found.append((
                str(asset), row.field, text, row.enrichment, str(row.media), row.language,
                _real(row.t), _real(row.end), _real(row.lat), _real(row.lon),
                batch, n, int(row.source_identifying), exact, "" if light == exact else light,
                int(row.partial), marks_of(row.field, str(row.media), row.language),
            ))  # fmt: skip
    return sorted(found, key=_order)


def stored_in(connection: sqlite3.Connection, asset: str) -> list[Stored]:
    """Return an asset's passages as they are stored."""
    return connection.execute(
        f"SELECT {_COLUMNS} FROM passages WHERE id BETWEEN ? AND ? AND asset = ? ORDER BY id",  # noqa: S608  # constants
        (*slot_range(slot_of(asset)), asset),
    ).fetchall()


def contents_of(connection: sqlite3.Connection) -> Contents:
    """Read every passage, and say what they are in sum."""
    tally = Tally()
    rows = connection.execute(f"SELECT {_COLUMNS} FROM passages ORDER BY id")  # noqa: S608  # a constant
    for asset, some in groupby(rows, key=itemgetter(0)):  # within a slot an asset's passages lie together
        held = list(some)
        tally.add(len(held), digest_of(asset, held))
    return tally.contents()


def marks_of(field: str, media: str | None, language: str | None) -> str:
    """Return the marks by which passages of a field, a medium, or a language (also a wider one) are found."""
    parts = (language or "").split("-")
    ladder = ["-".join(parts[:n]) for n in range(1, len(parts) + 1) if parts[0]]
    told = [("f", field), ("m", media), *(("l", one) for one in ladder)]
    return " ".join(mark_of(sort, value) for sort, value in told if value)


def mark_of(sort: str, value: str) -> str:
    """Return one mark; what the engine would part is spelled with it."""
    return MARK + sort + "".join(one if one.isascii() and one.isalnum() else MARK for one in value)


def changed_since(connection: sqlite3.Connection, change: int) -> Iterator[str]:
    """Name the assets that were put or removed after a change."""
    for (asset,) in connection.execute("SELECT asset FROM assets WHERE change > ? ORDER BY change", (change,)):
        yield asset


def last_change(connection: sqlite3.Connection) -> int:
    """Return the number of the last change."""
    return int(connection.execute("SELECT coalesce(max(change), 0) FROM assets").fetchone()[0])


def digest_of(asset: str, rows: Iterable[Stored]) -> str:
    """Return the digest of an asset's passages in their one order.

    It lives and dies with the index and is compared with nothing else, so the fast spelling does.
    """
    spelled = json.dumps([asset, *rows], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _mark(connection: sqlite3.Connection, asset: str) -> Mark | None:
    known = connection.execute("SELECT passages, digest FROM assets WHERE asset = ?", (asset,)).fetchone()
    return (known[0], known[1]) if known else None


def slot_of(asset: str) -> int:
    """Return the slot in which an asset's passages lie."""
    return int.from_bytes(hashlib.sha256(asset.encode()).digest()[:8]) >> (64 - SLOT_BITS)


def slot_range(slot: int) -> tuple[int, int]:
    """Return the first and the last number of a passage in a slot."""
    return slot << PLACE_BITS, ((slot + 1) << PLACE_BITS) - 1


def _real(value: float | None) -> float | None:
    return None if value is None else float(value)


_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""An order that is the same everywhere, in which an asset's passages lie together; what it is else tells nothing."""
