"""Screen on real pictures: harmless ones score low, and what nobody looked for is not called absent."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.ports import Pixels
from pipeline.core.sensitivity import blurred, reasons
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["bus.jpg", "coral_parrot.jpg", "skimage_coffee.png", "darknet_dog.jpg"])
def test_a_harmless_picture_scores_low(line: Line, testdata: Path, name: str) -> None:
    found = line.run(testdata / "photo_objects" / name, "screen")["screen"]
    assert found.outcome == "done"
    assert 0 <= found.body["scores"]["nudity"] < 0.05


def test_what_nobody_screened_for_is_null_and_blurs(line: Line, testdata: Path) -> None:
    body = line.run(testdata / "photo_objects/skimage_coffee.png", "screen")["screen"].body
    if "graphic" in body["screened"]:
        pytest.skip("this home has a screener of graphic content")
    assert body["screened"] == ["nudity"]
    assert body["scores"]["graphic"] is None
    assert reasons(body) == ("graphic_unscreened",)
    assert blurred(body)


class Reddest:
    """A screener by colour, so that the frame that it must point at is known."""

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        return [{"graphic": float(one[..., 0].mean() / (one.mean() * 3 + 1))} for one in pictures]


def test_the_worst_frame_of_a_film_is_named(line: Line, film: Path) -> None:
    from pipeline.core.ports import GraphicScreener
    from tests.stages import conftest

    line.has = lambda port: port is GraphicScreener or conftest._has(port)
    line.engines = lambda port: Reddest() if port is GraphicScreener else conftest._engine(port)  # type: ignore[assignment,return-value] # no identity is asked of it here
    body: Mapping[str, Any] = line.run(film, "screen")["screen"].body
    assert body["screened"] == ["nudity", "graphic"]
    highest = max(body["frames"], key=lambda one: one["scores"]["graphic"])
    assert body["scores"]["graphic"] == highest["scores"]["graphic"]
    assert body["worst"]["graphic"] == {"t": highest["t"], "frame": highest["frame"]}
    assert highest["t"] >= 2  # a red parrot, after the bus


def test_sound_is_not_screened(line: Line, testdata: Path) -> None:
    assert line.run(testdata / "speech/en/jfk_16k.wav", "screen")["screen"].outcome == "not_applicable"
