"""Tag on real pictures: the class that they show, and the term that it stands for."""

from pathlib import Path

import PIL.Image
import pytest

from pipeline.core.model import Enrichment
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow


def tags(line: Line, file: Path) -> Enrichment:
    return line.run(file, "tag")["tag"]


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("coral_cat_720p.jpg", "Egyptian cat"), ("coral_parrot.jpg", "macaw"), ("skimage_chelsea.png", "Egyptian cat"),
        ("skimage_coffee.png", "espresso"), ("skimage_rocket.jpg", "missile"), ("darknet_dog.jpg", "malamute"),
    ],
)  # fmt: skip
def test_a_picture_is_named(line: Line, testdata: Path, name: str, class_: str) -> None:
    found = tags(line, testdata / "photo_objects" / name)
    assert found.outcome == "done"
    assert class_ in [one["label"] for one in found.body["tags"]]
    scores = [one["score"] for one in found.body["tags"]]
    assert scores == sorted(scores, reverse=True)


def test_a_class_that_is_a_term_says_so(line: Line, testdata: Path) -> None:
    body = tags(line, testdata / "photo_objects/skimage_rocket.jpg").body
    terms = {one["label"]: (one["term"], one["names"]) for one in body["tags"]}
    term, names = terms["missile"]
    assert (term, names["en"]) == ("missile", "missile")
    assert "صاروخ" in names["ar"]


def test_what_the_model_cannot_see_is_named(line: Line, testdata: Path) -> None:
    unseen = set(tags(line, testdata / "photo_objects/skimage_coffee.png").body["unseen"])
    assert {"barrel_bomb", "submunition", "detainee", "destroyed_building", "crowd"} <= unseen
    assert not {"tank", "assault_rifle", "ambulance", "mosque", "military_uniform", "gas_mask"} & unseen


def test_noise_has_no_name(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "grey.png"
    PIL.Image.effect_noise((400, 300), 3).convert("RGB").save(file)
    found = tags(line, file)
    assert all(one["score"] >= 0.1 for one in found.body["tags"])
    assert found.outcome == ("done" if found.body["tags"] else "empty")


def test_each_shot_of_a_film_has_names_of_its_own(line: Line, film: Path) -> None:
    body = tags(line, film).body
    assert {one["label"] for one in body["tags"] if one["t"] < 2} & {"police van", "minibus", "trolleybus"}
    assert "macaw" in {one["label"] for one in body["tags"] if one["t"] >= 2}
