"""Evaluation as a command: one's own truths in, figures out, and nothing of it in the vault."""

from pathlib import Path

import pytest

from tests.service.conftest import Evidence, vault_bytes

pytestmark = pytest.mark.slow


def truths(material: Path, *rows: str) -> Path:
    """Write a table of truths beside the material."""
    (material / "truths.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return material / "truths.csv"


def test_positions_are_measured_and_the_vault_never_hears_of_them(
    evidence: Evidence, home: Path, processed: dict[str, str], material: Path
) -> None:
    before = vault_bytes(home)
    manifest = truths(material, "path,lat,lon", "place.jpg,36.1991,37.1627", "tone.wav,,", "note.txt,,")

    said = evidence("evaluate", "place", "--manifest", manifest)

    assert said.code == 0
    assert (said.json["items"], said.json["positions"], said.json["within_1e-4_degrees"]) == (3, 1, 1)
    assert said.json["metres"]["largest"] < 1
    assert said.json["no_position"] == {"files": 2, "with_claims": 0}
    assert vault_bytes(home) == before
    assert evidence("status").json["batches"][0]["batch"] == "b1"
    assert not list((home / "scratch").glob("evaluation-*"))
    assert len(processed) == 5


def test_where_nobody_speaks_a_word_would_be_invented(evidence: Evidence, material: Path) -> None:
    said = evidence("evaluate", "speech", "--manifest", truths(material, "path,language", "tone.wav,none"))
    assert said.json["no_speech"] == {"files": 1, "files_with_words": 0, "words_invented": 0}


def test_a_wrong_table_is_named_row_by_row(evidence: Evidence, material: Path) -> None:
    said = evidence("evaluate", "place", "--manifest", truths(material, "path,lat,lon", "gone.jpg,1,2", "tone.wav,1,"))
    assert said.code == 2
    assert said.json["error"]["code"] == "E-EVAL-001"
    assert "row 2: 'path' names no file" in said.json["error"]["reason"]
    assert "row 3: 'lat' and 'lon'" in said.json["error"]["reason"]
