"""Gate: nothing that is added to the terms, taken from the grants or overtaken by time opens a door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.among import ANY
from pipeline.core.conditions import ANYTHING, combined, parse
from pipeline.core.gate import SOURCE_IDENTIFYING, UNKNOWN, AcquisitionTerms, Decision, Purpose, decide, weigh
from pipeline.core.model import Kind
from pipeline.core.people import Grant, Revocation, as_record, fold_people
from pipeline.errors import CODES
from tests.core.strategies import (
    ANA,
    BATCHES,
    BEN,
    FOUNDER,
    NOW,
    PERSONS,
    RECIPIENTS,
    acquisitions,
    conditions,
    grants,
    mostly,
)
from tests.core.world import BEFORE, grant, people, person, released

asked = st.fixed_dictionaries({
    "recipient": mostly("Press", st.none() | st.sampled_from([*RECIPIENTS, "anybody", "\x00"])),
    "outside": mostly(usual=False, other=st.booleans()),
    "kind": st.sampled_from([None, Kind.TRANSLATION, Kind.OBJECTS]),
    "with_source": st.booleans(),
    "held": mostly(usual=False, other=st.booleans()),
})  # fmt: skip
purposes = st.sampled_from(Purpose)
held_grants = st.lists(grants, min_size=1, max_size=4)


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


@given(acquisitions, st.data(), held_grants, purposes, asked)
def test_joining_terms_opens_nothing(
    ways: tuple[AcquisitionTerms, ...], data: st.DataObject, given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    n = data.draw(st.integers(0, len(ways) - 1))
    terms = data.draw(conditions)
    narrower = [replace(one, conditions=one.binding & terms) if i == n else one for i, one in enumerate(ways)]
    known = people(given)
    how = how | {"releases": [released(one) for one in data.draw(st.lists(st.sampled_from(ways), max_size=2))]}
    before = decide(person(), purpose, ways, known, NOW, **how)
    after = decide(person(), purpose, narrower, known, NOW, **how)
    assert open_facts(after) <= open_facts(before)
    assert before.known or not after.known


@given(acquisitions, acquisitions, held_grants, purposes, asked)
def test_another_acquisition_opens_nothing_to_one_who_reaches_all(
    ways: Sequence[AcquisitionTerms], more: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: Any
) -> None:
    known = people([one.model_copy(update={"batches": ANY}) for one in given])
    later = [*ways, *(replace(one, n=one.n + 10) for one in more)]
    before = decide(person(), purpose, ways, known, NOW, **how)
    after = decide(person(), purpose, later, known, NOW, **how)
    assert before.allowed or not after.allowed


@given(acquisitions, st.lists(grants, min_size=1, max_size=5), st.data(), purposes, asked)
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


@given(acquisitions, purposes, asked, st.sampled_from(PERSONS))
def test_without_a_grant_nothing_is_there(
    ways: Sequence[AcquisitionTerms], purpose: Purpose, how: dict[str, Any], other: str
) -> None:
    theirs = people([grant("custodian", to=BEN), grant("custodian", to=ANA, until=NOW)])
    releases = [released(one, by=other, at=BEFORE) for one in ways]
    open_to_all = [replace(one, conditions=ANYTHING) for one in ways]
    for terms in (ways, open_to_all):
        assert decide(person(ANA), purpose, terms, theirs, NOW, releases=releases, **how) == UNKNOWN
        assert decide(None, purpose, terms, theirs, NOW, releases=releases, **how) == UNKNOWN


@given(acquisitions, held_grants, purposes, asked)
def test_what_one_may_not_know_of_is_answered_like_what_does_not_exist(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    known = people(given)
    answer = decide(person(), purpose, ways, known, NOW, **how)
    if not answer.known:
        assert answer == decide(person(), purpose, (), known, NOW, **how) == UNKNOWN
        assert repr(answer) == repr(UNKNOWN)


@given(acquisitions, held_grants, asked)
def test_nothing_leaves_for_a_recipient_whom_not_every_provider_named(
    ways: Sequence[AcquisitionTerms], given: list[Grant], how: dict[str, Any]
) -> None:
    answer = decide(person(), Purpose.EXPORT, ways, people([*given, grant("custodian")]), NOW, **how)
    if answer.allowed:
        for one in ways:
            assert one.binding.export_to == ANY or how["recipient"] in one.binding.export_to
            assert one.binding.copy_allowed


@given(acquisitions, held_grants, purposes, asked, st.integers(0, 3))
def test_withdrawing_consent_ends_every_use_at_once(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any], n: int
) -> None:
    text = b'{"schema": "conditions/1", "consent": {"by": ["mother"], "scope": [], "withdrawn": true}}'
    at = n % len(ways)
    gone = [replace(one, conditions=parse(text, base=one.binding)) if i == at else one for i, one in enumerate(ways)]
    answer = weigh(person(), purpose, gone, people([*given, grant("custodian", clearance="sealed")]), NOW, **how)
    assert not answer.allowed
    assert CODES["H-COND-002"].meaning in answer.reasons


@given(acquisitions, purposes, asked, st.integers(-72, 72))
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


@given(acquisitions, held_grants, purposes, asked)
def test_every_denial_has_a_ground_that_the_documentation_lists(
    ways: Sequence[AcquisitionTerms], given: list[Grant], purpose: Purpose, how: dict[str, Any]
) -> None:
    for answer in (ask(person(), purpose, ways, people(given), NOW, **how) for ask in (decide, weigh)):
        assert answer.allowed == (answer.code is None)
        assert answer.allowed or (answer.code in CODES and answer.reasons and not answer.through)


@given(acquisitions, held_grants, st.data(), asked)
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
