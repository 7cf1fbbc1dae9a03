"""A small world to ask the gate about: three persons, their grants, and how an asset came."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.core.among import ANY
from pipeline.core.conditions import Classification, parse
from pipeline.core.gate import AcquisitionTerms
from pipeline.core.model import Source
from pipeline.core.people import ROLES, Grant, People, Permission, Person, as_record, fold_people, founding
from pipeline.core.rulings import Release
from tests.core.strategies import ANA, BEN, FOUNDER, NAMES, NOW

BEFORE = NOW - timedelta(days=30)


def people(given: Iterable[Grant] = ()) -> People:
    records = [
        *founding(FOUNDER, "founder", BEFORE),
        *map(as_record, [person(ANA), person(BEN)]),
        *map(as_record, given),
    ]
    return fold_people(json.loads(json.dumps(records)))


def person(who: str = ANA) -> Person:
    return Person(id=who, name=NAMES[who], by=FOUNDER, at=BEFORE)


def grant(
    *permissions: str, to: str = ANA, batches: Any = ANY, clearance: str = "restricted", until: datetime | None = None
) -> Grant:
    allowed = frozenset[Permission]().union(*(ROLES.get(one) or {Permission(one)} for one in permissions))
    return Grant(
        id=f"g-{to}-{'-'.join(permissions)}", person=to, permissions=allowed, batches=batches,
        clearance=Classification(clearance), by=FOUNDER, at=BEFORE, until=until,
    )  # fmt: skip


def came(batch: str = "A", n: int = 1, source: Source = Source.SUBMITTED, **members: Any) -> AcquisitionTerms:
    plain = AcquisitionTerms(batch=batch, n=n, source=source, submitted_by=FOUNDER)
    if not members:
        return plain
    text = json.dumps({"schema": "conditions/1"} | members).encode()
    return replace(plain, conditions=parse(text, base=plain.binding))


def released(one: AcquisitionTerms, by: str = FOUNDER, at: datetime = NOW, **more: Any) -> Release:
    return Release(id="r", asset="a", batch=one.batch, n=one.n, by=by, at=at, reason="asked for", **more)
