"""Conditions: the algebra, the written form, and what a malformed file is told."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.conditions import ANYTHING, Conditions, combined, defaults, parse, schema
from pipeline.core.model import Source
from pipeline.errors import Refused
from tests.core.strategies import ANA, BEN, NOW, PERSONS, RECIPIENTS, conditions

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "conditions-1.json"
SUBMITTED = defaults(Source.SUBMITTED, ANA)


def file(**members: Any) -> bytes:
    return json.dumps({"schema": "conditions/1"} | members).encode()


def abilities(terms: Conditions) -> set[tuple[str, ...]]:
    """Everything that terms allow, written out one by one."""
    seen: set[tuple[str, ...]] = {
        ("view", one, str(custodian)) for one in PERSONS for custodian in (False, True)
        if terms.open_to(one, custodian=custodian)
    }  # fmt: skip
    sent = {("export", one) for one in (*RECIPIENTS, "anybody") if terms.export_to == "any" or one in terms.export_to}
    uses = set() if terms.consent and terms.consent.withdrawn else {"view", "process", "export"}
    if terms.consent:
        uses &= set(terms.consent.scope)
    ends = (terms.valid_until, terms.consent.until if terms.consent else None)
    hours = {
        ("hour", str(hour)) for hour in range(-50, 50)
        for now in [NOW + timedelta(hours=hour, minutes=1)]
        if (terms.valid_from is None or terms.valid_from <= now)
        and all(end is None or now < end for end in ends)
    }  # fmt: skip
    flags: set[tuple[str, ...]] = {("process",)} if terms.process.allowed else set()
    flags |= {("copy",)} if terms.copy_allowed else set()
    flags |= set() if terms.protect_source else {("source",)}
    flags |= {("with", one) for one in ("machine_translation", "outside_services") if one not in terms.process.exclude}
    flags |= {("shown to", str(level)) for level in range(terms.classification.rank, 4)}
    flags |= {("free of", one) for one in ("no faces", "not before trial") if one not in terms.caveats}
    return seen | sent | hours | flags | {("use", one) for one in uses}


@given(conditions, conditions, conditions)
def test_terms_combine_in_any_order_and_grouping(a: Conditions, b: Conditions, c: Conditions) -> None:
    assert a & b == b & a
    assert (a & b) & c == a & (b & c) == combined([c, a, b])


@given(conditions)
def test_the_same_terms_twice_are_the_same_terms(a: Conditions) -> None:
    assert a & a == a


@given(conditions)
def test_terms_that_forbid_nothing_change_nothing(a: Conditions) -> None:
    assert a & ANYTHING == a == ANYTHING & a


@given(conditions, conditions)
def test_only_what_both_allow_is_allowed(a: Conditions, b: Conditions) -> None:
    assert abilities(a & b) == abilities(a) & abilities(b)


@given(conditions, conditions)
def test_the_written_form_comes_back_exactly(a: Conditions, b: Conditions) -> None:
    for terms in (a, a & b):
        text = json.dumps(terms.as_json())
        assert Conditions.from_json(json.loads(text)) == terms
        assert json.dumps(Conditions.from_json(json.loads(text)).as_json()) == text
        assert parse(text.encode(), base=SUBMITTED) == terms


@given(conditions, conditions)
def test_names_made_ids_before_combining_lose_nobody(a: Conditions, b: Conditions) -> None:
    ids = {"Ana": ANA}
    both = a.renamed(ids) & b.renamed(ids)
    for custodian in (False, True):
        admitted = a.renamed(ids).open_to(ANA, custodian=custodian) and b.renamed(ids).open_to(ANA, custodian=custodian)
        assert both.open_to(ANA, custodian=custodian) == admitted


def test_silence_is_no() -> None:
    for source in Source:
        terms = defaults(source, ANA)
        assert terms.export_to == frozenset()
        assert terms.process.allowed
        assert "outside_services" in terms.process.exclude
        assert terms.protect_source == (source is not Source.OPEN_SOURCE)
    assert SUBMITTED.open_to(BEN, custodian=False)


def test_an_interview_is_open_to_its_submitter_and_to_custodians_alone() -> None:
    terms = defaults(Source.INTERVIEW, ANA)
    assert terms.open_to(ANA, custodian=False)
    assert terms.open_to(BEN, custodian=True)
    assert not terms.open_to(BEN, custodian=False)
    assert not defaults(Source.INTERVIEW, None).open_to(ANA, custodian=False)


def test_what_a_file_leaves_out_is_what_the_source_type_says() -> None:
    terms = parse(file(export_to=["International  Court"], process={"allowed": False}), base=SUBMITTED)
    assert terms.export_to == frozenset({"International Court"})
    assert not terms.process.allowed
    assert terms.process.exclude == SUBMITTED.process.exclude
    assert terms.view == "staff"
    assert parse(file(), base=SUBMITTED) == SUBMITTED


def test_one_name_has_one_spelling_and_one_moment_too() -> None:
    one = parse(file(view=["Zoe\u0301"], valid_until="2027-01-01T02:00:00+02:00"), base=SUBMITTED)
    other = parse(file(view=["Zo\u00e9"], valid_until="2027-01-01T00:00:00Z"), base=SUBMITTED)
    assert one == other


@pytest.mark.parametrize(("text", "named"), [
    (b"{", "JSON"),
    (b"\xff\xfe", "JSON"),
    (b"[" * 100_000, "JSON"),
    (b" " * 1_000_001, "bytes"),
    (b"[]", "schema"),
    (b"{}", "schema"),
    (b'{"schema": "conditions/2"}', "schema"),
    (b'{"schema": "conditions/1", "copy": true, "copy": false}', "twice"),
    (file(viev="staff"), "viev"),
    (file(view="nobody"), "view"),
    (file(view=7), "view"),
    (file(view=["a", 7]), "view"),
    (file(view=["a\u202eb"]), "view"),
    (file(view=[" "]), "view"),
    (file(copy="no"), "copy"),
    (file(copy=0), "copy"),
    (file(export_to="the court"), "export_to"),
    (file(classification="top"), "classification"),
    (file(caveats="one"), "caveats"),
    (file(process=True), "process"),
    (file(process={"allowed": True, "exclude": ["weather"]}), "process.exclude"),
    (file(process={"allowed": True, "but": 1}), "process.but"),
    (file(consent={"by": [], "scope": []}), "consent.by"),
    (file(consent={"by": ["mother"]}), "consent.scope"),
    (file(consent={"by": ["mother"], "scope": ["everything"]}), "consent.scope"),
    (file(consent={"by": ["mother"], "scope": [], "until": "2027-01-01"}), "consent.until"),
    (file(consent={"by": ["mother"], "scope": [], "withdrawn": "2027-01-01T00:00:00Z"}), "consent.withdrawn"),
    (file(valid_from="2027-02-30T00:00:00Z"), "valid_from"),
    (file(valid_until="2027-01-01T00:00:00"), "valid_until"),
    (file(valid_until="0001-01-01T00:00:00+14:00"), "valid_until"),
    (file(valid_until=1_800_000_000), "valid_until"),
    (file(protect_source=None), "protect_source"),
])  # fmt: skip
def test_a_malformed_file_is_refused_and_the_member_named(text: bytes, named: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(text, base=SUBMITTED)
    assert caught.value.code == "E-COND-001"
    assert named in caught.value.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*SUBMITTED.as_json(), "else"]), json_values)
def test_no_value_of_any_member_is_misread(member: str, value: Any) -> None:
    try:
        terms = parse(json.dumps({"schema": "conditions/1", member: value}).encode(), base=SUBMITTED)
    except Refused:
        return  # anything else would be a fault of ours
    assert Conditions.from_json(terms.as_json()) == terms


@given(st.binary(max_size=200))
def test_no_bytes_are_misread(text: bytes) -> None:
    with pytest.raises(Refused):
        parse(text, base=SUBMITTED)


def test_the_published_schema_is_the_one_in_force() -> None:
    """To write it anew: the JSON of ``schema()``, indented by two, and a line end."""
    assert SCHEMA.read_text(encoding="utf-8") == json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
