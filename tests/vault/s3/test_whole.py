"""The whole line on a vault in a bucket, as its commands show it."""

import json
from pathlib import Path

import pytest

from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.plugins.s3 import Store
from tests.service.conftest import Evidence, evidence, tone

__all__ = ["evidence"]
pytestmark = pytest.mark.slow


@pytest.fixture
def settings(place: Place, s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "VAULT_S3": place.url, "S3_ENDPOINT": s3.endpoint, "S3_REGION": "us-east-1", "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "a-secret",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"EVIDENCE_{name}", value)


@pytest.mark.usefixtures("settings")
def test_from_submission_to_rebuilding(evidence: Evidence, place: Place, tmp_path: Path) -> None:
    tone(tmp_path / "tone.wav")
    (tmp_path / "note.txt").write_text("what was written")
    said = evidence("submit", tmp_path / "tone.wav", tmp_path / "note.txt", "--batch", "b")
    assert said.code == 0, said.complaint
    assert said.json["totals"] == {"preserved": 2}
    done = evidence("process", "b")
    assert done.json["accounted"] == done.json["items"] == 2, done.complaint
    assets = [one["asset"] for one in said.json["items"]]
    before = [evidence("show", one).json for one in assets]
    audit = evidence("audit")
    assert (audit.code, audit.json["findings"]) == (0, []), audit.text
    rebuilt = evidence("rebuild", "catalogue")
    assert rebuilt.code == 0, rebuilt.complaint
    assert [evidence("show", one).json for one in assets] == before
    assert evidence("verify-log").code == 0

    names = {one.name for one in Bucket(place).keys()}  # noqa: SIM118 - a bucket is no dictionary
    assert {one.partition("/")[0] for one in names} >= {"vault.json", "objects", "registers", "log"}
    home = tmp_path / "home" / "vault"
    assert not [one for one in (home / "objects").rglob("*") if one.name == "original"]
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"a-secret" in one.read_bytes()]

    for part in (home / "s3.json",):
        assert json.loads(part.read_bytes()) == {"s3": place.url}


@pytest.mark.usefixtures("settings")
def test_without_its_setting_it_is_not_taken_for_an_empty_one(
    evidence: Evidence,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tone(tmp_path / "tone.wav")
    assert evidence("submit", tmp_path / "tone.wav", "--batch", "b").code == 0
    monkeypatch.delenv("EVIDENCE_VAULT_S3")
    said = evidence("status", "b")
    assert said.code != 0
    assert "E-S3-005" in said.text + said.complaint
