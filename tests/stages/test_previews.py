"""Previews: what they show, and that nothing else of the original is in them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.core.model import Enrichment, Outcome
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow


def previews(line: Line, file: Path) -> Enrichment:
    return line.run(file, "previews")["previews"]


def of_role(found: Enrichment, role: str) -> dict[str, Any]:
    return next(dict(one) for one in found.body["previews"] if one["role"] == role)


def file_of(line: Line, found: Enrichment, role: str) -> Path:
    return line.folder / next(one.sha256 for one in found.derivatives if one.role == role)


def tags(file: Path) -> dict[str, Any]:
    """All that exiftool finds, but for what it says of the file and of the pixels' form."""
    command = ["exiftool", "-json", "-G0:1", "-a", "-ee", str(file)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]
    own = ("File:", "Composite:", "ExifTool:", "SourceFile", "JFIF:")
    return {key: value for key, value in answer.items() if not key.startswith(own)}


def streams(file: Path) -> list[dict[str, Any]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(file)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [*answer["streams"], answer["format"]]


def test_a_film(line: Line, testdata: Path) -> None:
    found = previews(line, testdata / "video/made_5_scenes_fr.mp4")
    assert found.outcome is Outcome.DONE
    assert [one["role"] for one in found.body["previews"]] == ["thumbnail", "contact_sheet", "proxy"]
    assert found.body["missing"] == []
    assert all(one.keep for one in found.derivatives)
    with Image.open(file_of(line, found, "thumbnail")) as image:
        assert (image.format, image.size) == ("JPEG", (320, 240))
    assert 3.5 <= of_role(found, "thumbnail")["t"] < 6  # the longest scene


def test_a_contact_sheet_says_when_each_picture_is_shown(line: Line, testdata: Path) -> None:
    done = line.run(testdata / "video/made_5_scenes_fr.mp4", "previews")
    found, shots = done["previews"], done["keyframes"].body["shots"]
    sheet = of_role(found, "contact_sheet")
    assert [cell["t"] for cell in sheet["cells"]] == [shot["t"] for shot in shots]
    with Image.open(file_of(line, found, "contact_sheet")) as image:
        assert image.size == (sheet["width"], sheet["height"])
        picture = np.asarray(image.convert("RGB")).astype(int)
    small = np.load(line.folder / next(d.sha256 for d in done["keyframes"].derivatives if d.role == "looks"))
    for cell in sheet["cells"]:
        left, top, width, height = (
            round(share * side) for share, side in zip(cell["box"], [sheet["width"], sheet["height"]] * 2, strict=True)
        )
        shown = picture[top : top + height, left : left + width].mean(axis=(0, 1))
        assert shown == pytest.approx(small[cell["number"]].mean(axis=(0, 1)), abs=4)


def test_the_proxy_plays_in_browsers(line: Line, testdata: Path) -> None:
    found = previews(line, testdata / "video/made_two_audio_ar_en_subs.mkv")
    file = file_of(line, found, "proxy")
    *seen, whole = streams(file)
    assert [(one["codec_type"], one["codec_name"]) for one in seen] == [
        ("video", "h264"), ("audio", "aac"), ("audio", "aac"),
    ]  # fmt: skip
    assert (seen[0]["pix_fmt"], seen[0]["width"], seen[0]["height"]) == ("yuv420p", 320, 180)
    assert float(whole["duration"]) == pytest.approx(10, abs=0.4)
    data = file.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_large_upright_film_becomes_720_lines(line: Line, tmp_path: Path) -> None:
    """Stored lying, 2560 by 1440 with a quarter turn: shown 720 by 1280."""
    flat, file = tmp_path / "flat.mp4", tmp_path / "x.mp4"
    make = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=2560x1440:d=0.4", "-pix_fmt", "yuv420p", str(flat)]
    subprocess.run(make, check=True, capture_output=True)
    turn = ["ffmpeg", "-v", "error", "-i", str(flat), "-c", "copy", "-metadata:s:v", "rotate=90", str(file)]
    subprocess.run(turn, check=True, capture_output=True)
    found = previews(line, file)
    seen = streams(file_of(line, found, "proxy"))[0]
    assert (seen["width"], seen["height"]) == (720, 1280)
    assert "side_data_list" not in seen


@pytest.mark.parametrize(
    "name",
    [
        "video/made_ar_speech_gps_damascus.mp4",
        "video/me_with-gps.mov",
        "video/gopro_karma.mp4",
        "video/m3_sample_with_chapters.mkv",
        "photo_exif/ia_DSCN0010.jpg",
        "photo_exif/me_exif-at-eof.heic",
        "photo_exif/exifr_png_with_exif_and_gps.png",
        "hostile/gps_aleppo_known.jpg",
    ],
)
def test_no_tag_survives(line: Line, testdata: Path, name: str) -> None:
    """The original has positions, cameras, profiles, chapters; a preview has none, nor any other text."""
    telling = ("GPS", "Make", "Chapter", "Location", "XMP", "UserData", "Keys")
    assert any(word in key for key in tags(testdata / name) for word in telling)
    found = previews(line, testdata / name)
    assert found.outcome is Outcome.DONE
    for one in found.derivatives:
        kept = tags(line.folder / one.sha256)
        if one.media_type == "image/jpeg":
            assert kept == {}
            continue
        assert not [key for key in kept if "GPS" in key or "XMP" in key or "UserData" in key or "Keys" in key]
        *seen, whole = streams(line.folder / one.sha256)
        named = {
            "language",
            "handler_name",
            "vendor_id",
            "major_brand",
            "minor_version",
            "compatible_brands",
            "encoder",
        }
        assert {key for part in (*seen, whole) for key in part.get("tags", {})} <= named
        assert {part["tags"]["handler_name"] for part in seen} <= {"VideoHandler", "SoundHandler"}
        assert {part["tags"].get("encoder", "Lavc libx264") for part in seen} == {"Lavc libx264"}


def test_a_photograph_stands_upright(line: Line, testdata: Path) -> None:
    """Orientation 6, stored 600 wide and 450 high turned; the same scene as the one that needs no turning."""
    small = []
    for name in ("ia_landscape_1.jpg", "ia_landscape_6.jpg"):
        found = previews(line, testdata / "photo_exif" / name)
        assert [one["role"] for one in found.body["previews"]] == ["thumbnail"]
        with Image.open(file_of(line, found, "thumbnail")) as image:
            small.append(np.asarray(image.convert("RGB")).astype(int))
    assert small[0].shape == small[1].shape
    assert np.abs(small[0] - small[1]).mean() < 12


def test_what_browsers_do_not_show_gets_a_larger_picture_too(line: Line, testdata: Path) -> None:
    found = previews(line, testdata / "photo_exif/immich_IMG_2682.heic")
    assert {one["role"]: (one["width"], one["height"]) for one in found.body["previews"]} == {
        "thumbnail": (320, 240), "proxy": (1600, 1200),
    }  # fmt: skip


def test_damaged_material_is_shown_as_far_as_it_goes(line: Line, testdata: Path) -> None:
    found = previews(line, testdata / "hostile/truncated_half.jpg")
    assert found.outcome is Outcome.DONE
    assert found.coverage is not None
    assert found.coverage.partial
    with Image.open(file_of(line, found, "thumbnail")) as image:
        picture = np.asarray(image.convert("L"))
    assert picture[:60].std() > 20
    assert picture[-60:].std() < 5


def test_nothing_to_show_is_refused_or_unsupported(line: Line, testdata: Path) -> None:
    found = previews(line, testdata / "photo_exif/exiftool_CanonRaw.cr2")
    assert (found.outcome, found.code) == (Outcome.UNSUPPORTED, "U-CODEC-001")
    found = previews(line, testdata / "hostile/truncated_no_moov.mp4")
    assert (found.outcome, found.code) == (Outcome.REFUSED, "E-MEDIA-002")
    found = previews(line, testdata / "audio_formats/bear.opus")
    assert (found.outcome, found.code) == (Outcome.NOT_APPLICABLE, "N-MEDIA-001")


def test_the_same_bytes_every_time(line: Line, testdata: Path) -> None:
    one, other = (previews(line, testdata / "video/made_vfr.mp4") for _ in range(2))
    assert [made.sha256 for made in one.derivatives] == [made.sha256 for made in other.derivatives]
