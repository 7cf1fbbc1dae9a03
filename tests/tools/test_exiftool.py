import json
import subprocess
from pathlib import Path

import pytest

from pipeline.core.canonical import canonical
from pipeline.tools import Tools


def test_the_position_of_a_photograph(tools: Tools, testdata: Path) -> None:
    tags = tools.metadata(testdata / "hostile/gps_aleppo_known.jpg")
    assert tags["Composite:GPSLatitude"] == pytest.approx(36.2, abs=0.1)
    assert tags["Composite:GPSLongitude"] == pytest.approx(37.15, abs=0.1)


def test_nothing_of_this_host_is_among_the_tags(tools: Tools, testdata: Path) -> None:
    tags = tools.metadata(testdata / "photo_exif/ia_DSCN0010.jpg")
    assert tags["IFD0:Make"] == "NIKON"
    assert not [key for key in tags if key.startswith("System:") or key in {"SourceFile", "ExifTool:ExifToolVersion"}]
    assert "/in/media" not in json.dumps(tags)


def test_it_agrees_with_exiftool_run_by_hand(tools: Tools, testdata: Path) -> None:
    photo = testdata / "photo_exif/me_Apple_iPhone_4.jpg"
    command = ["exiftool", "-json", "-G1", "-n", "-IFD0:all", str(photo)]
    by_hand = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)[0]
    tags = tools.metadata(photo)
    for key in ("IFD0:Make", "IFD0:Model", "IFD0:Orientation", "IFD0:ModifyDate"):
        assert tags[key] == by_hand[key]


def test_hostile_text_is_kept_as_text(tools: Tools, testdata: Path) -> None:
    tags = tools.metadata(testdata / "hostile/php_in_exif.jpg")
    assert any("<?php" in str(value) for value in tags.values())
    canonical(tags)


def test_a_file_without_tags_says_why(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert "empty" in tools.metadata(tmp_path / "x")["ExifTool:Error"]


def test_a_configuration_beside_the_media_is_not_run(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ExifTool_config").write_text(f"system('touch {tmp_path}/PWNED');1;")
    (tmp_path / "x.txt").write_text("hello")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert tools.metadata(tmp_path / "x.txt")["File:FileType"] == "TXT"
    assert not (tmp_path / "PWNED").exists()


def test_fixes_are_read_sample_by_sample_and_nothing_else(tools: Tools, testdata: Path) -> None:
    told = tools.track(testdata / "video/gopro_karma.mp4")
    assert (told["Doc1:GPSLatitude"], told["Doc1:GPSLongitude"]) == (33.1253807, -117.3310746)
    assert told["Doc12:SampleTime"] == pytest.approx(11.011)
    assert {key.partition(":")[0][:3] for key in told} == {"Doc"}


def test_a_file_without_timed_metadata_has_no_track(tools: Tools, testdata: Path) -> None:
    assert not [key for key in tools.track(testdata / "video/made_vfr.mp4") if "GPS" in key]
