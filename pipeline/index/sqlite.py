"""SqliteIndex: the embedded index, one file of SQLite's full-text engine fed with our folding."""

import heapq
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId, Media
from pipeline.core.ports import IndexRow, Print
from pipeline.errors import Misconfigured, Unavailable
from pipeline.index.area import Area
from pipeline.index.database import Database
from pipeline.index.folding import words
from pipeline.index.hashes import candidates, keep_prints
from pipeline.index.passages import CHECK, Contents, contents_of, replace, stored_of
from pipeline.index.query import Query, parse

MOST_COUNTED = 10_000
"""Permitted passages that one search looks at; beyond, the total is a lower bound."""

MOST_COMPARED = 2_000
"""Prints that one print is compared with; those that share most come first."""

_LABELS = ("tags", "objects")

_FOUND = (
    "SELECT p.asset, p.field, p.text, p.enrichment, p.media, p.language, p.t, p.until, p.lat, p.lon, p.batch, p.n, "
    "p.source_identifying, p.exact, p.light, p.id FROM "
)
_MATCHING = "folded f CROSS JOIN passages p ON p.id = f.rowid WHERE folded MATCH ?"

Permits = Callable[[str, IndexRow], bool]
"""Whether a passage of an asset may be known to who asks. It must depend on nothing but the asset
and the passage's field, enrichment, acquisition and ``source_identifying``: one answer is used for
all passages that share these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a hit must be besides matching: BCP 47 language, medium, label of its asset, area of its asset."""

    language: str | None = None
    media: Media | None = None
    tag: str | None = None
    near: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage found: where it stands (seconds), in its original spelling, and who says so."""

    asset: str
    media: str
    field: str
    t: float | None
    end: float | None
    snippet: str
    score: float
    enrichment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """The best hits, and how many passages match; nothing of it depends on what is not permitted."""

    hits: tuple[Hit, ...]
    total: int
    total_is_at_least: bool


@dataclass(slots=True, kw_only=True)
class _Gate:
    """Asks once for each sort of passage, and once for each asset."""

    permits: Permits
    asset_filter: Callable[[str], bool] | None
    answers: dict[tuple[Any, ...], bool] = field(default_factory=dict)

    def __call__(self, found: tuple[Any, ...]) -> bool:
        """Tell whether a passage may enter the answer at all."""
        asset, name, _, enrichment = found[:4]
        sort = (asset, name, enrichment, *found[10:13])
        if sort not in self.answers:
            wanted = self.asset_filter is None or self.asset_filter(asset)
            self.answers[sort] = wanted and self.permits(asset, _row(found))
        return self.answers[sort]


class SqliteIndex:
    """Searchable passages by asset. Safe among threads and processes of one host; local disk only.

    A missing index is made when it is first used, unless ``create`` is false: then, and when it is
    damaged or of another version, every call raises ``Unavailable`` (E-INDEX-001).
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.database = Database(path, create=create)

    def put(self, asset: AssetId, rows: Sequence[IndexRow], prints: Sequence[Print] = ()) -> None:
        """Replace all rows and prints of an asset, at once and durably. May be repeated; equal ones write nothing."""
        stored = stored_of(asset, rows)
        with self.database.writing() as connection:
            replace(connection, asset, stored)
            keep_prints(connection, asset, prints)

    def remove(self, asset: AssetId) -> None:
        """Forget an asset. May be repeated."""
        self.put(asset, ())

    def search(
        self,
        query: str,
        *,
        permits: Permits,
        filters: Filters | None = None,
        limit: int = 20,
        asset_filter: Callable[[str], bool] | None = None,
        most: int = MOST_COUNTED,
    ) -> SearchAnswer:
        """Find passages; the same answer for the same permitted passages, in whatever order they came.

        ``Misconfigured`` (E-QUERY-001) when there is neither a word nor an area nor a label to look for.
        """
        filters = filters or Filters()
        terms = parse(query)
        if not terms.terms and not (query.strip() == "" and (filters.near or filters.tag)):
            raise Misconfigured("the query holds no word", code="E-QUERY-001")
        if limit < 0:
            raise Misconfigured("the limit is negative", code="E-QUERY-001")
        gate = _Gate(permits=permits, asset_filter=asset_filter)
        with self.database.reading() as connection:
            counted = list(islice(_permitted(connection, terms, filters, gate), most + 1))
        at_least = len(counted) > most
        del counted[most:]
        best = heapq.nsmallest(limit, ((_score(terms, filters, one), one) for one in counted), key=_rank)
        hits = tuple(_hit(terms, score, one) for score, one in best)
        return SearchAnswer(hits=hits, total=len(counted), total_is_at_least=at_least)

    def alike(self, mine: Print, *, most: int = MOST_COMPARED) -> tuple[list[tuple[str, Print]], bool]:
        """Return the prints, each with its asset, that may be copies of one, and whether that is all of them."""
        with self.database.reading() as connection:
            return candidates(connection, mine, most)

    def filled_from(self, vault: str) -> bool:
        """Tell whether this index was filled from a vault: one that was lost and began anew was not.

        One that is damaged passes: whoever asks it is told so, and need not wait for another.
        """
        if not self.database.there():
            return False
        try:
            with self.database.reading() as connection:
                if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'about'").fetchone():
                    return False
                found = connection.execute("SELECT value FROM about WHERE name = 'vault'").fetchone()
                return bool(found == (vault,))
        except Unavailable as err:
            if err.code != "E-INDEX-001":
                raise
            return True

    def some_words(self) -> Iterator[str]:
        """Yield words that can be found, one of each passage, in the index's own order."""
        with self.database.reading() as connection:
            for (exact,) in connection.execute("SELECT exact FROM passages WHERE exact <> '' ORDER BY id"):
                yield exact.partition(" ")[0]

    def contents(self) -> Contents:
        """Read the whole index and say what it holds."""
        with self.database.reading() as connection:
            return contents_of(connection)

    def check(self) -> None:
        """Read the whole index and raise ``Unavailable`` (E-INDEX-001) when it is damaged."""
        with self.database.reading() as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise Unavailable(f"the search index is damaged: {said}", code="E-INDEX-001")
        with self.database.writing() as connection:
            connection.execute(CHECK)

    def close(self) -> None:
        """Close this thread's connection."""
        self.database.close()


