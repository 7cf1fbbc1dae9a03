"""Manifests of truths: everything that is wrong is named at once, and nothing is measured on half of one."""

import json
from pathlib import Path

import pytest

from pipeline.errors import Refused
from pipeline.usecases.truths import read_truths


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    file = tmp_path / "a.wav"
    file.write_bytes(b"RIFF")
    return file


def test_a_table_of_truths(clip: Path) -> None:
    sheet = clip.with_name("t.csv")
    sheet.write_text("path,language,text\na.wav,fr,Le numéro\n", encoding="utf-8")
    assert read_truths(sheet, "speech") == [{"path": str(clip), "language": "fr", "text": "Le numéro"}]


def test_everything_that_is_wrong_is_named(clip: Path) -> None:
    sheet = clip.with_name("t.csv")
    sheet.write_text("path,lat,lon,weather\nb.wav,1,2,x\na.wav,36.2,,x\na.wav,north,1,x\na.wav,1\n", encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read_truths(sheet, "place")
    assert caught.value.code == "E-EVAL-001"
    for fault in (
        "'weather' is unknown",
        "row 2: 'path'",
        "row 3: 'lat' and 'lon'",
        "row 4: 'lat'",
        "row 5: has another",
    ):
        assert fault in caught.value.reason


def test_of_a_manifest_of_media_only_what_bears_on_the_measure_is_taken(clip: Path) -> None:
    files = [
        {"path": "a.wav", "category": "speech", "ground_truth": {"language": "de", "transcript": "Guten Tag"}},
        {"path": "a.wav", "category": "speech", "ground_truth": {"no_speech": True}},
        {"path": "gone.jpg", "category": "photo_exif", "ground_truth": {"gps": {"lat": 0.0, "lon": 0.0}}},
    ]
    manifest = clip.with_name("MANIFEST.json")
    manifest.write_text(json.dumps({"files": files}), encoding="utf-8")
    told = read_truths(manifest, "speech")
    assert [(one.get("language"), one.get("text")) for one in told] == [("de", "Guten Tag"), ("none", None)]
    with pytest.raises(Refused, match="row 3: 'path'"):
        read_truths(manifest, "place")


@pytest.mark.parametrize("text", ["", "{", '{"files": 3}', "path\n"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "m"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused):
        read_truths(file, "text")
