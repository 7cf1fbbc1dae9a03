"""A fingerprint tells a copy from another picture, and flags what tells nothing."""

import dataclasses
import subprocess
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.core.alike import SAME, apart, lay, listen
from pipeline.core.model import Asset, Kind, Outcome
from pipeline.core.prints import TURNS, read_sound, read_windows
from pipeline.stages import all_stages
from tests.stages.conftest import Line

COFFEE = "photo_objects/skimage_coffee.png"


def hashes(line: Line, file: Path, algorithm: str) -> list[Mapping[str, Any]]:
    body = line.run(file, "fingerprint")["fingerprint"].body
    return [one for one in body["hashes"] if one["algorithm"] == algorithm]


def distance(one: Mapping[str, Any], other: Mapping[str, Any], turn: str | None = None) -> int:
    return apart(bytes.fromhex(one["turned"][turn] if turn else one["value"]), bytes.fromhex(other["value"]))


@pytest.mark.parametrize(
    "copy", ["coffee_bright.jpg", "coffee_grey.jpg", "coffee_half.jpg", "coffee_q30.jpg", "coffee_thumb.jpg",
             "coffee_webp.webp"],
)  # fmt: skip
def test_a_copy_has_nearly_the_same_hash(line: Line, testdata: Path, copy: str) -> None:
    one = hashes(line, testdata / COFFEE, "pdq")[0]
    other = hashes(line, testdata / "neardup" / copy, "pdq")[0]

    assert distance(one, other) <= SAME


def test_another_picture_has_another_hash(line: Line, testdata: Path) -> None:
    one, other = (hashes(line, testdata / name, "pdq")[0] for name in (COFFEE, "photo_objects/skimage_chelsea.png"))

    assert min(distance(one, other, turn) for turn in (None, *TURNS)) > 2 * SAME


@pytest.mark.parametrize(
    ("turn", "how"),
    [("mirrored", Image.Transpose.FLIP_LEFT_RIGHT), ("upside-down", Image.Transpose.FLIP_TOP_BOTTOM),
     ("rotated-90", Image.Transpose.ROTATE_90), ("rotated-180", Image.Transpose.ROTATE_180),
     ("rotated-270", Image.Transpose.ROTATE_270), ("transposed", Image.Transpose.TRANSPOSE),
     ("transposed-180", Image.Transpose.TRANSVERSE)],
)  # fmt: skip
def test_each_turn_is_named_for_what_was_done(
    line: Line, testdata: Path, tmp_path: Path, turn: str, how: Image.Transpose
) -> None:
    with Image.open(testdata / COFFEE) as picture:
        picture.transpose(how).save(tmp_path / "turned.png")
    one, other = (hashes(line, file, "pdq")[0] for file in (testdata / COFFEE, tmp_path / "turned.png"))

    assert distance(one, other, turn) <= SAME
    assert distance(one, other) > 2 * SAME


def test_a_part_of_a_picture_is_found_by_its_windows(line: Line, testdata: Path, tmp_path: Path) -> None:
    with Image.open(testdata / "photo_objects/bus.jpg") as picture:
        width, height = picture.size
        box = (round(0.05 * width), round(0.2 * height), round(0.85 * width), round(0.9 * height))
        picture.crop(box).save(tmp_path / "part.jpg", quality=60)
        part = (box[2] - box[0], box[3] - box[1])
    whole, cut = (
        read_windows(hashes(line, file, "pdq-windows")[0]["value"])
        for file in (testdata / "photo_objects/bus.jpg", tmp_path / "part.jpg")
    )

    laid = lay(cut, part, whole, (width, height))

    assert laid is not None
    assert laid.frame == pytest.approx((0.05, 0.2, 0.85, 0.9), abs=0.02)


def test_flat_pictures_are_hashed_flagged_and_never_enough(line: Line, tmp_path: Path) -> None:
    Image.new("RGB", (640, 480), "black").save(tmp_path / "black.png")

    found = line.run(tmp_path / "black.png", "fingerprint")["fingerprint"]

    assert (found.outcome, found.code) == (Outcome.EMPTY, "N-HASH-001")
    assert [(one["algorithm"], one["flags"]) for one in found.body["hashes"]] == [("pdq", ["flat"])]
    assert found.coverage
    assert (found.coverage.unit, found.coverage.read) == ("pictures", 1)


def record(file: Path, frames: bytes) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        out.writeframes(frames)
    return file


@pytest.mark.slow
def test_silence_is_hashed_flagged_and_never_enough(line: Line, tmp_path: Path) -> None:
    found = line.run(record(tmp_path / "silence.wav", bytes(16000 * 2 * 8)), "fingerprint")["fingerprint"]

    assert (found.outcome, found.code) == (Outcome.EMPTY, "N-HASH-001")
    assert [(one["algorithm"], one["flags"]) for one in found.body["hashes"]] == [("chromaprint", ["flat"])]