def _permitted(
    connection: sqlite3.Connection, query: Query, filters: Filters, gate: _Gate
) -> Iterator[tuple[Any, ...]]:
    """Yield what matches and is permitted, in the index's own order.

    The labels and positions that filters look at are permitted ones too, else a hit would tell of
    a position that is withheld.
    """
    labelled = None if filters.tag is None else list(filter(gate, _labelled(connection, filters.tag)))
    placed = None if filters.near is None else list(filter(gate, _placed(connection, filters.near)))
    assets = [{one[0] for one in some} for some in (labelled, placed) if some is not None]
    rows: Iterable[tuple[Any, ...]]
    if query.terms:
        rows = connection.execute(f"{_FOUND}{_MATCHING} ORDER BY f.rowid", (query.match(),))
    else:
        rows = sorted(placed if placed is not None else labelled or [], key=lambda one: int(one[15]))
    for one in rows:
        if _fits(one, filters) and all(one[0] in some for some in assets) and gate(one):
            yield one


def _labelled(connection: sqlite3.Connection, label: str) -> Iterator[tuple[Any, ...]]:
    exact = " ".join(words(label))
    return connection.execute(f"{_FOUND}passages p WHERE p.exact = ? AND p.field IN (?, ?)", (exact, *_LABELS))


def _placed(connection: sqlite3.Connection, area: Area) -> Iterator[tuple[Any, ...]]:
    inside = "passages p WHERE p.lat BETWEEN ? AND ? AND p.lon BETWEEN ? AND ?"
    boxes = (connection.execute(f"{_FOUND}{inside}", box) for box in area.boxes())
    return (one for one in chain.from_iterable(boxes) if area.distance_km(one[8], one[9]) <= area.km)


def _fits(found: tuple[Any, ...], filters: Filters) -> bool:
    media, language = found[4], found[5]
    if filters.media is not None and media != filters.media:
        return False
    wanted = filters.language
    return wanted is None or language == wanted or (language or "").startswith(f"{wanted}-")


def _score(query: Query, filters: Filters, found: tuple[Any, ...]) -> float:
    if query.terms:
        return query.score(found[13], found[14])
    if filters.near:  # the nearest first
        return round(1 - filters.near.distance_km(found[8], found[9]) / filters.near.km, 3)
    return 1.0


def _rank(scored: tuple[float, tuple[Any, ...]]) -> tuple[Any, ...]:
    score, (asset, name, text, enrichment, _, _, t, until, *_, place) = scored
    return (-score, asset, name, t is not None, t or 0, until or 0, enrichment, text, place)


def _row(found: tuple[Any, ...]) -> IndexRow:
    _, name, text, enrichment, media, language, t, until, lat, lon, batch, n, identifying, *_ = found
    return IndexRow(
        field=name, text=text, enrichment=enrichment, media=media, language=language, t=t, end=until, lat=lat, lon=lon,
        of_acquisition=None if batch is None else (batch, n), source_identifying=bool(identifying),
    )  # fmt: skip


def _hit(query: Query, score: float, found: tuple[Any, ...]) -> Hit:
    asset, name, text, enrichment, media, _, t, until, *_ = found
    snippet = query.snippet(text)
    return Hit(
        asset=asset, media=media, field=name, t=t, end=until, snippet=snippet, score=score, enrichment=enrichment
    )
