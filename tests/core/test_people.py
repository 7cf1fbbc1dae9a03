"""People: who becomes custodian, what a grant reaches, and what counts for nothing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.core.conditions import Classification
from pipeline.core.people import EVERY, People, Permission, Person, Revocation, as_record, fold_people, founding
from pipeline.errors import Corrupt, Misconfigured
from tests.core.strategies import ANA, BEN, FOUNDER, NOW

BEFORE = NOW - timedelta(days=30)


def register(*more: dict[str, Any]) -> People:
    return fold_people(json.loads(json.dumps([*founding(FOUNDER, "founder", BEFORE), *more])))


def known(who: str = ANA, name: str = "Ana", by: str = FOUNDER) -> dict[str, Any]:
    return as_record(Person(id=who, name=name, by=by, at=BEFORE))


def granted(**other: Any) -> dict[str, Any]:
    return {
        "type": "grant", "id": "g-1", "person": ANA, "permissions": ["view"], "batches": ["A"],
        "clearance": "restricted", "by": FOUNDER, "at": "2026-12-31T00:00:00Z", "until": None,
    } | other  # fmt: skip


def revoked(at: datetime = NOW, by: str = FOUNDER, grant: str = "g-1") -> dict[str, Any]:
    return as_record(Revocation(grant=grant, by=by, at=at))


def test_whoever_opens_the_register_has_every_permission_over_everything() -> None:
    people = register()
    founder = people.find("founder")
    assert founder == people.find(FOUNDER)
    assert founder
    assert people.permissions(founder.id, None, NOW, Classification.SEALED) == EVERY
    assert people.void == ()


def test_anybody_else_has_none_until_granted() -> None:
    people = register(known())
    assert people.permissions(ANA, "A", NOW) == frozenset()
    assert people.find("a stranger") is None
    assert people.find("\x00") is None
    assert people.permissions("p-9999", None, NOW) == frozenset()


def test_a_grant_reaches_its_batches_its_classification_and_its_time() -> None:
    people = register(known(), granted(until="2027-01-02T00:00:00Z"))
    assert people.permissions(ANA, "A", NOW) == {Permission.VIEW}
    assert people.may(ANA, Permission.VIEW, NOW, "A")
    assert not people.may(ANA, Permission.VIEW, NOW, "B")
    assert not people.may(ANA, Permission.VIEW, NOW)
    assert people.permissions(ANA, "A", NOW, Classification.CONFIDENTIAL) == frozenset()
    assert people.permissions(ANA, "A", NOW - timedelta(days=2)) == frozenset()
    assert people.permissions(ANA, "A", NOW + timedelta(days=1)) == frozenset()


def test_a_revoked_grant_is_gone_at_once_whatever_the_clocks_say() -> None:
    people = register(known(), granted(), revoked(NOW + timedelta(seconds=5)))
    assert people.permissions(ANA, "A", NOW) == frozenset()
    assert people.might(ANA, Permission.VIEW, NOW, "A")
    assert not people.might(ANA, Permission.VIEW, NOW + timedelta(seconds=5), "A")


@pytest.mark.parametrize("records", [
    [known(), granted(by=ANA)],
    [known(), granted(by=BEN)],
    [known(by=ANA)],
    [known(), granted(person=BEN)],
    [known(), granted(), granted(permissions=["custody"])],
    [known(), granted(), revoked(by=ANA)],
    [known(), known(BEN, "Ana")],
    [known(ANA, "staff")],
    [known(ANA, "custodian:Ben")],
    [known(ANA, BEN)],
    list(founding(BEN, "Ben", BEFORE))[:1],
    [known(), granted(by=FOUNDER, at="2020-01-01T00:00:00Z")],
])  # fmt: skip
def test_a_record_that_its_author_had_no_right_to_make_counts_for_nothing(records: list[dict[str, Any]]) -> None:
    people = register(*records)
    assert len(people.void) == 1
    before = register(*records[:-1])
    assert (people.persons, people.ids, people.grants, people.revoked) == (
        before.persons, before.ids, before.grants, before.revoked,
    )  # fmt: skip


def test_a_custodian_made_here_may_make_others() -> None:
    people = register(
        known(),
        granted(permissions=["custody"], batches="any"),
        known(BEN, "Ben", by=ANA) | {"at": "2026-12-31T00:00:01Z"},
        granted(id="g-2", person=BEN, by=ANA, at="2026-12-31T01:00:00Z"),
    )
    assert people.may(BEN, Permission.VIEW, NOW, "A")
    assert people.void == ()


def test_a_custodian_of_one_batch_grants_nothing() -> None:
    people = register(known(), granted(permissions=["custody"]), granted(id="g-2", by=ANA))
    assert len(people.void) == 1


def test_a_new_name_leaves_the_old_one_to_its_bearer() -> None:
    people = register(known(), known(ANA, "Anna"), known(BEN, "Ana"))
    assert people.find("Ana") == people.find("Anna") == people.persons[ANA]
    assert BEN not in people.persons


@pytest.mark.parametrize(
    "record", [granted(permissions=["fly"]), granted(until=7), {"type": "grant"}, known() | {"x": 1}]
)
def test_a_malformed_record_is_corrupt(record: dict[str, Any]) -> None:
    with pytest.raises(Corrupt) as caught:
        register(record)
    assert caught.value.code == "E-VAULT-002"


def test_a_record_of_a_newer_version_stops_the_older() -> None:
    with pytest.raises(Misconfigured) as caught:
        register({"type": "suspend", "person": ANA})
    assert caught.value.code == "E-VAULT-007"


@pytest.mark.parametrize("name", ["staff", "custodians", "any", "", "a\nb", "x" * 201, "p-abcd"])
def test_the_founder_needs_a_name_that_means_a_person(name: str) -> None:
    with pytest.raises(Misconfigured):
        founding(FOUNDER, name, NOW)
