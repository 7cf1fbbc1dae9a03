"""Reviews: what persons said of assets, read by asset; the registers ``review/…`` and ``collections`` are the truth.

A record is put here first, then into its register, then it is sure: whoever was killed in between leaves a
row that is not, and the next to come asks the register. Readers see only what is sure.
"""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from pipeline.catalogue import schema as t
from pipeline.catalogue.database import Database
from pipeline.core.model import AssetId

Json = Mapping[str, Any]
JUDGEMENT = "judgement"
_SOME = 500
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A statement that can be reviewed, and how much it should be, in thousandths."""

    seq: int
    asset: AssetId
    enrichment: str
    kind: str
    doubt: int


class Reviews:
    """Judgements, tags, collections, and who has taken what to review."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, register: str, records: Sequence[Json]) -> None:
        """Put records here that are about to go into a register."""
        with self._database.write() as db:
            db.execute(insert(t.reviews), [row_of_record(register, one, sure=False) for one in records])

    def settle(self, register: str, records: Sequence[Json]) -> None:
        """Note that records stand in a register. May be repeated; a rebuild meanwhile may have forgotten them."""
        with self._database.write() as db:
            for one in records:
                mine = and_(t.reviews.c.register == register, t.reviews.c.id == one["id"])
                if db.execute(update(t.reviews).where(mine).values(sure=True)).rowcount == 0:
                    db.execute(insert(t.reviews), row_of_record(register, one))
                db.execute(delete(t.looked).where(t.looked.c.asset == one.get("asset")))

    def unsure(self) -> dict[str, dict[str, str]]:
        """Return, by register, the records of which it is not known whether they stand there: id and time."""
        found: dict[str, dict[str, str]] = {}
        query = select(t.reviews.c.register, t.reviews.c.id, t.reviews.c.made_at)
        with self._database.read() as db:
            for row in db.execute(query.where(t.reviews.c.sure.is_(False))):
                found.setdefault(row.register, {})[row.id] = row.made_at
        return found

    def registers(self) -> tuple[str, ...]:
        """Return the names of the registers of which there are records here."""
        with self._database.read() as db:
            return tuple(db.execute(select(t.reviews.c.register).distinct().order_by(t.reviews.c.register)).scalars())

    def drop(self, register: str, ids: Collection[str]) -> None:
        """Forget records that never came into their register."""
        mine = and_(t.reviews.c.register == register, t.reviews.c.id.in_(ids), t.reviews.c.sure.is_(False))
        with self._database.write() as db:
            db.execute(delete(t.reviews).where(mine))

    def forget(self, asset: AssetId) -> None:
        """Forget what was said of an asset."""
        with self._database.write() as db:
            db.execute(delete(t.reviews).where(t.reviews.c.asset == asset))
            for beside in (t.claims, t.looked):
                db.execute(delete(beside).where(beside.c.asset == asset))

    def of_asset(self, asset: AssetId) -> list[dict[str, Any]]:
        """Return every record about an asset."""
        with self._database.read() as db:
            return _records(db, and_(t.reviews.c.asset == asset, t.reviews.c.sure))

    def of_type(self, *types: str, about: str | None = None) -> list[dict[str, Any]]:
        """Return every record of these types, of one tag or collection or of all."""
        which = and_(t.reviews.c.type.in_(types), t.reviews.c.sure)
        with self._database.read() as db:
            return _records(db, which if about is None else and_(which, t.reviews.c.about == about))

    def assets(self, *types: str) -> tuple[AssetId, ...]:
        """Return the assets of which there are records of these types, in order."""
        query = select(t.reviews.c.asset).where(t.reviews.c.type.in_(types), t.reviews.c.sure).distinct()
        with self._database.read() as db:
            return tuple(AssetId(one) for one in db.execute(query.order_by(t.reviews.c.asset)).scalars() if one)

    def latest(self, kind: str) -> Iterator[tuple[AssetId, str]]:
        """Yield asset and id of the records of a type, the latest first; read page by page."""
        r = t.reviews.c
        query = select(r.asset, r.id).where(r.type == kind, r.sure).order_by(r.made_at.desc(), r.id).limit(_PAGE)
        at = 0
        while True:
            with self._database.read() as db:
                rows = db.execute(query.offset(at)).all()
            yield from ((AssetId(row.asset), row.id) for row in rows)
            if len(rows) < _PAGE:
                return
            at += _PAGE

    def judged(self, assets: Collection[AssetId]) -> frozenset[AssetId]:
        """Return which of these assets have judgements."""
        found: set[AssetId] = set()
        some = sorted(set(assets))
        told = select(t.reviews.c.asset).where(t.reviews.c.type == JUDGEMENT, t.reviews.c.sure)
        with self._database.read() as db:
            for at in range(0, len(some), _SOME):
                query = told.where(t.reviews.c.asset.in_(some[at : at + _SOME]))
                found.update(AssetId(one) for one in db.execute(query).scalars() if one)
        return frozenset(found)

    def makers(self, enrichments: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
        """Return the model, and the digest of its weights, that made each of these statements."""
        e, some = t.enrichments.c, sorted(set(enrichments))
        found: dict[str, tuple[str | None, str | None]] = {}
        with self._database.read() as db:
            for at in range(0, len(some), _SOME):
                for row in db.execute(select(e.id, e.model, e.weights).where(e.id.in_(some[at : at + _SOME]))):
                    found[row.id] = (row.model, row.weights)
        return found

    # --- what waits for a reviewer

    def close(self, one: Waiting, *, required: int, told: int) -> None:
        """Leave a statement out from now on, unless there are not ``told`` records of its asset any more."""
        mine = and_(t.reviews.c.asset == one.asset, t.reviews.c.sure)
        with self._database.write() as db:
            if db.execute(select(func.count()).select_from(t.reviews).where(mine)).scalar() == told:
                row = {"enrichment": one.enrichment, "required": required, "asset": one.asset}
                db.execute(delete(t.looked).where(t.looked.c.enrichment == one.enrichment))
                db.execute(insert(t.looked), row)

    def waiting(
        self, *, batch: str | None = None, kind: str | None = None, required: int = 1
    ) -> Iterator[Waiting]:  # fmt: skip
        """Yield the current statements that can be reviewed: the most doubtful first, of equal ones the latest."""
        e, later = t.enrichments.c, t.enrichments.alias("later")
        last = select(func.max(later.c.seq)).where(later.c.asset == e.asset, later.c.kind == e.kind, later.c.final)
        done = select(t.looked).where(t.looked.c.enrichment == e.id, t.looked.c.required == required)
        query = select(e.seq, e.asset, e.id, e.kind, e.doubt).where(
            e.doubt.is_not(None), e.seq == last.scalar_subquery(), ~done.exists()
        )
        if kind is not None:
            query = query.where(e.kind == kind)
        if batch is not None:
            query = query.where(e.asset.in_(select(t.items.c.asset).where(t.items.c.batch == batch)))
        query = query.order_by(e.doubt.desc(), e.seq.desc()).limit(_PAGE)
        after: tuple[int, int] | None = None
        while True:
            doubt, seq = after or (0, 0)
            page = query if after is None else query.where(e.doubt <= doubt, (e.doubt < doubt) | (e.seq < seq))
            with self._database.read() as db:
                rows = db.execute(page).all()
            for row in rows:
                yield Waiting(
                    seq=row.seq, asset=AssetId(row.asset), enrichment=row.id, kind=row.kind, doubt=row.doubt
                )  # fmt: skip
            if len(rows) < _PAGE:
                return
            after = rows[-1].doubt, rows[-1].seq

    def claim(self, one: Waiting, person: str, *, seconds: float, most: int) -> bool:
        """Take a statement to review, unless ``most`` others have it; again by the same person: for longer."""
        now = time.time()
        with self._database.write() as db:
            db.execute(delete(t.claims).where(t.claims.c.until <= now))
            held = set(db.execute(select(t.claims.c.person).where(t.claims.c.enrichment == one.enrichment)).scalars())
            if person not in held and len(held) >= most:
                return False
            db.execute(delete(t.claims).where(t.claims.c.enrichment == one.enrichment, t.claims.c.person == person))
            row = {"enrichment": one.enrichment, "person": person, "asset": one.asset, "until": now + seconds}
            db.execute(insert(t.claims), row)
        return True

    def claims(self) -> dict[str, dict[str, float]]:
        """Return, by statement, the persons who have it, and until when (seconds since 1970)."""
        found: dict[str, dict[str, float]] = {}
        with self._database.read() as db:
            for row in db.execute(select(t.claims).where(t.claims.c.until > time.time())):
                found.setdefault(row.enrichment, {})[row.person] = row.until
        return found

    def give_back(self, person: str, enrichment: str | None = None) -> int:
        """End one claim of a person, or all of them."""
        mine = t.claims.c.person == person
        mine = mine if enrichment is None else and_(mine, t.claims.c.enrichment == enrichment)
        with self._database.write() as db:
            return int(db.execute(delete(t.claims).where(mine)).rowcount)


def row_of_record(register: str, one: Json, *, sure: bool = True) -> dict[str, Any]:
    """Return a record of a register as the table has it, column by column."""
    about = one.get("enrichment") or one.get("tag") or one["collection"]
    return {
        "register": register, "id": one["id"], "type": one["type"], "asset": one.get("asset"), "about": about,
        "kind": one.get("kind"), "person": one["by"], "made_at": one["at"], "sure": sure,
        "record": json.dumps(one, ensure_ascii=True),
    }  # fmt: skip


def rows_of_register(register: str, records: Iterable[Json]) -> Iterator[dict[str, Any]]:
    """Return the rows of a register's records; what was erased has none, and an id that came twice has one."""
    known: set[str] = set()
    for one in records:
        if not one.get("erased") and one["id"] not in known:
            known.add(one["id"])
            yield row_of_record(register, one)


def _records(db: Connection, which: Any) -> list[dict[str, Any]]:
    query = select(t.reviews.c.record).where(which).order_by(t.reviews.c.made_at, t.reviews.c.id)
    return [json.loads(one) for one in db.execute(query).scalars()]
