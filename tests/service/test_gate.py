"""Who was granted nothing learns nothing, not even that there is something."""

import json
from pathlib import Path

import pytest

from tests.service.conftest import Evidence, tone


@pytest.fixture
def asset(processed: dict[str, str]) -> str:
    return processed["place.jpg"]


def test_a_stranger_gets_the_answer_for_what_does_not_exist(evidence: Evidence, asset: str, tmp_path: Path) -> None:
    for there, not_there in (
        (("show", asset), ("show", "0" * 64)),
        (("status", "b1"), ("status", "b2")),
        (("process", "b1"), ("process", "b2")),
        (("export", asset, "--format", "jsonl", "--to", tmp_path / "x", "--recipient", "R"),
         ("export", "0" * 64, "--format", "jsonl", "--to", tmp_path / "x", "--recipient", "R")),
    ):  # fmt: skip
        one, other = evidence(*there, actor="stranger"), evidence(*not_there, actor="stranger")
        assert (one.code, one.text) == (other.code, other.text) == (2, other.text)
    assert not (tmp_path / "x").exists()


def test_a_stranger_finds_and_counts_nothing(evidence: Evidence, asset: str) -> None:
    assert evidence("search", "aleppo").json["total"] == 1

    empty = evidence("search", "aleppo", actor="stranger").json

    assert empty == {
        "hits": [], "total": 0, "total_is_at_least": False, "unsearchable": {}, "unsearchable_is_at_least": False,
    }  # fmt: skip
    assert evidence("status", actor="stranger").json == {"batches": []}
    assert asset


def test_a_reader_sees_the_finding_but_not_the_source(evidence: Evidence, asset: str) -> None:
    evidence("grant", "reader", "--role", "reader", "--batch", "b1")

    document = evidence("show", asset, actor="reader").json

    acquisition = document["acquisitions"][0]
    assert acquisition["filename"] is None
    assert acquisition["withheld"] == "H-SOURCE-001"
    places = next(one["body"] for one in document["enrichments"] if one["kind"] == "places")
    assert places["claims"][0]["lat"] is None
    assert places["best"] is None
    assert places["withheld"] == "H-SOURCE-001"
    assert "36.199" not in json.dumps(document)
    assert evidence("search", "aleppo", actor="reader").json["total"] == 0


def test_a_grant_over_one_batch_shows_only_the_way_through_it(evidence: Evidence, asset: str, material: Path) -> None:
    evidence("submit", material / "place.jpg", "--batch", "b2", "--provider", "somebody else")
    evidence("grant", "reader", "--permission", "view", "--permission", "source_identifying", "--batch", "b2")

    document = evidence("show", asset, actor="reader").json

    assert [one["batch"] for one in document["acquisitions"]] == ["b2"]


def test_a_grant_taken_back_ends_at_once(evidence: Evidence, asset: str) -> None:
    evidence("grant", "reader", "--role", "reader")
    assert evidence("show", asset, actor="reader").code == 0

    evidence("grant", "reader", "--revoke")

    assert evidence("show", asset, actor="reader").code == 2


def test_an_interview_is_open_to_named_persons_only(evidence: Evidence, tmp_path: Path) -> None:
    file = tone(tmp_path / "talk.wav")
    asset = evidence("submit", file, "--batch", "i1", "--source", "interview").json["items"][0]["asset"]
    evidence("grant", "reader", "--role", "reader")

    assert evidence("show", asset).code == 0
    assert evidence("show", asset, actor="reader").json["error"]["code"] == "E-FIND-001"


def test_what_conditions_forbid_is_held_and_not_done(evidence: Evidence, tmp_path: Path) -> None:
    file = tone(tmp_path / "talk.wav")
    terms = tmp_path / "conditions.json"
    terms.write_text('{"schema": "conditions/1", "process": {"allowed": false}}', encoding="utf-8")
    evidence("submit", file, "--batch", "b1", "--conditions", terms)

    held = evidence("process", "b1")

    assert held.code == 0
    assert held.json["outcomes"]["identify"] == {"held": 1}
    assert held.json["accounted"] == 1

    terms.write_text('{"schema": "conditions/1"}', encoding="utf-8")
    evidence("conditions", "b1", terms, "--reason", "the provider wrote again")

    assert evidence("process", "b1").json["outcomes"]["identify"] == {"done": 1}


def test_material_that_no_machine_may_translate_is_read_and_not_translated(evidence: Evidence, tmp_path: Path) -> None:
    file = tone(tmp_path / "a.wav")
    terms = tmp_path / "conditions.json"
    process = '{"allowed": true, "exclude": ["machine_translation"]}'
    terms.write_text(f'{{"schema": "conditions/1", "process": {process}}}', encoding="utf-8")
    evidence("submit", file, "--batch", "b1", "--conditions", terms)
    outcomes = evidence("process", "b1", "--stages", "identify,probe,extract_audio,translate").json["outcomes"]
    assert outcomes["extract_audio"] == {"done": 1}
    assert outcomes["translate"] == {"held": 1}


