"""Keyframes of real and made recordings: cuts, exact times, upright frames, honest ends."""

import io
import json
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.core.model import Enrichment, Outcome
from pipeline.settings import Limits
from pipeline.tools import open_tools
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

Make = Callable[..., Path]
LAVFI = ("-f", "lavfi", "-i")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def run(name: str, *options: str) -> Path:
        path = tmp_path / name
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *options, path], check=True, capture_output=True)
        return path

    return run


def keyframes(line: Line, file: Path) -> Enrichment:
    return line.run(file, "keyframes")["keyframes"]


def frame(line: Line, found: Enrichment, number: int) -> NDArray[np.uint8]:
    name = next(one.sha256 for one in found.derivatives if one.role == f"frame/{number}")
    with Image.open(line.folder / name) as image:
        return np.asarray(image.convert("RGB"))


def looks(line: Line, found: Enrichment) -> NDArray[np.uint8]:
    array: NDArray[np.uint8] = np.load(line.folder / next(d.sha256 for d in found.derivatives if d.role == "looks"))
    return array


def shown_at(file: Path, pts: int, *, turned: bool = True) -> NDArray[np.uint8]:
    """The frame with this time stamp, as plain ffmpeg shows it."""
    command = ["ffmpeg", "-nostdin", "-v", "error", *([] if turned else ["-noautorotate"]), "-copyts", "-i", str(file)]
    command += ["-map", "0:v:0", "-vf", f"select=eq(pts\\,{pts})", "-vsync", "passthrough", "-frames:v", "1"]
    png = subprocess.run([*command, "-f", "image2pipe", "-c:v", "png", "-"], check=True, capture_output=True).stdout
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def shown_times(file: Path) -> list[int]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts", "-of", "json"]
    answer = json.loads(subprocess.run([*command, str(file)], check=True, capture_output=True).stdout)
    return [int(one["pts"]) for one in answer["frames"]]


def alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def check_times(file: Path, body: dict[str, Any]) -> None:
    """Each frame's place, stamp and second agree with each other and with what ffprobe shows."""
    stamps = shown_times(file)
    for shot in body["shots"]:
        assert stamps[shot["frame"]] == shot["pts"]
        exact = shot["pts"] * Fraction(shot["time_base"]) - Fraction(str(body["origin"]))
        assert shot["t"] == pytest.approx(float(exact), abs=0.001)
        assert shot["start"] <= shot["t"] <= shot["end"]


def test_the_five_scenes(line: Line, testdata: Path) -> None:
    """Cuts at 2, 3.5, 6 and 8 seconds; a frame of each in full, and small."""
    file = testdata / "video/made_5_scenes_fr.mp4"
    found = keyframes(line, file)
    assert found.outcome is Outcome.DONE
    assert [shot["start"] for shot in found.body["shots"]] == [0, 2, 3.5, 6, 8]
    assert found.body["shots"][-1]["end"] == 10
    assert found.coverage is not None
    assert (found.coverage.of, found.coverage.read, found.coverage.partial) == (10, 10, False)
    assert looks(line, found).shape == (5, 360, 480, 3)
    check_times(file, dict(found.body))
    for number, shot in enumerate(found.body["shots"]):
        whole = frame(line, found, number)
        assert whole.shape == (360, 480, 3)
        assert alike(whole, shown_at(file, shot["pts"])) < 3
        assert alike(whole, looks(line, found)[number]) < 3


def test_a_real_cut_and_no_cut_in_a_pan(line: Line, testdata: Path) -> None:
    """The seventh frame is a cut; the camera then glides on over a wall."""
    found = keyframes(line, testdata / "video/gcp_googlework_tiny.mp4")
    assert [shot["frame"] < 7 for shot in found.body["shots"]] == [True, False]
    assert found.body["shots"][1]["start"] == pytest.approx(7 / 15, abs=0.001)


