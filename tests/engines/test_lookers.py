"""The embedded engines of pictures: an answer depends on the picture alone, and names what it cannot see."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from pipeline.core.ports import Detector, NudityScreener, Pixels, Tagger
from pipeline.engines.mobilenet import MobileNet
from pipeline.engines.nanodet import NanoDet
from pipeline.engines.open_nsfw import OpenNsfw
from pipeline.weights import Installed

pytestmark = pytest.mark.slow

_LOOKERS = {
    "nanodet-coco": (NanoDet, Detector, "detect"),
    "mobilenet-v2": (MobileNet, Tagger, "tag"),
    "open-nsfw": (OpenNsfw, NudityScreener, "screen"),
}


@pytest.fixture(params=list(_LOOKERS))
def looker(request: pytest.FixtureRequest, installed: Callable[[str], Installed]) -> tuple[Any, Any]:
    kind, port, verb = _LOOKERS[request.param]
    engine: Any = kind(installed(request.param))
    assert isinstance(engine, port)
    return engine, getattr(engine, verb)


@pytest.fixture
def pictures(testdata: Path) -> list[Pixels]:
    found = []
    for file in sorted((testdata / "photo_objects").iterdir())[:8]:
        with PIL.Image.open(file) as image:
            small = image.convert("RGB")
        small.thumbnail((400, 400))
        found.append(np.asarray(small))
    return found


def test_company_and_threads_change_nothing(looker: tuple[Any, Any], pictures: list[Pixels]) -> None:
    _, ask = looker
    alone = [ask([one])[0] for one in pictures]
    assert ask([*pictures, *pictures]) == [*alone, *alone]
    found: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda at=at, one=one: found.update({at: ask([one])[0]}))
        for at, one in enumerate(pictures)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [found[at] for at in range(len(pictures))] == alone


@pytest.mark.parametrize("shape", [(1, 1), (2, 800), (800, 3), (17, 31)])
def test_any_shape_is_looked_at(looker: tuple[Any, Any], shape: tuple[int, int]) -> None:
    _, ask = looker
    (found,) = ask([np.full((*shape, 3), 127, np.uint8)])
    for one in found if isinstance(found, tuple) else ():
        for side in getattr(one, "box", ()):
            assert 0 <= side <= 1


def test_nothing_asked_nothing_answered(looker: tuple[Any, Any]) -> None:
    assert looker[1]([]) == []


def test_it_cites_everything_that_can_change_the_result(looker: tuple[Any, Any]) -> None:
    engine, _ = looker
    assert {"device", "precision", "input"} <= set(engine.parameters)
    assert engine.environment["pillow"]
    if hasattr(engine, "terms"):
        assert engine.parameters["vocabulary"]["version"] == "1"
        assert engine.parameters["threshold"] > 0


def test_the_classes_stand_in_the_models_order(installed: Callable[[str], Installed]) -> None:
    engine = MobileNet(installed("mobilenet-v2"))
    assert len(set(engine.vocabulary)) == 1000
    assert (engine.vocabulary[0], engine.vocabulary[847], engine.vocabulary[999]) == ("tench", "tank", "toilet tissue")
    assert engine.terms["tank"].id == "tank"
    assert engine.terms["assault rifle"].id == "assault_rifle"
    assert "barrel_bomb" in engine.unseen
