"""A batch goes through the whole line, reconciles, repeats without a trace, and is rebuilt from the vault."""

import shutil
from pathlib import Path

import pytest

from tests.service.conftest import Evidence, vault_bytes

ORDER = ("double.wav", "empty.mp4", "note.txt", "place.jpg", "tone.wav")


def test_every_item_is_answered_in_order_and_doubles_are_linked(evidence: Evidence, material: Path) -> None:
    said = evidence("submit", material, "--recursive", "--batch", "b1")

    items = said.json["items"]
    assert said.code == 0
    assert [Path(one["path"]).name for one in items] == list(ORDER)
    assert [one["outcome"] for one in items] == ["preserved"] * 4 + ["duplicate"]
    assert items[0]["asset"] == items[4]["asset"]
    assert said.json["totals"] == {"preserved": 4, "duplicate": 1}


def test_submitting_again_adds_only_what_is_new(evidence: Evidence, material: Path) -> None:
    first = evidence("submit", material, "--recursive", "--batch", "b1").json
    (material / "zz.txt").write_text("later", encoding="utf-8")

    second = evidence("submit", material, "--recursive", "--batch", "b1").json

    assert second["items"][:5] == first["items"]
    assert second["items"][5]["n"] == 6
    assert evidence("status", "b1").json["items"] == 6


def test_outcomes_add_up_and_are_honest(evidence: Evidence, processed: dict[str, str]) -> None:
    said = evidence("process", "b1")

    status = said.json
    assert said.code == 1  # the empty file is a finding
    assert status["items"] == status["accounted"] == 5
    for stage, counts in status["outcomes"].items():
        assert sum(counts.values()) + status["pending"][stage] == 5, stage
    assert status["outcomes"]["identify"] == {"done": 4, "refused": 1}
    assert status["outcomes"]["speech"] == {"empty": 2, "not_applicable": 2, "refused": 1}
    assert status["outcomes"]["geolocate"] == {"done": 1, "empty": 2, "not_applicable": 1, "refused": 1}
    assert status["failures"] == [
        {"n": 2, "asset": processed["empty.mp4"], "stage": "identify", "code": "E-MEDIA-001",
         "reason": "the file has no bytes"}
    ]  # fmt: skip


@pytest.mark.slow
def test_a_refused_picture_is_one_failure_however_many_stages_repeat_it(evidence: Evidence, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"no chunk at all" * 20)
    evidence("submit", tmp_path / "broken.png", "--batch", "b1")
    status = evidence("process", "b1").json
    assert status["outcomes"]["translate"] == {"refused": 1}
    assert [(one["stage"], one["code"]) for one in status["failures"]] == [("probe", "E-MEDIA-002")]
    rebuilt = evidence("rebuild", "catalogue")
    assert rebuilt.code == 0
    assert evidence("status", "b1").json["failures"] == status["failures"]


def test_a_second_run_leaves_no_trace(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    before = vault_bytes(home)

    evidence("process", "b1")

    assert vault_bytes(home) == before
    assert len(processed) == 5


def test_doing_all_again_says_the_same(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    before = evidence("show", processed["tone.wav"]).json
    versions = vault_bytes(home)

    evidence("process", "b1", "--redo", "all")

    after = evidence("show", processed["tone.wav"]).json
    assert after == before
    assert all(one["flags"] == [] for one in after["enrichments"])
    assert vault_bytes(home) == versions


def test_what_is_lost_is_rebuilt_byte_for_byte(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    shown = {name: evidence("show", asset).text for name, asset in processed.items()}
    found = evidence("search", "aleppo").text
    status = evidence("status").text
    for entry in home.iterdir():
        if entry.name not in {"vault", "models.lock"}:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    evidence("rebuild", "catalogue")
    evidence("rebuild", "index")

    assert {name: evidence("show", asset).text for name, asset in processed.items()} == shown
    assert evidence("search", "aleppo").text == found
    assert evidence("status").text == status
    assert '"total": 1' in found


def test_a_lost_index_never_answers_for_a_full_vault(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    before = evidence("search", "aleppo").json
    for file in home.glob("index*"):
        file.unlink()

    assert evidence("search", "aleppo").json == before
    assert before["hits"][0]["asset"] == processed["place.jpg"]


def test_position_is_found_and_named(evidence: Evidence, processed: dict[str, str]) -> None:
    document = evidence("show", processed["place.jpg"][:12]).json

    places = next(one["body"] for one in document["enrichments"] if one["kind"] == "places")
    claim = places["claims"][0]
    assert claim["source"] == "exif"
    assert abs(claim["lat"] - 36.1991) < 1e-4
    assert abs(claim["lon"] - 37.1627) < 1e-4
    assert claim["name"] == "Aleppo"


def test_the_vault_and_its_log_are_whole(evidence: Evidence, processed: dict[str, str]) -> None:
    audit, log = evidence("audit", "--full"), evidence("verify-log")

    assert (audit.code, log.code) == (0, 0)
    assert audit.json["checked"] >= len(set(processed.values()))
    assert log.json["entries"] > 0


def test_only_chosen_stages_run_and_the_rest_stays_pending(evidence: Evidence, material: Path) -> None:
    evidence("submit", material, "--recursive", "--batch", "b1")

    status = evidence("process", "b1", "--stages", "identify,probe").json

    assert status["pending"]["probe"] == 0
    assert status["pending"]["speech"] == 5
    assert status["accounted"] == 0


@pytest.mark.parametrize("where", ["registers", "log/segments", "objects"])
def test_damage_anywhere_is_a_finding(evidence: Evidence, home: Path, processed: dict[str, str], where: str) -> None:
    files = [one for one in (home / "vault" / where).rglob("*") if one.is_file() and one.stat().st_size > 200]
    victim = max(files, key=lambda one: one.suffix == ".jsonl")
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.chmod(0o600)
    victim.write_bytes(data)

    said = evidence("audit", "--full")

    assert said.code == 1
    named = str(victim.relative_to(home / "vault"))
    assert named in [one["path"] for one in said.json["findings"]]
    assert processed


@pytest.mark.parametrize("gone", ["vault.json", "log", "objects", "registers"])
def test_what_vanished_as_a_whole_is_a_finding(
    evidence: Evidence, home: Path, processed: dict[str, str], gone: str
) -> None:
    victim = home / "vault" / gone
    shutil.rmtree(victim) if victim.is_dir() else victim.unlink()

    said = evidence("audit", "--full")

    assert said.code == 1
    assert any(one["path"].startswith(gone) for one in said.json["findings"])
    if gone == "vault.json":
        assert evidence("people").json["error"]["code"] == "E-VAULT-003"
        assert not victim.exists()
    assert processed


def test_a_vanished_batch_is_named(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    register = next(one for one in (home / "vault" / "registers").rglob("*batch*b1*") if one.is_dir())
    shutil.rmtree(register)

    findings = evidence("audit", "--full").json["findings"]

    assert str(register.relative_to(home / "vault")) in [one["path"] for one in findings]
    assert processed


def test_a_look_is_signed_for(evidence: Evidence, home: Path, processed: dict[str, str]) -> None:
    evidence("show", processed["tone.wav"])
    segments = sorted((home / "vault" / "log" / "segments").rglob("*.jsonl"), key=lambda one: one.stat().st_mtime_ns)
    last = segments[-1].read_bytes().splitlines(keepends=True)
    segments[-1].chmod(0o600)
    segments[-1].write_bytes(b"".join(last[:-2]))  # the look, and that it was signed for

    assert evidence("verify-log").code == 1