@pytest.mark.parametrize(
    "name",
    [
        "made_vfr.mp4",
        "m3_sample_android_slow_motion.mp4",
        "m3_sample_h264_mpeg_audio.ts",
        "made_two_audio_ar_en_subs.mkv",
        "m3_sample.avi",
        "mpy_no_duration.webm",
        "m3_sample_av1.mp4",
        "tc_h264_10bits.mp4",
    ],
)
def test_time_stamps_are_exact(line: Line, testdata: Path, name: str) -> None:
    """Variable frame rate, a clock that starts anywhere, frames out of order, ten bits."""
    found = keyframes(line, testdata / "video" / name)
    assert found.outcome is Outcome.DONE
    check_times(testdata / "video" / name, dict(found.body))
    for number, shot in enumerate(found.body["shots"]):
        assert alike(frame(line, found, number), shown_at(testdata / "video" / name, shot["pts"])) < 4


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_frames_stand_upright(line: Line, testdata: Path, turn: int) -> None:
    file = testdata / f"video/decord_video_{turn}.mov"
    found = keyframes(line, file)
    shot = found.body["shots"][0]
    assert (shot["width"], shot["height"]) == ((320, 568) if turn in {90, 270} else (568, 320))
    assert alike(frame(line, found, 0), shown_at(file, shot["pts"])) < 3
    assert looks(line, found)[0].shape[:2] == (shot["height"], shot["width"])


def test_wide_pixels_are_made_square(line: Line, make: Make) -> None:
    file = make("x.mp4", *LAVFI, "testsrc=s=320x240:d=1", "-vf", "setsar=2/1", "-pix_fmt", "yuv420p")
    shot = keyframes(line, file).body["shots"][0]
    assert (shot["width"], shot["height"]) == (640, 240)


def test_an_edit_list_and_a_late_start(line: Line, make: Make) -> None:
    whole = make("whole.mp4", *LAVFI, "testsrc=s=160x120:d=4:r=25", "-g", "100", "-pix_fmt", "yuv420p")
    cut = make("cut.mp4", "-ss", "1.5", "-i", str(whole), "-c", "copy")
    found = keyframes(line, cut)
    check_times(cut, dict(found.body))
    late = make("late.ts", "-i", str(whole), "-c", "copy", "-output_ts_offset", "1000")
    found = keyframes(line, late)
    assert found.body["origin"] > 1000
    assert found.body["shots"][0]["start"] == 0
    check_times(late, dict(found.body))


def test_one_frame(line: Line, testdata: Path) -> None:
    found = keyframes(line, testdata / "video/mp4p_video_rotation_90.mp4")
    assert [(one["frame"], one["begins"]) for one in found.body["shots"]] == [(0, "start")]
    assert (found.body["frames"], found.body["shots"][0]["height"]) == (1, 100)


def test_what_it_declares_is_a_claim(line: Line, testdata: Path) -> None:
    """39 hours are declared; one second is there."""
    found = keyframes(line, testdata / "video/m3_sample_fragmented.mp4")
    assert found.coverage is not None
    assert (found.coverage.of, found.coverage.flags) == (None, ("declared_implausible",))
    assert found.body["shots"][-1]["end"] == pytest.approx(1.07, abs=0.05)


def test_damage_is_salvaged_and_always_the_same(line: Line, testdata: Path, tmp_path: Path) -> None:
    good = (testdata / "video/made_5_scenes_fr.mp4").read_bytes()
    hurt = bytearray(good)
    middle = good.index(b"mdat") + 60_000
    hurt[middle : middle + 4000] = bytes(4000)
    (tmp_path / "hurt.mp4").write_bytes(hurt)
    one, other = (keyframes(line, tmp_path / "hurt.mp4") for _ in range(2))
    assert one.outcome is Outcome.DONE
    assert one.coverage is not None
    assert {"decode_error", "decode_warnings"} & set(one.coverage.flags)
    assert one.id == other.id
    assert [d.sha256 for d in one.derivatives] == [d.sha256 for d in other.derivatives]
    assert {0.0, 2.0} <= {shot["start"] for shot in one.body["shots"]}


