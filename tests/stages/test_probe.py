"""Probe on real files: claims beside what was decoded."""

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from pipeline.core.canonical import digest
from pipeline.core.model import Coverage
from tests.stages.conftest import Line


def test_declared_figures_are_claims(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "video/m3_sample_fragmented.mp4", "probe")["probe"]
    assert found.body["duration_declared"] > 140_000
    assert found.body["duration_decoded"] == pytest.approx(1.0, abs=0.1)
    assert found.coverage is not None
    assert (found.coverage.of, found.coverage.flags) == (None, ("declared_implausible",))


def test_half_a_photograph_says_how_many_rows_it_has(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/truncated_half.jpg", "probe")["probe"]
    assert found.coverage is not None
    assert found.outcome == "done"
    assert (found.coverage.unit, found.coverage.of) == ("rows", found.body["picture"]["height"])
    assert 0 < found.coverage.read < 576
    assert found.coverage.partial


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("hostile/bomb_30000x30000.png", "E-MEDIA-004"),
        ("hostile/pillow_broken.png", "E-MEDIA-002"),
        ("hostile/truncated_no_moov.mp4", "E-MEDIA-002"),
        ("hostile/hls_read_passwd.avi", "E-MEDIA-002"),
        ("speech/nospeech/aeneas_zero_samples.wav", "E-MEDIA-002"),
    ],
)
def test_what_does_not_decode_at_all_is_refused(line: Line, testdata: Path, name: str, code: str) -> None:
    found = line.run(testdata / name, "probe")["probe"]
    assert (found.outcome, found.code) == ("refused", code)


@pytest.mark.parametrize(
    ("name", "turn"), [("decord_video_90", 90), ("decord_video_180", 180), ("decord_video_270", 270)]
)
def test_rotation_is_clockwise(line: Line, testdata: Path, name: str, turn: int) -> None:
    found = line.run(testdata / f"video/{name}.mov", "probe")["probe"]
    assert [one["rotation"] for one in found.body["streams"] if one["type"] == "video"] == [turn]


def test_time_and_camera_come_with_their_source(line: Line, testdata: Path) -> None:
    body = line.run(testdata / "video/me_with-gps.mov", "probe")["probe"].body
    assert body["created_at"]["value"] == "2019-07-24T08:25:40Z"
    assert body["created_at"]["zone"] == "+0300"
    assert body["camera"] == {"make": "Apple", "model": "iPhone 6"}
    assert "camera" in body["source_identifying"]
    assert any("ISO6709" in one for one in body["source_identifying"])


def test_a_heif_picture_is_decoded_like_any_other(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "photo_exif/immich_IMG_2682.heic", "probe")["probe"]
    assert found.outcome == "done"
    assert (found.body["picture"]["width"], found.body["picture"]["height"]) == (4032, 3024)
    assert found.coverage == Coverage(unit="rows", of=3024, read=3024)


def test_a_picture_without_a_decoder_still_gives_its_metadata(line: Line, testdata: Path) -> None:
    """A camera's raw picture whose photograph was taken out: its camera is known all the same."""
    found = line.run(testdata / "photo_exif/exiftool_CanonRaw.cr2", "probe")["probe"]
    assert found.outcome == "done"
    assert found.body["camera"]["model"] == "Canon EOS 350D DIGITAL"
    assert found.coverage is not None
    assert [gap[2] for gap in found.coverage.gaps] == ["U-CODEC-001"]


def test_a_raw_picture_is_read_by_the_photograph_in_it(line: Line, testdata: Path, tmp_path: Path) -> None:
    """The same file with a photograph of 768 by 512 put back where the camera had one."""
    raw, inside = tmp_path / "x.cr2", tmp_path / "inside.jpg"
    with Image.open(testdata / "photo_objects/skimage_coffee.png") as photograph:
        photograph.convert("RGB").resize((768, 512)).save(inside, quality=80)
    bare = testdata / "photo_exif/exiftool_CanonRaw.cr2"
    command = ["exiftool", f"-PreviewImage<={inside}", "-o", str(raw), str(bare)]
    subprocess.run(command, check=True, capture_output=True)
    found = line.run(raw, "probe")["probe"]
    assert found.outcome == "done"
    assert (found.body["picture"]["width"], found.body["picture"]["height"]) == (768, 512)
    assert found.body["flags"] == ["raw_preview"]
    assert found.coverage == Coverage(unit="rows", of=512, read=512, flags=("raw_preview",))


def test_the_same_bytes_give_the_same_body(line: Line, testdata: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another name.JPG"
    copy.write_bytes((testdata / "photo_exif/ia_DSCN0010.jpg").read_bytes())
    bodies = [line.run(one, "probe")["probe"].body for one in (testdata / "photo_exif/ia_DSCN0010.jpg", copy)]
    assert digest(bodies[0]) == digest(bodies[1])


def test_a_film_that_lost_a_frame_to_an_error_is_partial(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/decord_corrupted.mp4", "probe")["probe"]
    assert found.coverage is not None
    assert (found.coverage.of, found.coverage.read, found.coverage.partial) == (5.0, 4.9, True)
    assert "decode_error" in found.coverage.flags