def test_an_export_goes_only_to_whom_the_provider_named(evidence: Evidence, tmp_path: Path) -> None:
    terms = tmp_path / "conditions.json"
    terms.write_text('{"schema": "conditions/1", "export_to": ["Court A"]}', encoding="utf-8")
    file = tone(tmp_path / "talk.wav")
    asset = evidence("submit", file, "--batch", "b1", "--conditions", terms).json["items"][0]["asset"]
    evidence("process", "b1")
    here, there = tmp_path / "a", tmp_path / "b"

    allowed = evidence("export", asset, "--format", "jsonl", "--to", here, "--recipient", "Court A")
    denied = evidence("export", asset, "--format", "jsonl", "--to", there, "--recipient", "Court B")

    assert allowed.json["exported"] == [asset]
    line = json.loads((here / "documents.jsonl").read_text(encoding="utf-8"))
    assert line["asset"] == asset
    assert line["acquisitions"][0]["filename"] is None  # a source is never named by default
    assert denied.code == 1
    assert denied.json["withheld"][0]["code"] == "H-EXPORT-001"
    assert not there.exists()


def test_malformed_conditions_stop_the_submission(evidence: Evidence, tmp_path: Path) -> None:
    terms = tmp_path / "conditions.json"
    terms.write_text('{"schema": "conditions/1", "colour": "red"}', encoding="utf-8")

    said = evidence("submit", tone(tmp_path / "t.wav"), "--batch", "b1", "--conditions", terms)

    assert said.code == 2
    assert said.json["error"]["code"] == "E-COND-001"
    assert evidence("status").json == {"batches": []}


def test_names_of_persons_are_withheld_with_the_source(evidence: Evidence, tmp_path: Path) -> None:
    terms = tmp_path / "c.json"
    consent = '{"by": ["Maryam K."], "scope": ["view", "process"]}'
    terms.write_text(f'{{"schema": "conditions/1", "consent": {consent}}}', encoding="utf-8")
    file = tone(tmp_path / "talk.wav")
    asset = evidence("submit", file, "--batch", "b1", "--conditions", terms).json["items"][0]["asset"]
    evidence("grant", "reader", "--role", "reader")

    assert "Maryam" in evidence("show", asset).text
    shown = evidence("show", asset, actor="reader")
    assert shown.code == 0
    assert "Maryam" not in shown.text
    assert shown.json["conditions"]["consent"]["by"] is None


def test_the_ledger_is_for_who_works_with_it(evidence: Evidence, asset: str) -> None:
    evidence("grant", "reader", "--role", "reader")
    evidence("grant", "operator", "--role", "operator")

    assert evidence("status", actor="reader").json == {"batches": []}
    assert evidence("status", "b1", actor="reader").json["error"]["code"] == "E-ACCESS-001"
    assert evidence("status", "b1", actor="stranger").json["error"]["code"] == "E-FIND-002"
    assert evidence("status", "b1", actor="operator").json["items"] == 5
    assert asset


def test_the_name_of_the_founders_id_opens_nothing(evidence: Evidence, asset: str) -> None:
    founder = evidence("people").json["people"][0]["id"]

    assert evidence("show", asset, actor=founder).code == 2


def test_what_was_refused_is_in_the_log(evidence: Evidence, asset: str, home: Path) -> None:
    evidence("show", asset, actor="stranger")
    evidence("submit", home, "--batch", "b9", actor="stranger")

    log = "".join(one.read_text(encoding="utf-8") for one in (home / "vault" / "log" / "segments").iterdir())
    assert '"deny-show"' in log
    assert '"deny-submit"' in log
    assert asset not in log.split('"deny-show"')[1].split("\n")[0]


def test_not_even_the_names_of_withheld_tags_are_told(evidence: Evidence, asset: str) -> None:
    evidence("grant", "reader", "--role", "reader", "--batch", "b1")

    full = next(one["body"] for one in evidence("show", asset).json["enrichments"] if one["kind"] == "probe")
    less = next(
        one["body"] for one in evidence("show", asset, actor="reader").json["enrichments"] if one["kind"] == "probe"
    )

    assert any("GPS" in name for name in full["tags"]["raw"])
    assert not any("GPS" in name for name in json.dumps(less).split('"'))
    assert less["tags"]["raw_withheld"] == len(full["tags"]["raw"]) - len(less["tags"]["raw"])
    assert less["picture"] == full["picture"]


def test_a_grant_reaches_what_is_classified_higher_only_when_it_says_so(evidence: Evidence, tmp_path: Path) -> None:
    terms = tmp_path / "c.json"
    terms.write_text('{"schema": "conditions/1", "classification": "confidential"}', encoding="utf-8")
    file = tone(tmp_path / "talk.wav")
    asset = evidence("submit", file, "--batch", "b1", "--conditions", terms).json["items"][0]["asset"]
    evidence("grant", "one", "--role", "reader")
    evidence("grant", "two", "--role", "reader", "--clearance", "confidential")

    assert evidence("show", asset, actor="one").code == 2
    assert evidence("show", asset, actor="two").code == 0
