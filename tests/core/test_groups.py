"""Groups: who is in one has what it was granted, while they are in it and not a moment longer."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.core.groups import Group, Join, Leave
from pipeline.core.people import EVERY, ROLES, People, Permission, Person, as_record, fold_people, founding
from tests.core.strategies import ANA, BEN, FOUNDER, NOW

BEFORE = NOW - timedelta(days=30)
TEAM, OTHERS = "group-aaaa", "group-bbbb"
RIGHTS = frozenset({"view", "search"})


def register(*more: dict[str, Any]) -> People:
    known = [as_record(Person(id=who, name=name, by=FOUNDER, at=BEFORE)) for who, name in ((ANA, "Ana"), (BEN, "Ben"))]
    return fold_people(json.loads(json.dumps([*founding(FOUNDER, "founder", BEFORE), *known, *more])))


def group(who: str = TEAM, name: str = "Team", by: str = FOUNDER) -> dict[str, Any]:
    return as_record(Group(id=who, name=name, by=by, at=BEFORE))


def joined(who: str = ANA, at: datetime = BEFORE, to: str = TEAM, by: str = FOUNDER) -> dict[str, Any]:
    return as_record(Join(group=to, person=who, by=by, at=at))


def left(who: str = ANA, at: datetime = NOW, to: str = TEAM, by: str = FOUNDER) -> dict[str, Any]:
    return as_record(Leave(group=to, person=who, by=by, at=at))


def granted(**other: Any) -> dict[str, Any]:
    return {
        "type": "grant", "id": "g-1", "person": TEAM, "permissions": sorted(RIGHTS), "batches": ["A"],
        "clearance": "restricted", "by": FOUNDER, "at": "2026-12-31T00:00:00Z", "until": None,
    } | other  # fmt: skip


def test_a_grant_to_a_group_reaches_who_is_in_it_and_nobody_else() -> None:
    people = register(group(), granted(), joined())
    assert people.permissions(ANA, "A", NOW) == RIGHTS
    assert people.permissions(BEN, "A", NOW) == frozenset()
    assert people.permissions(TEAM, "A", NOW) == RIGHTS
    assert people.groups.members(TEAM) == (ANA,)
    assert people.void == ()


def test_what_persons_and_groups_were_granted_adds_up() -> None:
    people = register(group(), granted(), joined(), granted(id="g-2", person=ANA, permissions=["export"]))
    assert people.permissions(ANA, "A", NOW) == RIGHTS | {Permission.EXPORT}


def test_who_leaves_loses_it_at_once_whatever_the_clocks_say() -> None:
    people = register(group(), granted(), joined(), left(at=NOW + timedelta(minutes=5)))
    assert people.permissions(ANA, "A", NOW) == frozenset()
    assert people.might(ANA, Permission.VIEW, NOW, "A")
    assert not people.might(ANA, Permission.VIEW, NOW + timedelta(minutes=5), "A")


def test_who_is_to_join_later_has_nothing_yet() -> None:
    people = register(group(), granted(), joined(at=NOW + timedelta(hours=1)))
    assert people.permissions(ANA, "A", NOW) == frozenset()
    assert people.permissions(ANA, "A", NOW + timedelta(hours=1)) == RIGHTS


def test_who_comes_back_has_it_again_and_not_for_the_time_between() -> None:
    gone = NOW - timedelta(hours=2)
    people = register(group(), granted(), joined(), left(at=gone), joined(at=NOW - timedelta(hours=1)))
    assert people.permissions(ANA, "A", NOW) == RIGHTS
    assert not people.might(ANA, Permission.VIEW, gone + timedelta(minutes=30), "A")
    assert people.might(ANA, Permission.VIEW, gone - timedelta(minutes=30), "A")


def test_a_revoked_grant_ends_for_everybody_in_the_group() -> None:
    people = register(
        group(), granted(), joined(), joined(BEN),
        {"type": "revoke", "grant": "g-1", "by": FOUNDER, "at": "2027-01-01T00:00:00Z"},
    )  # fmt: skip
    assert people.permissions(ANA, "A", NOW) == people.permissions(BEN, "A", NOW) == frozenset()


def test_a_custodian_through_a_group_makes_grants_that_count() -> None:
    people = register(
        group(), granted(permissions=["custody"], batches="any"), joined(),
        granted(id="g-2", person=BEN, by=ANA, at="2026-12-31T12:00:00Z"),
    )  # fmt: skip
    assert people.may(BEN, Permission.VIEW, NOW, "A")
    after = register(
        group(), granted(permissions=["custody"], batches="any"), joined(), left(at=BEFORE + timedelta(days=1)),
        granted(id="g-2", person=BEN, by=ANA, at="2026-12-31T12:00:00Z"),
    )  # fmt: skip
    assert not after.may(BEN, Permission.VIEW, NOW, "A")


@pytest.mark.parametrize("records", [
    [group(by=ANA)],
    [group(), joined(by=ANA)],
    [group(), joined(), left(by=ANA)],
    [group(), group()],
    [group(), group(OTHERS)],
    [group(name="Ana")],
    [group(name="staff")],
    [group(name="p-abcd")],
    [group(), as_record(Person(id="p-cccc", name="Team", by=FOUNDER, at=BEFORE))],
    [group(), joined("p-9999")],
    [joined()],
    [group(), left()],
    [group(), joined(), joined()],
    [granted(person=OTHERS)],
])  # fmt: skip
def test_a_record_that_means_nothing_counts_for_nothing(records: list[dict[str, Any]]) -> None:
    people, before = register(*records), register(*records[:-1])
    assert len(people.void) == 1
    assert (people.persons, people.ids, people.grants, people.groups) == (
        before.persons, before.ids, before.grants, before.groups,
    )  # fmt: skip


def test_a_group_is_nobody_who_could_act_or_see() -> None:
    people = register(group(), granted())
    assert people.find("Team") is None
    assert people.named("Team") is None
    assert TEAM not in people.persons


def test_an_older_register_gives_its_founder_and_custodians_all_there_is_now() -> None:
    once = ["audit", "custody", "export", "process", "search", "source_identifying", "submit", "view"]
    founder, grant = founding(FOUNDER, "founder", BEFORE)
    people = fold_people([founder, grant | {"permissions": once}])
    assert people.permissions(FOUNDER, None, NOW) == EVERY
    assert people.void == ()
    fewer = fold_people([founder, grant | {"permissions": once}, *[
        as_record(Person(id=ANA, name="Ana", by=FOUNDER, at=BEFORE)), granted(person=ANA, permissions=once[1:])
    ]])  # fmt: skip
    assert Permission.ADMINISTER not in fewer.permissions(ANA, "A", NOW)


def test_every_role_has_what_its_name_says() -> None:
    assert set(ROLES) == {"reader", "analyst", "reviewer", "operator", "administrator", "custodian"}
    assert ROLES["reader"] < ROLES["analyst"]
    assert ROLES["reader"] < ROLES["reviewer"]
    assert ROLES["administrator"] == {Permission.ADMINISTER}
    assert ROLES["custodian"] == EVERY
    for role in set(ROLES) - {"custodian"}:
        assert not ROLES[role] & {Permission.CUSTODY, Permission.SOURCE_IDENTIFYING}


def test_a_token_keeps_to_its_scopes_and_gives_nothing() -> None:
    from dataclasses import replace

    people = replace(
        register(group(), granted(), joined()), within={ANA: frozenset({Permission.VIEW, Permission.CUSTODY})}
    )
    assert people.permissions(ANA, "A", NOW) == {Permission.VIEW}
    assert people.permissions(FOUNDER, "A", NOW) == EVERY
    assert people.might(ANA, Permission.SEARCH, NOW, "A")