def test_the_ceiling_says_what_it_left_out(line: Line, testdata: Path) -> None:
    settings = line.settings.model_copy(update={"limits": Limits(max_keyframes=3)})
    few = Line(folder=line.folder, tools=open_tools(settings), engines=line.engines, has=line.has, settings=settings)
    found = keyframes(few, testdata / "video/made_5_scenes_fr.mp4")
    assert [shot["start"] for shot in found.body["shots"]] == [0, 3.5, 6]
    assert found.body["left_out"] == 2
    assert found.coverage is not None
    assert found.coverage.gaps == ((2.0, 3.5, "E-MEDIA-004"), (8.0, 10.0, "E-MEDIA-004"))
    assert (found.coverage.read, found.coverage.flags) == (6.5, ("ceiling",))


@pytest.mark.parametrize("form", ["gif", "webp", "png", "avif"])
def test_an_animated_picture(line: Line, tmp_path: Path, form: str) -> None:
    """Three views of six frames; the frames of the second last twice as long."""
    frames = []
    for number, colour in enumerate([(200, 30, 30), (30, 200, 30), (30, 30, 200)]):
        for step in range(6):
            picture = np.zeros((90, 160, 3), np.uint8)
            picture[:] = colour
            picture[20:50, 20 + 40 * number + step : 60 + 40 * number + step] = 250
            frames.append(Image.fromarray(picture))
    lasts = [100] * 6 + [200] * 6 + [100] * 6
    file = tmp_path / f"x.{form}"
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=lasts, loop=0)
    found = keyframes(line, file)
    assert found.body["source"] == "animation"
    assert [shot["start"] for shot in found.body["shots"]] == [0, 0.6, 1.8]
    assert (found.body["shots"][-1]["end"], found.body["frames"]) == (2.4, 18)
    assert found.coverage is not None
    assert (found.coverage.unit, found.coverage.of, found.coverage.read) == ("frames", 18, 18)
    middle = frame(line, found, 1)[80, 5].astype(int)
    assert middle[1] > 150 > middle[0] + middle[2]


def test_a_film_hidden_in_a_photograph(line: Line, testdata: Path, tmp_path: Path) -> None:
    film = (testdata / "video/made_5_scenes_fr.mp4").read_bytes()
    photograph = (testdata / "photo_objects/bus.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(photograph + b"MotionPhoto_Data" + film + b"\0\0\1\x0aSEFH")
    found = keyframes(line, tmp_path / "x.jpg")
    assert found.body["source"] == "motion_photo"
    assert [shot["start"] for shot in found.body["shots"]] == [0, 2, 3.5, 6, 8]


def test_a_hidden_film_without_a_picture_in_it_leaves_the_photograph_read_in_part(line: Line, testdata: Path) -> None:
    """The samples were cut out of this one."""
    stages = ("keyframes", "previews", "tag", "detect", "screen", "read_text", "fingerprint")
    found = line.run(testdata / "video/m3_pixel-motion-photo-shortened.jpg", *stages)
    assert (found["keyframes"].outcome, found["keyframes"].body["shots"]) == (Outcome.DONE, [])
    assert found["keyframes"].body["source"] == "motion_photo"
    for name in stages:
        coverage = found[name].coverage
        assert coverage is not None, name
        assert coverage.partial, name
        assert {code for *_, code in coverage.gaps} == {"E-MEDIA-002"}, name
    assert found["previews"].body["missing"] == [{"role": "contact_sheet", "code": "E-MEDIA-002"}]
    assert found["fingerprint"].body["hashes"], "the photograph itself is looked at"


@pytest.mark.parametrize("name", ["photo_objects/bus.jpg", "ocr/tess_phototest.tif", "photo_exif/immich_IMG_2682.heic"])
def test_a_still_picture_has_none(line: Line, testdata: Path, name: str) -> None:
    found = keyframes(line, testdata / name)
    assert (found.outcome, found.code) == (Outcome.NOT_APPLICABLE, "N-MEDIA-001")


def test_what_cannot_be_decoded_is_refused(line: Line, testdata: Path) -> None:
    found = keyframes(line, testdata / "hostile/truncated_no_moov.mp4")
    assert (found.outcome, found.code) == (Outcome.REFUSED, "E-MEDIA-002")
