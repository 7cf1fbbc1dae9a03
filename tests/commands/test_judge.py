"""What persons say of machine values: beside them, in the vault, seen by those who may."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import digest
from pipeline.service.app import App
from pipeline.vault.segments import entries
from tests.commands.conftest import Grant, State, segment, spoken
from tests.service.conftest import Evidence

BODY = spoken(segment(0, "they cam at dawn", reliability="low"), segment(2, "in three cars"))


def code(said: Any) -> str:
    assert said.code == 2, said.text
    return str(said.json["error"]["code"])


def statement(document: dict[str, Any], enrichment: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in document["enrichments"] if one["id"] == enrichment)
    return found


def persons(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in document["enrichments"] if one["by"] == "person"]


@pytest.fixture
def said(assets: list[str], state: State) -> str:
    return state(assets[0], BODY)


def judge(evidence: Evidence, asset: str, enrichment: str, verdict: str, *more: str, **given: Any) -> Any:
    where = given.pop("at", "/segments/0/text")
    return evidence(
        "judge", asset, "--enrichment", enrichment, "--at", where, verdict, "--reason", "heard it", *more, **given
    )  # fmt: skip


def test_a_correction_stands_beside_the_machines_value(evidence: Evidence, assets: list[str], said: str) -> None:
    record = judge(evidence, assets[0][:8], said[:10], "correct", "--value", '"they came at dawn"').json
    assert record["before"] == "they cam at dawn"
    document = evidence("show", assets[0]).json
    machine = statement(document, said)
    assert (machine["by"], machine["body"]) == ("machine", BODY)
    assert machine["reviewer"] == "custodian"
    assert machine["review"]["state"] == "corrected"
    (value,) = machine["review"]["values"]
    assert (value["pointer"], value["value"]) == ("/segments/0/text", "they came at dawn")
    (person,) = persons(document)
    assert (person["reviewer"], person["basis"], person["kind"]) == ("custodian", [said], "review")
    (one,) = person["body"]["judgements"]
    assert (one["verdict"], one["before"], one["value"], one["reason"]) == (
        "correct", "they cam at dawn", "they came at dawn", "heard it",
    )  # fmt: skip


@pytest.mark.slow
def test_the_log_has_the_digest_of_the_record_alone(
    evidence: Evidence, assets: list[str], said: str, home: Path
) -> None:
    record = judge(evidence, assets[0], said, "reject").json
    acts = [one for _, one in entries(home / "vault")]
    (entry,) = [one for one in acts if one.act == "judge"]
    assert (entry.subject, dict(entry.facts)) == (assets[0], {"record": digest(record)})
    assert evidence("verify-log").json["findings"] == []
    assert evidence("audit").json["findings"] == []


MISFITS = [
    ("confirm", "/segments/9/text", None, "E-JUDGE-001"),
    ("confirm", "segments", None, "E-JUDGE-001"),
    ("confirm", "/segments/00/text", None, "E-JUDGE-001"),
    ("correct", "/segments/0/text", "5", "E-JUDGE-002"),
    ("correct", "/segments/0/text", '"they cam at dawn"', "E-JUDGE-002"),
    ("correct", "/segments/0/text", "null", "E-JUDGE-002"),
    ("correct", "/segments/0/text", '"\\ud800"', "E-JUDGE-002"),
    ("correct", "/segments/0/text", json.dumps("x" * 20_001), "E-JUDGE-002"),
    ("correct", "/segments/0/text", "NaN", "E-CONF-009"),
    ("correct", "/segments/0/text", "they came", "E-CONF-009"),
    ("correct", "/segments/0/text", None, "E-CONF-009"),
    ("confirm", "/segments/0/text", '"x"', "E-CONF-009"),
]  # fmt: skip


@pytest.mark.slow
def test_what_does_not_fit_is_not_recorded(evidence: Evidence, assets: list[str], said: str) -> None:
    for verdict, at, value, fault in MISFITS:
        more = ("--value", value) if value is not None else ()
        assert code(judge(evidence, assets[0], said, verdict, *more, at=at)) == fault, (verdict, at, value)
    assert code(judge(evidence, assets[0], "f" * 64, "confirm")) == "E-JUDGE-001"
    assert code(judge(evidence, assets[1], said, "confirm")) == "E-JUDGE-001"
    assert evidence("judgements", assets[0]).json["judgements"] == []


def test_who_may_not_review_is_refused_and_who_may_not_see_learns_nothing(
    evidence: Evidence, assets: list[str], said: str, grant: Grant, home: Path
) -> None:
    grant("reader", "reader")
    grant("ana", "reviewer")
    assert code(judge(evidence, assets[0], said, "confirm", actor="reader")) == "E-ACCESS-001"
    assert code(judge(evidence, assets[0], said, "confirm", actor="stranger")) == "E-FIND-001"
    denied = [one.facts["code"] for _, one in entries(home / "vault") if one.act == "deny-judge"]
    assert sorted(denied) == ["E-ACCESS-001", "E-FIND-001"]
    assert judge(evidence, assets[0], said, "confirm", actor="ana").code == 0


@pytest.mark.slow
def test_the_reviewers_name_is_for_those_who_review(
    evidence: Evidence, assets: list[str], said: str, grant: Grant
) -> None:
    grant("reader", "reader")
    ana = grant("ana", "reviewer")
    judge(evidence, assets[0], said, "confirm", actor="ana")
    told = {who: evidence("show", assets[0], actor=who) for who in ("custodian", "ana", "reader")}
    assert [persons(one.json)[0]["reviewer"] for one in told.values()] == ["ana", "ana", ana]
    assert statement(told["reader"].json, said)["reviewer"] == ana
    assert '"ana"' not in told["reader"].text


@pytest.mark.slow
def test_it_stays_with_the_same_value_in_a_later_result_and_is_of_an_earlier_one_else(
    evidence: Evidence, assets: list[str], said: str, state: State
) -> None:
    judge(evidence, assets[0], said, "confirm", at="/segments/1/text")
    judge(evidence, assets[0], said, "correct", "--value", '"they came at dawn"')
    later = state(assets[0], spoken(segment(0, "they come at dawn"), segment(1, "now"), segment(2, "in three cars")),
                  model="model-b")  # fmt: skip
    document = evidence("show", assets[0]).json
    old, new = statement(document, said), statement(document, later)
    assert (old["current"], old["review"]["state"]) == (False, "corrected")
    assert [(one["pointer"], one["state"]) for one in new["review"]["values"]] == [("/segments/2/text", "confirmed")]
    (told,) = (one["body"]["judgements"] for one in persons(document))
    now = {one["pointer"]: one["now"] for one in told}
    assert now == {
        "/segments/1/text": {"enrichment": later, "pointer": "/segments/2/text"}, "/segments/0/text": None,
    }  # fmt: skip


@pytest.mark.slow
def test_two_persons_must_agree_where_the_setting_says_so(
    evidence: Evidence, assets: list[str], said: str, grant: Grant, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("reviews_required = 2\n", encoding="utf-8")
    grant("ana", "reviewer")

    def now() -> str:
        return str(statement(evidence("show", assets[0]).json, said)["review"]["state"])

    judge(evidence, assets[0], said, "confirm")
    judge(evidence, assets[0], said, "confirm")
    assert now() == "waiting"
    judge(evidence, assets[0], said, "confirm", actor="ana")
    assert now() == "confirmed"
    judge(evidence, assets[0], said, "reject", actor="ana")
    assert now() == "disputed"
    judge(evidence, assets[0], said, "comment", actor="ana")
    assert now() == "disputed"


@pytest.mark.slow
def test_a_record_that_its_author_had_no_right_to_make_counts_for_nothing_and_is_listed(
    evidence: Evidence, app: App, assets: list[str], said: str, grant: Grant
) -> None:
    reader = grant("reader", "reader")
    record = judge(evidence, assets[0], said, "confirm").json
    forged = {**record, "id": "j-00000000000000ff", "by": reader, "verdict": "reject"}
    app.home.registers.append(f"review/{assets[0][:2]}", [forged], key="forged")
    evidence("rebuild", "catalogue")
    listed = evidence("judgements", assets[0]).json
    assert [one["id"] for one in listed["judgements"]] == [record["id"]]
    assert [(one["id"], one["by"]) for one in listed["void"]] == [(forged["id"], reader)]
    assert statement(evidence("show", assets[0]).json, said)["review"]["state"] == "confirmed"


@pytest.mark.slow
def test_who_lost_the_right_since_was_right_then(
    evidence: Evidence, app: App, assets: list[str], said: str, grant: Grant
) -> None:
    grant("ana", "reviewer")
    judge(evidence, assets[0], said, "confirm", actor="ana")
    app.custody.grant("ana", revoke=True)
    listed = evidence("judgements", assets[0]).json
    assert (len(listed["judgements"]), listed["void"]) == (1, [])
    assert code(judge(evidence, assets[0], said, "confirm", actor="ana")) == "E-FIND-001"


PLACES = {
    "best": {"claim": 1, "reasons": ["nearest"]},
    "claims": [
        {"lat": 36.2, "lon": 37.1, "radius_m": 10.0, "source": "filename", "name": "Aleppo", "admin": None,
         "country": "SY", "text": None, "confidence": 0.9, "t": None, "agrees_with": [1], "conflicts_with": [],
         "notes": [], "acquisition": {"batch": "b2", "n": 1}},
        {"lat": 36.3, "lon": 37.2, "radius_m": 10.0, "source": "exif", "name": "Azaz", "admin": None,
         "country": "SY", "text": None, "confidence": 0.8, "t": None, "agrees_with": [0], "conflicts_with": [],
         "notes": []},
    ],
}  # fmt: skip


@pytest.mark.slow
def test_a_claim_is_judged_as_it_is_seen_and_one_that_is_hidden_cannot_be(
    evidence: Evidence, assets: list[str], state: State, grant: Grant, tmp_path: Path
) -> None:
    evidence("submit", tmp_path / "one.txt", "--batch", "b2")
    places = state(assets[0], PLACES, kind="places")
    grant("ana", permissions=["view", "search", "review", "source_identifying"], role=None, batches=["b1"])
    grant("ben", "reviewer", batches=["b1"])
    seen = statement(evidence("show", assets[0], actor="ana").json, places)
    assert [one["name"] for one in seen["body"]["claims"]] == ["Azaz"]
    assert code(judge(evidence, assets[0], places, "confirm", at="/claims/1", actor="ana")) == "E-JUDGE-001"
    assert code(judge(evidence, assets[0], places, "confirm", at="/claims/0/lat", actor="ben")) == "H-SOURCE-001"
    record = judge(evidence, assets[0], places, "reject", at="/claims/0", actor="ana").json
    assert (record["pointer"], record["before"]["name"]) == ("/claims/1", "Azaz")
    judge(evidence, assets[0], places, "confirm", at="/claims/0/name")
    told = statement(evidence("show", assets[0], actor="ana").json, places)["review"]["values"]
    assert [(one["pointer"], one["state"]) for one in told] == [("/claims/0", "rejected")]
    hidden = evidence("show", assets[0], actor="ben")
    (note,) = [one for it in persons(hidden.json) for one in it["body"]["judgements"]]
    assert (note["pointer"], note["before"], note["reason"], note["withheld"]) == (
        "/claims/0", None, None, "H-SOURCE-001",
    )  # fmt: skip
    assert "Aleppo" not in hidden.text
    assert "Azaz" not in hidden.text
