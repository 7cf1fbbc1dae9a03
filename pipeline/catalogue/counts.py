"""Counts: what became of a batch, asked of the database in one query each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.catalogue.rows import ItemRow, Row, item_of, row_of
from pipeline.core.model import AssetId, Outcome


class Counts:
    """The ledger of a batch, added up."""

    def __init__(self, database: Database) -> None:
        self.database = database

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

    def probed(self, batch: str) -> dict[AssetId, float | None]:
        """Return what was probed of a batch, with the seconds that were decoded of what lasts."""
        query = (
            select(t.ledger.c.asset, t.ledger.c.seconds)
            .distinct()
            .join(t.items, t.items.c.asset == t.ledger.c.asset)
            .where(t.items.c.batch == batch, t.ledger.c.stage == "probe")
        )
        with self.database.read() as db:
            return {AssetId(asset): seconds for asset, seconds in db.execute(query)}

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
            return tuple(item_of(row) for row in db.execute(query))

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
            return tuple((row.n, row_of(row)) for row in db.execute(query))


def _why_unheard(row: Any) -> str:
    if row.outcome is None:
        return "not_processed"
    if row.outcome in {"done", "empty"}:
        return "partial"
    return f"{row.outcome}: {row.code}"
