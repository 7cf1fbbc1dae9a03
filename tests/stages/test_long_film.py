"""Keyframes of hours of film: every scene is found, and no more frames are kept than the ceiling."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.model import Outcome
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

HOURS, SCENE = 4, 120
"""A scene lasts two minutes; a new picture comes every two seconds."""


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    """Write a film of 120 scenes, each a picture of its own with a mark that moves."""
    raw, film = tmp_path / "raw", tmp_path / "hours.mp4"
    chance = np.random.default_rng(11)
    with raw.open("wb") as out:
        for _ in range(HOURS * 3600 // SCENE):
            scene = np.kron(chance.integers(0, 255, (6, 8)), np.ones((8, 8))).astype(np.uint8)
            for step in range(SCENE // 2):
                picture = scene.copy()
                picture[4:8, step : step + 4] = 255
                out.write(picture.tobytes())
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-s",
        "64x48",
        "-r",
        "1/2",
        "-i",
        str(raw),
    ]
    subprocess.run([*command, "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", str(film)], check=True)
    raw.unlink()
    return film


def test_every_scene_of_hours_is_found_below_the_ceiling(line: Line, hours: Path) -> None:
    found = line.run(hours, "keyframes")["keyframes"]
    assert found.outcome is Outcome.DONE, (found.code, found.reason)
    assert found.coverage is not None
    body, most = found.body, line.settings.limits.max_keyframes
    cuts = {shot["start"] for shot in body["shots"] if shot["begins"] == "cut"}
    assert cuts == {float(n * SCENE) for n in range(1, HOURS * 3600 // SCENE)}
    assert body["frames"] == HOURS * 3600 // 2
    assert len(body["shots"]) <= most
    assert body["shots"][-1]["end"] == pytest.approx(HOURS * 3600, abs=2)
    assert "frames_further_apart" in found.coverage.flags  # a frame every ten seconds would be 1,440
    assert found.coverage.of == pytest.approx(HOURS * 3600, abs=2)
    assert body["left_out"] == 0
