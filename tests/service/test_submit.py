"""What was acknowledged survives a crash; what comes twice is two items; nobody learns of others' bytes."""

from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue
from tests.service.conftest import Evidence, tone


def fail(*_args: object, **_kwargs: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_crash_between_register_and_catalogue_is_healed(
    evidence: Evidence, material: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence("people")
    with monkeypatch.context() as broken:
        broken.setattr(Catalogue, "add_items", fail)
        assert evidence("submit", material, "--recursive", "--batch", "b1").json["error"]["code"] == "E-HOST-003"

    items = evidence("submit", material, "--recursive", "--batch", "b1").json["items"]

    assert [one["n"] for one in items] == [1, 2, 3, 4, 5]
    assert evidence("rebuild", "catalogue").json["items"] == 5
    assert evidence("status", "b1").json["items"] == 5


def test_an_interrupted_rebuild_is_never_taken_for_a_full_catalogue(
    evidence: Evidence, processed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evidence("status").text
    with monkeypatch.context() as broken:
        broken.setattr(Catalogue, "add_written", fail)
        assert evidence("rebuild", "catalogue").code == 2

    assert evidence("status").text == before
    assert processed


def test_the_same_path_twice_in_one_call_is_two_items(evidence: Evidence, tmp_path: Path) -> None:
    file = tone(tmp_path / "t.wav")

    first = evidence("submit", file, file, "--batch", "b1").json["items"]
    again = evidence("submit", file, file, "--batch", "b1").json["items"]

    assert [(one["n"], one["outcome"]) for one in first] == [(1, "preserved"), (2, "duplicate")]
    assert again == first
    assert evidence("status", "b1").json["items"] == 2


def test_stricter_conditions_on_the_same_file_are_never_dropped(evidence: Evidence, tmp_path: Path) -> None:
    file, terms = tone(tmp_path / "t.wav"), tmp_path / "c.json"
    terms.write_text('{"schema": "conditions/1", "process": {"allowed": false}}', encoding="utf-8")
    evidence("submit", file, "--batch", "b1")

    evidence("submit", file, "--batch", "b1", "--conditions", terms)

    assert evidence("process", "b1").json["outcomes"]["identify"] == {"held": 2}


def test_links_are_followed_when_asked(evidence: Evidence, tmp_path: Path) -> None:
    tone(tmp_path / "t.wav")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.wav").symlink_to("../t.wav")

    plain = evidence("submit", tmp_path / "folder", "--recursive", "--batch", "b1").json["items"][0]
    followed = evidence("submit", tmp_path / "folder", "--recursive", "--follow", "--batch", "b1").json["items"][0]

    assert (plain["outcome"], plain["code"]) == ("refused", "E-SUBMIT-005")
    assert followed["outcome"] == "preserved"
    assert followed["path"].endswith("/folder/link.wav")


def test_a_manifest_with_a_wrong_source_stops_before_anything_is_written(evidence: Evidence, tmp_path: Path) -> None:
    tone(tmp_path / "t.wav")
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,source,received_at\nt.wav,youtube,yesterday\n", encoding="utf-8")

    said = evidence("submit", "--manifest", manifest, "--batch", "b1")

    assert said.json["error"]["code"] == "E-SUBMIT-008"
    assert "youtube" in said.json["error"]["reason"]
    assert "received_at" in said.json["error"]["reason"]
    assert evidence("status").json == {"batches": []}


def test_an_interview_in_a_manifest_keeps_the_terms_of_an_interview(evidence: Evidence, tmp_path: Path) -> None:
    tone(tmp_path / "t.wav")
    manifest, terms = tmp_path / "m.csv", tmp_path / "c.json"
    manifest.write_text("path,source\nt.wav,interview\n", encoding="utf-8")
    terms.write_text('{"schema": "conditions/1", "caveats": ["handle with care"]}', encoding="utf-8")
    items = evidence("submit", "--manifest", manifest, "--conditions", terms, "--batch", "b1").json["items"]
    evidence("grant", "reader", "--role", "reader")

    assert evidence("show", items[0]["asset"], actor="reader").code == 2
    assert evidence("show", items[0]["asset"]).code == 0


def test_whether_bytes_came_before_is_told_only_to_who_may_know(
    evidence: Evidence, material: Path, processed: dict[str, str]
) -> None:
    evidence("grant", "sender", "--permission", "submit", "--batch", "mine")
    evidence("grant", "both", "--role", "reader", "--batch", "b1")
    evidence("grant", "both", "--permission", "submit", "--batch", "ours")

    blind = evidence("submit", material / "tone.wav", material / "tone.wav", "--batch", "mine", actor="sender").json
    seeing = evidence("submit", material / "tone.wav", "--batch", "ours", actor="both").json

    assert blind["items"][0]["asset"] == processed["tone.wav"]
    assert [one["outcome"] for one in blind["items"]] == ["preserved", "duplicate"]
    assert [one["outcome"] for one in seeing["items"]] == ["duplicate"]


def test_a_very_deep_folder_is_walked(evidence: Evidence, tmp_path: Path) -> None:
    deep = tmp_path / "d"
    for _ in range(400):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "f").write_text("x", encoding="utf-8")

    said = evidence("submit", tmp_path / "d", "--recursive", "--batch", "b1")

    assert said.json["totals"] == {"preserved": 1}
