"""SqliteIndex: the embedded index, one file of SQLite's full-text engine fed with our folding."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow, Print
from pipeline.errors import Misconfigured, Unavailable
from pipeline.index.answer import Filters, Hit, SearchAnswer
from pipeline.index.database import Database
from pipeline.index.gate import Found, Gate, Opens, Permits, sorts_of
from pipeline.index.hashes import candidates, keep_prints
from pipeline.index.passages import CHECK, Contents, contents_of, replace, stored_of
from pipeline.index.query import Query, parse
from pipeline.index.scan import Only, Search

MOST_COUNTED = 1_000
"""Permitted passages that one search looks at; beyond, the total is a lower bound."""

MOST_COMPARED = 2_000
"""Prints that one print is compared with; those that share most come first."""


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
        opens: Opens | None = None,
        asset_filter: Callable[[str], bool] | None = None,
        only: Only | None = None,
        most: int | None = None,
    ) -> SearchAnswer:
        """Find passages; the same answer for the same permitted passages, in whatever order they came.

        ``only``: the assets that alone may be found, where they are known to be few.
        ``Misconfigured`` (E-QUERY-001) when there is neither a word nor an area nor a label to look for.
        """
        filters = filters or Filters()
        terms = parse(query)
        if not terms.terms and not (query.strip() == "" and (filters.near or filters.tag)):
            raise Misconfigured("the query holds no word", code="E-QUERY-001")
        if limit < 0:
            raise Misconfigured("the limit is negative", code="E-QUERY-001")
        most = max(MOST_COUNTED, limit) if most is None else most
        gate = Gate(permits=permits, opens=opens, asset_filter=asset_filter)
        with self.database.reading() as connection:
            search = Search(connection=connection, query=terms, filters=filters, gate=gate, only=only)
            scored = ((_score(terms, filters, one), one) for one in search.permitted())
            counted = list(islice(((score, one) for score, one in scored if score or not terms.terms), most + 1))
        at_least = len(counted) > most
        del counted[most:]
        best = heapq.nsmallest(limit, counted, key=_rank)
        hits = tuple(_hit(terms, score, one) for score, one in best)
        found = frozenset(one[0] for _, one in counted)
        return SearchAnswer(hits=hits, total=len(counted), total_is_at_least=at_least, assets=found)

    def sorts(self, assets: Iterable[str]) -> Iterator[tuple[str, IndexRow]]:
        """Yield each sort of passage that assets have; of labels and places every text, of others none."""
        with self.database.reading() as connection:
            for asset in assets:
                yield from ((asset, one) for one in sorts_of(connection, asset))

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


def _score(query: Query, filters: Filters, found: Found) -> float:
    if query.terms:
        return query.score(found[13], found[14], found[2])
    if filters.near:  # the nearest first
        return round(1 - filters.near.distance_km(found[8], found[9]) / filters.near.km, 3)
    return 1.0


def _rank(scored: tuple[float, Found]) -> tuple[Any, ...]:
    score, (asset, name, text, enrichment, _, _, t, until, *_, place) = scored
    return (-score, asset, name, t is not None, t or 0, until or 0, enrichment, text, place)


def _hit(query: Query, score: float, found: Found) -> Hit:
    asset, name, text, enrichment, media, _, t, until, *_, partial, _ = found
    return Hit(
        asset=asset, media=media, field=name, t=t, end=until, snippet=query.snippet(text), score=score,
        enrichment=enrichment, partial=bool(partial),
    )  # fmt: skip
