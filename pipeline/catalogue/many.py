"""Many: what the catalogue knows of many assets at once, for searches that must not ask one by one."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.catalogue.rows import ItemRow, item_of
from pipeline.core.model import AssetId, Kind
from pipeline.core.review_need import DOUBTED

_SOME = 500
"""Assets to a statement: every database takes as many."""


class Many:
    """Items, outcomes and models of assets, some hundreds to a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, assets: Collection[str]) -> dict[str, list[tuple[str, ItemRow]]]:
        """Return by asset every (batch, item) through which it came, in order."""
        found: dict[str, list[tuple[str, ItemRow]]] = {one: [] for one in assets}
        query = select(t.items).order_by(t.items.c.batch, t.items.c.n)
        for row in self._rows(query, t.items.c.asset, assets):
            found[row.asset].append((row.batch, item_of(row)))
        return found

    def outcomes(self, assets: Collection[str]) -> dict[str, list[tuple[str, str, bool]]]:
        """Return by asset (stage, outcome, partial) of each stage in its own right."""
        found: dict[str, list[tuple[str, str, bool]]] = {one: [] for one in assets}
        query = select(t.ledger.c.asset, t.ledger.c.stage, t.ledger.c.outcome, t.ledger.c.partial).where(t.ledger.c.own)
        for row in self._rows(query, t.ledger.c.asset, assets):
            found[row.asset].append((row.stage, row.outcome, row.partial))
        return found

    def models(self, assets: Collection[str]) -> dict[str, set[str]]:
        """Return by asset the models that said something of it."""
        found: dict[str, set[str]] = {one: set() for one in assets}
        e = t.enrichments.c
        query = select(e.asset, e.model).where(e.final, e.model.is_not(None)).distinct()
        for row in self._rows(query, e.asset, assets):
            found[row.asset].add(row.model)
        return found

    def size(self, batch: str) -> int:
        """Return how many items a batch has."""
        with self._database.read() as db:
            return int(db.execute(select(func.count()).where(t.items.c.batch == batch)).scalar_one())

    def assets(self, batch: str) -> frozenset[str]:
        """Return the assets of a batch."""
        query = select(t.items.c.asset).where(t.items.c.batch == batch, t.items.c.asset.is_not(None)).distinct()
        with self._database.read() as db:
            return frozenset(db.execute(query).scalars())

    def unheard(self, batch: str, *, most: int) -> list[tuple[AssetId, str]]:
        """Return assets of a batch whose speech no search can find wholly, each with the reason; so many at most."""
        heard, said = t.ledger.alias(), t.enrichments.alias()
        same = and_(heard.c.asset == t.items.c.asset, heard.c.stage == "transcribe")
        read = and_(said.c.id == heard.c.enrichment, said.c.kind == str(Kind.TRANSCRIPT))
        fine = heard.c.outcome.in_(("done", "empty", "not_applicable"))
        wanting = or_(heard.c.asset.is_(None), ~fine, heard.c.partial, said.c.doubt >= DOUBTED)
        query = (
            select(t.items.c.asset, heard.c.outcome, heard.c.code, heard.c.partial, said.c.doubt).distinct()
            .select_from(t.items.outerjoin(heard, same).outerjoin(said, read))
            .where(t.items.c.batch == batch, t.items.c.asset.is_not(None), wanting)
            .order_by(t.items.c.asset).limit(most)
        )  # fmt: skip
        with self._database.read() as db:
            return [(AssetId(row.asset), _why(row)) for row in db.execute(query)]

    def _rows(self, query: Select[Any], column: Any, assets: Collection[str]) -> Iterator[Any]:
        some = sorted(assets)
        for at in range(0, len(some), _SOME):
            with self._database.read() as db:
                rows = db.execute(query.where(column.in_(some[at : at + _SOME]))).all()
            yield from rows


def _why(row: Any) -> str:
    if row.outcome is None:
        return "not_processed"
    if row.outcome not in {"done", "empty", "not_applicable"}:
        return f"{row.outcome}: {row.code}"
    return "partial" if row.partial else "low_confidence"
