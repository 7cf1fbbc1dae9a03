"""Frames at a glance and in full: the same however they are reached."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.core.glances import Glances, Seen
from pipeline.core.ports import Pixels
from pipeline.core.ports.moving import GLANCE, Instant, Wanted
from pipeline.tools import Tools
from tests.tools.conftest import Make

pytestmark = pytest.mark.slow

MOVING = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3,noise=alls=12:allf=t")
CODERS = {
    "h264.mp4": ("-c:v", "libx264", "-bf", "3", "-g", "30", "-pix_fmt", "yuv420p"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-q:v", "4", "-g", "30"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-q:v", "4", "-bf", "2"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "mjpeg.avi": ("-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"),
}


def watched(tools: Tools, file: Path, *, damaged: bool) -> tuple[NDArray[np.uint8], list[Instant]]:
    frames: list[Pixels] = []
    instants: list[Instant] = []

    def see(some: Pixels, when: Sequence[Instant]) -> None:
        frames.append(some.copy())
        instants.extend(when)

    found = tools.glance(file, 0, see, damaged=damaged)
    assert (found.frames, found.errors, found.clean) == (len(instants), 0, True)
    return np.concatenate(frames), instants


@pytest.mark.parametrize("name", CODERS)
def test_any_number_of_threads_sees_the_same(tools: Tools, make: Make, name: str) -> None:
    file = make(name, *MOVING, *CODERS[name])
    one, several = (watched(tools, file, damaged=damaged) for damaged in (True, False))
    assert one[0].shape == (75, 3, *GLANCE)
    assert np.array_equal(one[0], several[0])
    assert one[1] == several[1]


def wanted(seen: Seen, *numbers: int) -> list[Wanted]:
    return [
        Wanted(
            index=one, at=seen.instant(one), after_key=seen.after_key(one), luma=seen.luma[one], spread=seen.spread[one]
        )
        for one in numbers
    ]


@pytest.mark.parametrize("name", CODERS)
def test_a_frame_is_the_same_by_seeking_and_by_passing(tools: Tools, make: Make, tmp_path: Path, name: str) -> None:
    """One alone is sought; all of them, each soon after the last, are picked while everything is decoded."""
    file = make(name, *MOVING, *CODERS[name])
    stream, glances = tools.probe(file)["streams"][0], Glances()
    tools.glance(file, 0, glances.take, damaged=False)
    seen = glances.finish()
    sought, passed = tmp_path / "sought", tmp_path / "passed"
    sought.mkdir()
    passed.mkdir()
    every = range(3, 75, 4)
    many = tools.fetch(file, stream, wanted(seen, *every), passed, damaged=False)
    for place in (2, 9, 17):
        alone = tools.fetch(file, stream, wanted(seen, every[place]), sought, damaged=False).frames[0]
        other = many.frames[place]
        assert alone
        assert other
        with Image.open(alone.file) as one, Image.open(other.file) as two:
            assert np.array_equal(np.asarray(one), np.asarray(two))


def test_a_frame_that_is_not_there_is_lost_and_the_others_are_not(tools: Tools, make: Make, tmp_path: Path) -> None:
    file = make("x.mp4", *MOVING, *CODERS["h264.mp4"])
    stream, glances = tools.probe(file)["streams"][0], Glances()
    tools.glance(file, 0, glances.take, damaged=False)
    asked = wanted(glances.finish(), 10, 30, 50)
    missing = asked[1].at
    nowhere = Instant(
        pts=(missing.pts or 0) + 1, key=False, width=missing.width, height=missing.height, sar=missing.sar
    )
    asked[1] = Wanted(index=30, at=nowhere, after_key=0, luma=asked[1].luma, spread=asked[1].spread)
    found = tools.fetch(file, stream, asked, tmp_path, damaged=False)
    assert [one is not None for one in found.frames] == [True, False, True]
    assert found.looks
    assert np.load(found.looks).shape == (2, 180, 320, 3)
