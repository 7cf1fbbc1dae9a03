"""Replicas through the command line: kept up, looked at, and asked for a part or all of a vault."""

import json
import shutil
from pathlib import Path

import pytest

from tests.service.conftest import Evidence, vault_bytes

pytestmark = pytest.mark.slow  # every command opens a home


@pytest.fixture
def replica(processed: dict[str, str], tmp_path: Path, evidence: Evidence) -> Path:
    """A replica of a processed home."""
    assert processed
    done = evidence("replicate", "--to", tmp_path / "replica")
    assert done.code == 0
    return tmp_path / "replica"


def one(path: Path, asset: str) -> Path:
    (found,) = path.glob(f"vault/objects/*/*/*/*{asset}/v1/content/original")
    return found


def spoil(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"other" + path.read_bytes())


def said(evidence: Evidence, assets: dict[str, str]) -> list[str]:
    shown = [evidence("show", asset).text for asset in sorted(set(assets.values()))]
    return [*shown, evidence("status").text, evidence("search", "aleppo").text]


def entries(home: Path) -> list[dict[str, object]]:
    """Return what the log says, in no order."""
    files = (home / "vault/log/segments").glob("*.jsonl")
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def test_it_is_kept_up_and_told(
    evidence: Evidence, home: Path, processed: dict[str, str], replica: Path, tmp_path: Path
) -> None:
    (again,) = evidence("replicate", "--to", replica).json["replicas"]
    assert (again["versions"], again["bytes"], again["lag"], again["findings"]) == (0, 0, 0, [])
    (tmp_path / "new.txt").write_text("what came later")
    evidence("submit", tmp_path / "new.txt", "--batch", "b2")
    (standing,) = evidence("replicate", "--to", replica, "--status").json["replicas"]
    assert standing["reachable"]
    assert standing["lag"]["checkpoints"] > 0
    assert standing["lag"]["bytes"] > 1000
    (later,) = evidence("replicate", "--to", replica, "--verify", "--full").json["replicas"]
    assert later["versions"] == 3  # the asset, and its batch: begun, then filled
    assert later["verified"]["mended"] == 0
    assert later["verified"]["objects"] > len(set(processed.values()))
    noted = [entry for entry in entries(home) if entry["act"] == "replicate"]
    assert len(noted) == 3
    assert str(tmp_path) not in json.dumps(noted)
    assert evidence("audit").code == 0


def test_damage_is_repaired_and_let_out_of_quarantine(
    evidence: Evidence, home: Path, processed: dict[str, str], replica: Path
) -> None:
    bad, gone = processed["tone.wav"], processed["note.txt"]
    before, answers = vault_bytes(home), said(evidence, processed)
    spoil(one(home, bad))
    shutil.rmtree(one(home, gone).parents[2])
    assert evidence("audit").code == 1
    assert {found["asset"] for found in evidence("quarantine", "list").json["quarantine"]} == {bad, gone}
    done = evidence("recover", "--from", replica)
    assert (done.code, done.json["findings"], done.json["objects"]) == (0, [], 2)
    assert set(done.json["released"]) == {bad, gone}
    (kept,) = done.json["kept_aside"]
    assert (home / "vault" / kept).read_bytes().startswith(b"other")
    after = vault_bytes(home)
    assert {name: after[name] for name in before} == before
    assert evidence("audit").json["findings"] == []
    assert said(evidence, processed) == answers
    repaired = {str(entry["subject"]) for entry in entries(home) if entry["act"] == "vault.repair"}
    assert repaired == {f"urn:evidence:asset:{asset}" for asset in (bad, gone)}


@pytest.mark.parametrize("what", ["vault.json", "registers", "log"])
def test_a_vault_that_cannot_be_opened_any_more(
    evidence: Evidence, home: Path, processed: dict[str, str], replica: Path, what: str
) -> None:
    answers = said(evidence, processed)
    path = home / "vault" / what
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = evidence("recover", "--from", replica)
    assert (done.code, done.json["findings"]) == (0, [])
    assert evidence("audit").json["findings"] == []
    assert evidence("verify-log").code == 0
    assert said(evidence, processed) == answers


def test_all_is_lost_but_replica_and_keys(
    evidence: Evidence, home: Path, processed: dict[str, str], replica: Path
) -> None:
    answers, before = said(evidence, processed), vault_bytes(home)
    digests = [evidence("rebuild", what).json["digest"] for what in ("catalogue", "index")]
    lock = (home / "models.lock").read_bytes()
    shutil.rmtree(home)
    done = evidence("recover", "--from", replica)
    assert (done.code, done.json["restored"]["complete"], done.json["restored"]["findings"]) == (0, True, [])
    (home / "models.lock").write_bytes(lock)
    assert vault_bytes(home) == before
    assert [evidence("rebuild", what).json["digest"] for what in ("catalogue", "index")] == digests
    assert said(evidence, processed) == answers
    assert evidence("audit").json["findings"] == []
    assert [entry["act"] for entry in entries(home)].count("vault.restore") == 1
    assert evidence("replicate", "--to", replica).code == 0


def test_another_vaults_home_is_left_alone(
    evidence: Evidence, home: Path, replica: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_HOME", str(tmp_path / "another"))
    assert evidence("status").code == 0
    before = vault_bytes(tmp_path / "another")
    done = evidence("recover", "--from", replica)
    assert (done.code, done.json["error"]["code"]) == (2, "E-REPLICA-006")
    assert evidence("replicate", "--to", replica).json["error"]["code"] == "E-REPLICA-001"
    assert vault_bytes(tmp_path / "another") == before
    assert home.exists()


def test_all_that_the_settings_name_and_one_that_fails(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path
) -> None:
    assert processed
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letters.txt").write_text("mine")
    places = [str(tmp_path / "taken"), str(tmp_path / "first"), str(tmp_path / "second")]
    (tmp_path / "settings.toml").write_text(f"replicas = {json.dumps(places)}\n")
    done = evidence("replicate")
    assert done.code == 1
    assert [told["error"] and told["error"]["code"] for told in done.json["replicas"]] == ["E-REPLICA-001", None, None]
    for name in ("first", "second"):
        assert evidence("verify-log", "--copy", tmp_path / name, "--sealed").code == 0
    assert [told["lag"] is None for told in evidence("replicate", "--status").json["replicas"]] == [True, False, False]


def test_who_may_not_is_refused(evidence: Evidence, home: Path, replica: Path) -> None:
    before = vault_bytes(home)
    for command in (("replicate", "--to", replica), ("replicate", "--status"), ("recover", "--from", replica)):
        assert evidence(*command, actor="passer-by").json["error"]["code"] == "E-ACCESS-001"
    assert vault_bytes(home) == before


@pytest.mark.parametrize("where", ["home/vault/copies", "home/vault", "home"])
def test_a_replica_does_not_lie_in_its_vault(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path, where: str
) -> None:
    assert processed
    assert evidence("replicate", "--to", tmp_path / where).json["error"]["code"] == "E-REPLICA-001"
    assert evidence("audit").json["findings"] == []


def test_without_a_place_it_says_what_to_do(evidence: Evidence, processed: dict[str, str]) -> None:
    assert processed
    error = evidence("replicate").json["error"]
    assert (error["code"], "--to" in error["next"]) == ("E-CONF-001", True)
