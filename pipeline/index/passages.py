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
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.errors import Refused
from pipeline.index.folding import light_words, words

SLOT_BITS = 40
_PLACE_BITS = 23

_COLUMNS = (
    "asset, field, text, enrichment, media, language, t, until, lat, lon, batch, n, source_identifying, exact, light"
)
_INSERT = f"INSERT INTO passages (id, {_COLUMNS}) VALUES (?, {', '.join('?' * 15)})"  # noqa: S608  # a constant
_FOLD = "INSERT INTO folded (rowid, exact, light) SELECT id, exact, light FROM passages WHERE id BETWEEN ? AND ?"
_UNFOLD = (
    "INSERT INTO folded (folded, rowid, exact, light) "
    "SELECT 'delete', id, exact, light FROM passages WHERE id BETWEEN ? AND ?"
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
    mark = (len(stored), digest_of(asset, stored))
    known = _mark(connection, asset)
    if known == mark:
        return known, mark
    slot = _slot(asset)
    first, last = slot << _PLACE_BITS, ((slot + 1) << _PLACE_BITS) - 1
    if known or connection.execute("SELECT 1 FROM passages WHERE id BETWEEN ? AND ?", (first, last)).fetchone():
        others = connection.execute(
            f"SELECT {_COLUMNS} FROM passages WHERE id BETWEEN ? AND ? AND asset <> ?",  # noqa: S608  # constants
            (first, last, asset),
        ).fetchall()
        connection.execute(_UNFOLD, (first, last))
        connection.execute("DELETE FROM passages WHERE id BETWEEN ? AND ?", (first, last))
    else:
        others = []
    laid_out = sorted([*others, *stored], key=_order)
    if len(laid_out) > last - first:
        raise Refused(f"more than {last - first} passages", code="E-MEDIA-004")
    connection.executemany(_INSERT, ((first + place, *row) for place, row in enumerate(laid_out)))
    connection.execute(_FOLD, (first, last))
    connection.execute(
        "INSERT OR REPLACE INTO assets (asset, passages, digest, change) "
        "SELECT ?, ?, ?, coalesce(max(change), 0) + 1 FROM assets",
        (asset, *mark),
    )
    return known, mark


def stored_of(asset: AssetId, rows: Sequence[IndexRow]) -> list[Stored]:
    """Return rows as they are stored, folded, without those that hold nothing to find, in their one order."""
    found = []
    for row in rows:
        text = row.text.encode("utf-8", "replace").decode()
        exact, light = " ".join(words(text)), " ".join(light_words(text))
        if exact or row.lat is not None:
            batch, n = row.of_acquisition or (None, None)
            found.append((
                str(asset), row.field, text, row.enrichment, str(row.media), row.language,
                _real(row.t), _real(row.end), _real(row.lat), _real(row.lon),
                batch, n, int(row.source_identifying), exact, "" if light == exact else light,
            ))  # fmt: skip
    return sorted(found, key=_order)


def stored_in(connection: sqlite3.Connection, asset: str) -> list[Stored]:
    """Return an asset's passages as they are stored."""
    first = _slot(asset) << _PLACE_BITS
    return connection.execute(
        f"SELECT {_COLUMNS} FROM passages WHERE id BETWEEN ? AND ? AND asset = ? ORDER BY id",  # noqa: S608  # constants
        (first, first + (1 << _PLACE_BITS) - 1, asset),
    ).fetchall()


def contents_of(connection: sqlite3.Connection) -> Contents:
    """Read every passage, and say what they are in sum."""
    tally = Tally()
    for (asset,) in connection.execute("SELECT asset FROM assets WHERE passages > 0"):
        rows = stored_in(connection, asset)
        tally.add(len(rows), digest_of(asset, rows))
    return tally.contents()


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


def _slot(asset: str) -> int:
    return int.from_bytes(hashlib.sha256(asset.encode()).digest()[:8]) >> (64 - SLOT_BITS)


def _real(value: float | None) -> float | None:
    return None if value is None else float(value)


def _order(row: Stored) -> tuple[tuple[bool, Any], ...]:
    # Absent values come first; the flag keeps them from being compared with others.
    return tuple((value is not None, value if value is not None else 0) for value in row)
