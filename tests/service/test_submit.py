"""What was acknowledged survives a crash; what comes twice is two items; nobody learns of others' bytes."""

import os
import shutil
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue
from pipeline.catalogue.beside import Beside
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
        broken.setattr(Beside, "check", fail)
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
    manifest.write_text("path,source,collected_at\nt.wav,youtube,yesterday\n", encoding="utf-8")

    said = evidence("submit", "--manifest", manifest, "--batch", "b1")

    assert said.json["error"]["code"] == "E-SUBMIT-008"
    assert "youtube" in said.json["error"]["reason"]
    assert "collected_at" in said.json["error"]["reason"]
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


@pytest.mark.parametrize("name", ["", "a\nb", "any", "custodian:x", "p-abcd", "x" * 3000])
def test_a_name_that_nobody_can_bear_is_refused_before_it_is_written(evidence: Evidence, name: str) -> None:
    before = evidence("people").json

    said = evidence("grant", name, "--role", "reader")

    assert (said.code, said.json["error"]["code"]) == (2, "E-CONF-009")
    assert evidence("people").json == before


@pytest.mark.parametrize("argv", [("submit", "x", "--batch", "b", "--provider", "\udcff"), ("search", "\udcff")])
def test_what_is_no_text_is_refused(evidence: Evidence, argv: tuple[str, ...]) -> None:
    assert evidence(*argv).json["error"]["code"] == "E-CONF-009"


def test_nobody_becomes_custodian_of_a_vault_that_lost_its_register(
    evidence: Evidence, home: Path, processed: dict[str, str]
) -> None:
    register = next(one for one in (home / "vault" / "registers").rglob("*people*") if one.is_dir())
    shutil.rmtree(register)

    said = evidence("show", processed["tone.wav"], actor="mallory")

    assert (said.code, said.json["error"]["code"]) == (2, "E-VAULT-003")
    assert evidence("people", actor="mallory").json["error"]["code"] == "E-VAULT-003"
    assert not register.exists()
    assert evidence("audit", actor="mallory").code == 1


def test_nobody_else_on_the_host_may_look_into_a_home(evidence: Evidence, home: Path) -> None:
    evidence("people")

    assert home.stat().st_mode & 0o077 == 0


def test_a_pipe_as_a_manifest_does_not_block(evidence: Evidence, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    said = evidence("submit", "--manifest", tmp_path / "pipe", "--batch", "b")

    assert said.json["error"]["code"] == "E-SUBMIT-008"


def test_a_path_through_a_link_is_recorded_where_it_leads(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "real" / "f").write_text("x", encoding="utf-8")
    (tmp_path / "lk").symlink_to("real/sub")

    item = evidence("submit", tmp_path / "lk" / ".." / "f", "--batch", "b").json["items"][0]

    assert item["path"] == str(tmp_path.resolve() / "real" / "f")


def test_stages_without_their_inputs_leave_everything_pending(evidence: Evidence, tmp_path: Path) -> None:
    evidence("submit", tone(tmp_path / "t.wav"), "--batch", "b")

    status = evidence("process", "b", "--stages", "transcribe").json

    assert set(status["pending"].values()) == {1}
    assert evidence("process", "b", "--stages", ",").json["error"]["code"] == "E-CONF-009"


def test_silence_is_no_other_statement_but_another_provider_is(evidence: Evidence, tmp_path: Path) -> None:
    file = tone(tmp_path / "t.wav")
    evidence("submit", file, "--batch", "b", "--provider", "A", "--url", "https://e.example/1")

    silent = evidence("submit", file, "--batch", "b").json["items"][0]["n"]
    other = evidence("submit", file, "--batch", "b", "--provider", "B").json["items"][0]["n"]

    assert (silent, other) == (1, 2)
