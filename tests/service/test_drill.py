"""Everything is lost but a replica and the keys: the same answers come back, and it is told how long that took."""

import shutil
from pathlib import Path

import pytest

from tests.service.conftest import Evidence, vault_bytes

pytestmark = pytest.mark.slow

STEPS = ["restore", "open", "catalogue", "index", "search"]


@pytest.fixture
def replica(home: Path, processed: dict[str, str], tmp_path: Path) -> Path:
    assert processed
    return Path(shutil.copytree(home / "vault", tmp_path / "replica"))


def said(evidence: Evidence, assets: dict[str, str]) -> list[str]:
    shown = [evidence("show", one).text for one in sorted(set(assets.values()))]
    return [*shown, evidence("status").text, evidence("search", "aleppo").text]


def test_the_disaster_itself(evidence: Evidence, home: Path, replica: Path, processed: dict[str, str]) -> None:
    """What the runbook says, step by step, on the real home."""
    answers, lock = said(evidence, processed), (home / "models.lock").read_bytes()
    digests = [evidence("rebuild", what).json["digest"] for what in ("catalogue", "index")]
    shutil.rmtree(home)

    shutil.copytree(replica, home / "vault")
    (home / "models.lock").write_bytes(lock)
    again = [evidence("rebuild", what).json["digest"] for what in ("catalogue", "index")]

    assert again == digests
    assert said(evidence, processed) == answers
    assert evidence("audit", "--full").code == 0
    assert evidence("verify-log").code == 0


def test_a_drill_gives_identical_digests_and_changes_nothing(
    evidence: Evidence, home: Path, replica: Path, processed: dict[str, str], tmp_path: Path
) -> None:
    answers, before, kept = said(evidence, processed), vault_bytes(home), vault_bytes(replica.parent)

    done = evidence("drill", "--replica", replica, "--in", tmp_path / "room")

    told = done.json
    assert done.code == 0
    assert told["same"] is True
    assert sorted(told["digests"]) == ["catalogue", "index", "search", "show", "status"]
    assert all(one["restored"] == one["live"] for one in told["digests"].values())
    assert len({one["live"] for one in told["digests"].values()}) == 5
    assert list(told["seconds"]) == STEPS
    assert told["seconds_to_first_search"] == pytest.approx(sum(told["seconds"].values()), abs=0.01)
    assert (told["assets"], told["batches"]) == (4, 1)
    assert told["found"] > 0
    assert said(evidence, processed) == answers
    assert (vault_bytes(home), vault_bytes(replica.parent)) == (before, kept)
    assert list((tmp_path / "room").iterdir()) == []
    assert evidence("verify-log").code == 0


def test_a_drill_where_nothing_lives_any_more(evidence: Evidence, home: Path, replica: Path, tmp_path: Path) -> None:
    shutil.rmtree(home)

    told = evidence("drill", "--replica", replica, "--in", tmp_path / "room").json

    assert told["same"] is None
    assert told["found"] > 0
    assert not home.exists()


def test_a_replica_that_is_behind_does_not_pass(
    evidence: Evidence, replica: Path, material: Path, tmp_path: Path
) -> None:
    evidence("submit", material / "tone.wav", "--batch", "later")

    done = evidence("drill", "--replica", replica, "--in", tmp_path / "room")

    digests = done.json["digests"]
    assert (done.code, done.json["same"]) == (1, False)
    assert digests["catalogue"]["restored"] != digests["catalogue"]["live"]
    assert digests["index"]["restored"] == digests["index"]["live"]


def test_a_replica_that_lacks_something_does_not_pass(
    evidence: Evidence, replica: Path, processed: dict[str, str], tmp_path: Path
) -> None:
    shutil.rmtree(next(replica.glob(f"objects/*/*/*/*{processed['place.jpg']}")))

    done = evidence("drill", "--replica", replica, "--in", tmp_path / "room")

    assert (done.code, done.json["error"]["code"]) == (2, "E-VAULT-003")
    assert list((tmp_path / "room").iterdir()) == []


def test_what_is_no_replica_is_refused(evidence: Evidence, processed: dict[str, str], tmp_path: Path) -> None:
    assert processed
    assert evidence("drill", "--replica", tmp_path).json["error"]["code"] == "E-CONF-009"


def test_only_who_may_audit_may_bring_evidence_back(
    evidence: Evidence, home: Path, replica: Path, tmp_path: Path
) -> None:
    evidence("grant", "reader", "--role", "reader")
    place = ("--in", tmp_path / "room")
    assert evidence("drill", "--replica", replica, *place, actor="reader").json["error"]["code"] == "E-ACCESS-001"

    shutil.rmtree(home)  # the replica itself says who may

    assert evidence("drill", "--replica", replica, *place, actor="mallory").json["error"]["code"] == "E-ACCESS-001"
    assert list((tmp_path / "room").iterdir()) == []