@pytest.mark.slow
def test_sound_too_short_for_a_value_has_none(line: Line, tmp_path: Path) -> None:
    found = line.run(record(tmp_path / "click.wav", b"\x00\x10" * 8000), "fingerprint")["fingerprint"]

    assert found.outcome is Outcome.EMPTY
    assert found.body["hashes"][0]["value"] == ""


@pytest.mark.slow
@pytest.mark.parametrize("copy", ["jfk_8k_ulaw.wav", "jfk_noise.mp3", "jfk_opus16k.opus", "jfk_quiet.mp3"])
def test_the_same_speech_sounds_the_same(line: Line, testdata: Path, copy: str) -> None:
    one, other = (
        read_sound(hashes(line, file, "chromaprint")[0]["value"])
        for file in (testdata / "speech/en/jfk.flac", testdata / "neardup" / copy)
    )

    found = listen(one, other)

    assert found is not None
    assert (found.start, found.other, found.length) == (0, 0, len(one))
    assert found.distance < 0.05


@pytest.mark.slow
def test_other_speech_sounds_otherwise(line: Line, testdata: Path) -> None:
    one, other = (
        read_sound(hashes(line, testdata / name, "chromaprint")[0]["value"])
        for name in ("speech/en/jfk.flac", "speech/en/LJ001-0001.wav")
    )

    assert listen(one, other) is None


@pytest.mark.slow
def test_a_video_has_the_hashes_of_its_frames_and_of_its_sound(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "video/mpy_chaplin.mp4", "fingerprint")
    body = found["fingerprint"].body

    shots = found["keyframes"].body["shots"]
    pictures = [one for one in body["hashes"] if one["algorithm"] == "pdq"]
    assert [(one["frame"], one["t"]) for one in pictures] == [(n, shot["t"]) for n, shot in enumerate(shots)]
    assert [one["stream"] for one in body["hashes"] if one["algorithm"] == "chromaprint"] == [1]
    assert found["fingerprint"].coverage
    assert found["fingerprint"].coverage.unit == "seconds"


@pytest.mark.slow
def test_pictures_that_cannot_be_read_are_missing_beside_good_sound(line: Line, testdata: Path, tmp_path: Path) -> None:
    """Every picture's bytes are noise; the sound is whole."""
    sound = ["-i", str(testdata / "speech/en/jfk.flac"), "-t", "4", "-c:a", "pcm_s16le"]
    shown = ["-f", "lavfi", "-i", "testsrc=s=160x120:r=10:d=4"]
    whole, broken = tmp_path / "whole.mkv", tmp_path / "broken.mkv"
    ffmpeg("-bitexact", *shown, *sound, "-c:v", "mjpeg", str(whole))
    ffmpeg("-i", str(whole), "-c", "copy", "-bsf:v", "noise=amount=1", str(broken))

    found = line.run(broken, "fingerprint")

    assert (found["keyframes"].outcome, found["extract_audio"].outcome) == (Outcome.REFUSED, Outcome.DONE)
    one = found["fingerprint"]
    assert [made["algorithm"] for made in one.body["hashes"]] == ["chromaprint"]
    assert one.coverage
    assert one.coverage.partial
    assert one.coverage.of == pytest.approx(8, abs=0.1)
    assert one.coverage.read == pytest.approx(4, abs=0.1)
    assert [(start, end > 3.9, code) for start, end, code in one.coverage.gaps] == [(0, True, found["keyframes"].code)]

    seen = line.run(whole, "fingerprint")["fingerprint"].coverage
    assert seen
    assert not seen.partial


@pytest.mark.slow
def test_a_silent_film_whose_pictures_take_too_long_is_not_called_alike_to_all(line: Line, testdata: Path) -> None:
    """It was decoded well when it was measured; fetching its frames is what was not allowed the time."""
    film = testdata / "video/made_5_scenes_fr.mp4"
    kept = line.run(film, "extract_audio")
    stage = next(one for one in all_stages() if one.name == "fingerprint")
    before = {one.writes: kept[one.name] for one in all_stages() if one.name in {"identify", "probe"}}
    late = dataclasses.replace(before[Kind.PROBE], kind=Kind.KEYFRAMES, outcome=Outcome.REFUSED, code="E-MEDIA-005",
                               body={}, coverage=None)  # fmt: skip
    asset = Asset(id=late.asset, sha512="", bytes=film.stat().st_size)

    found = line._one(stage, asset, film, {**before, Kind.KEYFRAMES: late}, ())

    assert (found.outcome, found.code) == (Outcome.REFUSED, "E-MEDIA-005")


def ffmpeg(*words: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", *words], check=True, capture_output=True)


def test_what_cannot_be_decoded_is_refused(line: Line, testdata: Path) -> None:
    found = line.run(testdata / "hostile/pillow_broken.png", "fingerprint")["fingerprint"]

    assert found.outcome is Outcome.REFUSED
    assert found.body == {}


def test_the_same_picture_has_the_same_fingerprint_again(line: Line, testdata: Path) -> None:
    one, other = (line.run(testdata / COFFEE, "fingerprint")["fingerprint"].body for _ in range(2))

    assert one == other
