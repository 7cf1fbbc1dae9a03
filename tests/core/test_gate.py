"""Gate: what each person is answered about assets that came on various terms."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.gate import SOURCE_IDENTIFYING, UNKNOWN, Purpose, decide, weigh
from pipeline.core.model import Kind, Source
from tests.core.strategies import ANA, FOUNDER, NOW
from tests.core.world import BEFORE, came, grant, people, person, released


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
