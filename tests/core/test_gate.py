"""Gate: nothing that is added to the terms, taken from the grants or overtaken by time opens a door."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.among import ANY
from pipeline.core.conditions import ANYTHING, Classification, combined, parse
from pipeline.core.gate import SOURCE_IDENTIFYING, UNKNOWN, AcquisitionTerms, Decision, Purpose, decide, weigh
from pipeline.core.model import Kind, Source
from pipeline.core.people import ROLES, Grant, People, Permission, Person, Revocation, as_record, fold_people, founding
from pipeline.core.rulings import Release
from pipeline.errors import CODES
from tests.core.strategies import (
    ANA,
    BATCHES,
    BEN,
    FOUNDER,
    NAMES,
    NOW,
    PERSONS,
    RECIPIENTS,
    acquisitions,
    conditions,
    grants,
)

BEFORE = NOW - timedelta(days=30)
asked = st.fixed_dictionaries({
    "recipient": st.none() | st.sampled_from([*RECIPIENTS, "anybody", "\x00"]),
    "outside": st.booleans(),
    "kind": st.sampled_from([None, Kind.TRANSLATION, Kind.OBJECTS]),
    "with_source": st.booleans(),
    "held": st.booleans(),
})  # fmt: skip
purposes = st.sampled_from(Purpose)
held_grants = st.lists(grants(), max_size=5)


def people(given: Iterable[Grant] = ()) -> People:
    records = [*founding(FOUNDER, "founder", BEFORE), *map(as_record, (person(ANA), person(BEN), *given))]
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


# --- properties -------------------------------------------------------------------------------


def open_facts(answer: Decision) -> set[Any]:
    """What an answer opens, one by one."""
    if not answer.allowed:
        return set()
    return {
        "allowed",
        *answer.through,
        *(("source", one) for one in answer.sources),
        *(SOURCE_IDENTIFYING - answer.withheld),
    }


@given(acquisitions(), st.data(), held_grants, purposes, asked)
def test_joining_terms_opens_nothing(
    ways: tuple[AcquisitionTerms, ...], data: st.DataObject, given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    n = data.draw(st.integers(0, len(ways) - 1))
    terms = data.draw(conditions())
    narrower = [replace(one, conditions=one.binding & terms) if i == n else one for i, one in enumerate(ways)]
    known = people(given)
    how = how | {"releases": [released(one) for one in data.draw(st.lists(st.sampled_from(ways), max_size=2))]}
    before = decide(person(), purpose, ways, known, NOW, **how)
    after = decide(person(), purpose, narrower, known, NOW, **how)
    assert open_facts(after) <= open_facts(before)
    assert before.known or not after.known


@given(acquisitions(), acquisitions(), held_grants, purposes, asked)
def test_another_acquisition_opens_nothing_to_one_who_reaches_all(
    ways: Sequence[AcquisitionTerms], more: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: Any
) -> None:
    known = people([one.model_copy(update={"batches": ANY}) for one in given])
    later = [*ways, *(replace(one, n=one.n + 10) for one in more)]
    before = decide(person(), purpose, ways, known, NOW, **how)
    after = decide(person(), purpose, later, known, NOW, **how)
    assert before.allowed or not after.allowed


@given(acquisitions(), st.lists(grants(), min_size=1, max_size=5), st.data(), purposes, asked)
def test_taking_a_grant_away_opens_nothing(
    ways: Sequence[AcquisitionTerms], given: list[Grant], data: st.DataObject, purpose: Purpose, how: dict[str, Any]
) -> None:
    lost = data.draw(st.sampled_from(given))
    known = people(given)
    how = how | {"releases": [released(one) for one in data.draw(st.lists(st.sampled_from(ways), max_size=2))]}
    ended = fold_people([
        *map(as_record, known.persons.values()), *map(as_record, known.grants.values()),
        as_record(Revocation(grant=lost.id, by=FOUNDER, at=NOW)),
    ])  # fmt: skip
    before = decide(person(), purpose, ways, known, NOW, **how)
    after = decide(person(), purpose, ways, ended, NOW, **how)
    assert open_facts(after) <= open_facts(before)
    assert before.known or not after.known


@given(acquisitions(), purposes, asked, st.sampled_from(PERSONS))
def test_without_a_grant_nothing_is_there(
    ways: Sequence[AcquisitionTerms], purpose: Purpose, how: dict[str, Any], other: str
) -> None:
    theirs = people([grant("custodian", to=BEN), grant("custodian", to=ANA, until=NOW)])
    releases = [released(one, by=other, at=BEFORE) for one in ways]
    open_to_all = [replace(one, conditions=ANYTHING) for one in ways]
    for terms in (ways, open_to_all):
        assert decide(person(ANA), purpose, terms, theirs, NOW, releases=releases, **how) == UNKNOWN
        assert decide(None, purpose, terms, theirs, NOW, releases=releases, **how) == UNKNOWN


@given(acquisitions(), held_grants, purposes, asked)
def test_what_one_may_not_know_of_is_answered_like_what_does_not_exist(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    known = people(given)
    answer = decide(person(), purpose, ways, known, NOW, **how)
    if not answer.known:
        assert answer == decide(person(), purpose, (), known, NOW, **how) == UNKNOWN
        assert repr(answer) == repr(UNKNOWN)


@given(acquisitions(), held_grants, asked)
def test_nothing_leaves_for_a_recipient_whom_not_every_provider_named(
    ways: Sequence[AcquisitionTerms], given: list[Grant], how: dict[str, Any]
) -> None:
    answer = decide(person(), Purpose.EXPORT, ways, people([*given, grant("custodian")]), NOW, **how)
    if answer.allowed:
        for one in ways:
            assert one.binding.export_to == ANY or how["recipient"] in one.binding.export_to
            assert one.binding.copy_allowed


@given(acquisitions(), held_grants, purposes, asked, st.integers(0, 3))
def test_withdrawing_consent_ends_every_use_at_once(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any], n: int
) -> None:
    text = b'{"schema": "conditions/1", "consent": {"by": ["mother"], "scope": [], "withdrawn": true}}'
    at = n % len(ways)
    gone = [replace(one, conditions=parse(text, base=one.binding)) if i == at else one for i, one in enumerate(ways)]
    answer = weigh(person(), purpose, gone, people([*given, grant("custodian", clearance="sealed")]), NOW, **how)
    assert not answer.allowed
    assert CODES["H-COND-002"].meaning in answer.reasons


@given(acquisitions(), purposes, asked, st.integers(-72, 72))
def test_nothing_lasts_longer_than_the_terms(
    ways: Sequence[AcquisitionTerms], purpose: Purpose, how: dict[str, Any], hours: int
) -> None:
    now = NOW + timedelta(hours=hours)
    answer = decide(person(FOUNDER), purpose, ways, people(), now, **how)
    if answer.allowed:
        terms = combined(one.binding for one in ways)
        assert terms.valid_from is None or terms.valid_from <= now
        assert terms.valid_until is None or now < terms.valid_until
        assert terms.consent is None or terms.consent.until is None or now < terms.consent.until


@given(acquisitions(), held_grants, purposes, asked)
def test_every_denial_has_a_ground_that_the_documentation_lists(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    for answer in (ask(person(), purpose, ways, people(given), NOW, **how) for ask in (decide, weigh)):
        assert answer.allowed == (answer.code is None)
        assert answer.allowed or (answer.code in CODES and answer.reasons and not answer.through)


@given(acquisitions(), held_grants, st.data(), asked)
def test_facts_of_batches_without_a_grant_are_not_shown(
    ways: Sequence[AcquisitionTerms], given: list[Grant], data: st.DataObject, how: dict[str, Any]
) -> None:
    mine = data.draw(st.sampled_from(BATCHES))
    narrow = [one.model_copy(update={"batches": frozenset({mine})}) for one in given]
    releases = [released(one) for one in ways]
    answer = decide(person(), Purpose.VIEW, ways, people([*narrow, grant("reader", batches=frozenset({mine}))]), NOW,
                    releases=releases, **how)  # fmt: skip
    assert {batch for batch, _n in answer.through} <= {mine}
    assert answer.sources <= answer.through


# --- cases ------------------------------------------------------------------------------------


def test_the_founder_sees_everything_that_came_without_words() -> None:
    for source in Source:
        answer = decide(person(FOUNDER), Purpose.VIEW, [came(source=source)], people(), NOW)
        assert answer.allowed
        assert answer.withheld == frozenset()
        assert answer.sources == answer.through == {("A", 1)}


def test_an_interview_is_not_there_for_staff_who_are_not_named() -> None:
    known = people([grant("analyst")])
    assert decide(person(), Purpose.VIEW, [came()], known, NOW).allowed
    assert decide(person(), Purpose.VIEW, [came(source=Source.INTERVIEW)], known, NOW) == UNKNOWN
    named = came(source=Source.INTERVIEW, view=["Ana"])
    assert decide(person(), Purpose.VIEW, [named], known, NOW).allowed
    assert weigh(person(), Purpose.VIEW, [came(source=Source.INTERVIEW)], known, NOW).code == "H-COND-001"


def test_names_and_ids_of_one_person_are_one_person() -> None:
    both = [came(view=["Ana"]), came("B", view=[ANA])]
    assert decide(person(), Purpose.VIEW, both, people([grant("reader")]), NOW).allowed


def test_what_identifies_the_source_needs_a_permission_of_its_own() -> None:
    seen = decide(person(), Purpose.VIEW, [came()], people([grant("reader")]), NOW)
    assert (seen.allowed, seen.withheld, seen.sources) == (True, SOURCE_IDENTIFYING, frozenset())
    asked = decide(person(), Purpose.SOURCE, [came()], people([grant("reader")]), NOW)
    assert (asked.allowed, asked.known, asked.code) == (False, True, "H-SOURCE-001")
    trusted = people([grant("reader", "source_identifying")])
    assert decide(person(), Purpose.SOURCE, [came()], trusted, NOW).allowed
    assert decide(person(), Purpose.VIEW, [came()], trusted, NOW).withheld == frozenset()
    public = decide(person(), Purpose.VIEW, [came(source=Source.OPEN_SOURCE)], people([grant("reader")]), NOW)
    assert public.withheld == frozenset()
    assert public.sources == {("A", 1)}


def test_an_export_leaves_the_source_out_unless_asked_by_who_may() -> None:
    ways = [came(export_to=["Commission"])]
    trusted = people([grant("analyst", "source_identifying")])
    plain = decide(person(), Purpose.EXPORT, ways, trusted, NOW, recipient="Commission")
    assert (plain.withheld, plain.sources) == (SOURCE_IDENTIFYING, frozenset())
    full = decide(person(), Purpose.EXPORT, ways, trusted, NOW, recipient="Commission", with_source=True)
    assert full.withheld == frozenset()
    assert full.sources == {("A", 1)}
    other = decide(person(), Purpose.EXPORT, ways, people([grant("analyst")]), NOW, recipient="Commission",
                   with_source=True)  # fmt: skip
    assert (other.allowed, other.known, other.code) == (False, True, "H-SOURCE-001")


@pytest.mark.parametrize(("members", "recipient", "code"), [
    ({}, "Commission", "H-EXPORT-001"),
    ({"export_to": ["Commission"]}, "Press", "H-EXPORT-001"),
    ({"export_to": ["Commission"]}, None, "H-EXPORT-001"),
    ({"export_to": "any"}, "", "H-EXPORT-001"),
    ({"export_to": ["Commission"], "copy": False}, "Commission", "H-COPY-001"),
    ({"export_to": ["Commission"]}, "Commission", None),
    ({"export_to": "any"}, "Press", None),
])  # fmt: skip
def test_sharing_needs_the_recipients_name(members: dict[str, Any], recipient: str | None, code: str | None) -> None:
    answer = decide(person(), Purpose.EXPORT, [came(**members)], people([grant("analyst")]), NOW, recipient=recipient)
    assert (answer.code, answer.known) == (code, True)


@pytest.mark.parametrize(("members", "how", "code"), [
    ({}, {}, None),
    ({}, {"outside": True}, "H-COND-001"),
    ({"process": {"exclude": []}}, {"outside": True}, None),
    ({"process": {"allowed": False}}, {}, "H-COND-001"),
    ({"process": {"exclude": ["machine_translation"]}}, {}, None),
    ({"process": {"exclude": ["machine_translation"]}}, {"kind": Kind.TRANSLATION}, "H-COND-001"),
    ({"consent": {"by": ["mother"], "scope": ["view"]}}, {}, "H-COND-001"),
    ({"consent": {"by": ["mother"], "scope": ["process"], "until": "2027-01-01T00:00:00Z"}}, {}, "H-COND-002"),
    ({"consent": {"by": ["mother"], "scope": ["process"], "until": "2027-01-01T00:00:01Z"}}, {}, None),
])  # fmt: skip
def test_processing_asks_too_and_the_operator_learns_why_it_is_held(
    members: dict[str, Any], how: dict[str, Any], code: str | None
) -> None:
    answer = decide(person(), Purpose.PROCESS, [came(**members)], people([grant("operator")]), NOW, **how)
    assert (answer.code, answer.known) == (code, True)
    assert decide(person(), Purpose.VIEW, [came(**members)], people([grant("operator")]), NOW) == UNKNOWN


def test_clearance_must_reach_the_highest_classification() -> None:
    ways = [came(), came("B", classification="confidential")]
    assert decide(person(), Purpose.VIEW, ways, people([grant("reader")]), NOW) == UNKNOWN
    assert decide(person(), Purpose.VIEW, ways, people([grant("reader", clearance="confidential")]), NOW).allowed


def test_one_batch_shows_an_asset_through_that_batch_alone() -> None:
    known = people([grant("reader", batches=frozenset({"A"}))])
    ways = [came("A", caveats=["no faces"]), came("B", consent={"by": ["mother"], "scope": ["view"]})]
    answer = decide(person(), Purpose.VIEW, ways, known, NOW)
    assert answer.through == {("A", 1)}
    assert answer.terms
    assert answer.terms.consent is None
    assert answer.terms.caveats == {"no faces"}
    assert decide(person(), Purpose.VIEW, ways[1:], known, NOW) == UNKNOWN


def test_a_release_opens_an_asset_through_one_acquisition_under_its_own_terms() -> None:
    known = people([grant("analyst")])
    public, private = came("A", source=Source.OPEN_SOURCE, export_to=["Press"]), came("B", source=Source.INTERVIEW)
    ways = [public, private]
    assert decide(person(), Purpose.VIEW, ways, known, NOW) == UNKNOWN
    answer = decide(person(), Purpose.VIEW, ways, known, NOW, releases=[released(public)])
    assert answer.through == {("A", 1)}
    assert answer.withheld == frozenset()
    assert answer.terms == public.binding
    sent = decide(person(), Purpose.EXPORT, ways, known, NOW, releases=[released(public)], recipient="Press")
    assert sent.through == {("A", 1)}
    assert decide(person(), Purpose.VIEW, ways, known, NOW, releases=[released(private)]) == UNKNOWN


@pytest.mark.parametrize("more", [
    {"by": ANA},
    {"by": "p-nobody"},
    {"at": BEFORE - timedelta(days=1)},
    {"at": NOW + timedelta(seconds=1)},
    {"until": NOW},
])  # fmt: skip
def test_a_release_needs_a_custodian_of_its_time_and_lasts_as_long_as_it_says(more: dict[str, Any]) -> None:
    known = people([grant("analyst"), grant("custody", batches=frozenset({"A"}))])
    ways = [came("A", source=Source.OPEN_SOURCE), came("B", source=Source.INTERVIEW)]
    assert decide(person(), Purpose.VIEW, ways, known, NOW, releases=[released(ways[0], **more)]) == UNKNOWN


def test_a_held_asset_is_there_for_custodians_alone_and_is_not_worked_on() -> None:
    ways, known = [came(export_to="any")], people([grant("analyst", "operator")])
    assert decide(person(), Purpose.VIEW, ways, known, NOW, held=True) == UNKNOWN
    assert decide(person(), Purpose.PROCESS, ways, known, NOW, held=True).code == "H-HOLD-001"
    assert decide(person(FOUNDER), Purpose.VIEW, ways, known, NOW, held=True).allowed
    for purpose in (Purpose.SEARCH, Purpose.PROCESS, Purpose.TRANSLATE, Purpose.EXPORT):
        answer = decide(person(FOUNDER), purpose, ways, known, NOW, held=True, recipient="Press")
        assert (answer.allowed, answer.known, answer.code) == (False, True, "H-HOLD-001")


def test_a_custodian_is_told_why_and_is_bound_too() -> None:
    answer = decide(person(FOUNDER), Purpose.VIEW, [came(view=["Ana"])], people(), NOW)
    assert (answer.allowed, answer.known, answer.code) == (False, True, "H-COND-001")
