"""Reviews in a vault in a bucket: kept and rebuilt as anywhere; what cannot be erased there is shown to nobody."""

from pathlib import Path

import pytest

from tests.commands.conftest import State, segment, spoken
from tests.plugins.s3 import Store
from tests.service.conftest import Evidence

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _settings(s3: Store, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    place = request.getfixturevalue("place")
    for name, value in {
        "VAULT_S3": place.url, "S3_ENDPOINT": s3.endpoint, "S3_REGION": "us-east-1", "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "a-secret",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"EVIDENCE_{name}", value)


def test_what_was_said_of_a_disposed_asset_counts_no_more(
    evidence: Evidence, assets: list[str], state: State, tmp_path: Path
) -> None:
    one = state(assets[0], spoken(segment(0, "they cam")))
    evidence("judge", assets[0], "--enrichment", one, "confirm", "--reason", "heard")
    assert len(evidence("judgements", assets[0]).json["judgements"]) == 1
    gone = evidence("dispose", assets[0], "--reason", "ordered", "--confirm", assets[0])
    assert gone.code == 0, gone.text
    evidence("submit", tmp_path / "one.txt", "--batch", "b2")
    state(assets[0], spoken(segment(0, "they cam")))
    evidence("rebuild", "catalogue")
    listed = evidence("judgements", assets[0]).json
    assert (listed["judgements"], len(listed["void"])) == ([], 1)
