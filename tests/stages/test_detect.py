"""Detect on real pictures: every thing that their makers named, in its place, and nothing out of nothing."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from pipeline.core.model import Enrichment
from tests.stages.conftest import Line

pytestmark = pytest.mark.slow

SEEN = (
    "bus.jpg", "coral_cat_720p.jpg", "coral_face.jpg", "coral_parrot.jpg", "darknet_dog.jpg", "darknet_horses.jpg",
    "darknet_person.jpg", "skimage_chelsea.png", "skimage_coffee.png",
)  # fmt: skip


def truth(testdata: Path) -> dict[str, list[str]]:
    files = json.loads((testdata / "MANIFEST.json").read_text())["files"]
    return {Path(one["path"]).name: one["ground_truth"]["labels"] for one in files if one["path"].startswith("photo_o")}


def objects(line: Line, file: Path) -> Enrichment:
    return line.run(file, "detect")["detect"]


def test_what_the_pictures_show_is_found(line: Line, testdata: Path) -> None:
    named, found = truth(testdata), 0
    wanted = sum(len(named[one]) for one in SEEN)
    for name in SEEN:
        seen = Counter(one["label"] for one in objects(line, testdata / "photo_objects" / name).body["objects"])
        found += sum(min(count, seen[label]) for label, count in Counter(named[name]).items())
    assert found / wanted >= 0.9


def test_the_bus_stands_where_it_stands(line: Line, testdata: Path) -> None:
    found = objects(line, testdata / "photo_objects/bus.jpg")
    assert found.outcome == "done"
    assert found.coverage is not None
    assert (found.coverage.unit, found.coverage.of, found.coverage.read) == ("frames", 1, 1)
    (bus,) = [one for one in found.body["objects"] if one["label"] == "bus"]
    left, top, width, height = bus["box"]
    assert left < 0.05  # it fills the picture's width, from below the sky to above the ground
    assert left + width > 0.9
    assert 0.15 < top < 0.3
    assert 0.6 < top + height < 0.75
    assert (bus["t"], bus["track"], bus["calibrated"]) == (None, None, None)
    assert bus["term"] == "bus"
    assert bus["names"] == {"en": "bus", "ar": "حافلة"}


def test_it_says_what_it_cannot_see(line: Line, testdata: Path) -> None:
    body = objects(line, testdata / "photo_objects/bus.jpg").body
    assert {"tank", "barrel_bomb", "gas_cylinder", "dead_body"} <= set(body["unseen"])
    assert "person" not in body["unseen"]
    assert body["calibration"] is None


def test_grey_holds_nothing(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "grey.png"
    PIL.Image.new("RGB", (320, 200), "grey").save(file)
    found = objects(line, file)
    assert (found.outcome, found.code) == ("empty", "N-OBJECT-001")
    assert found.body["objects"] == []
    assert "tank" in found.body["unseen"]


def test_a_turned_photograph_is_looked_at_upright(line: Line, testdata: Path, tmp_path: Path) -> None:
    with PIL.Image.open(testdata / "photo_objects/bus.jpg") as image:
        exif = PIL.Image.Exif()
        exif[0x0112] = 6  # stored lying on its side
        turned = tmp_path / "turned.png"
        image.transpose(PIL.Image.Transpose.ROTATE_90).save(turned, exif=exif)
    labels = [one["label"] for one in objects(line, turned).body["objects"]]
    assert labels.count("person") >= 3
    assert "bus" in labels


def test_noise_that_claims_to_be_a_picture_is_refused(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "noise.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" + np.random.default_rng(3).bytes(4000))
    assert objects(line, file).outcome == "refused"


def test_sound_is_no_picture(line: Line, testdata: Path) -> None:
    assert objects(line, testdata / "speech/en/jfk_16k.wav").outcome == "not_applicable"


def test_things_in_a_film_have_a_time(line: Line, film: Path) -> None:
    found = objects(line, film)
    assert found.outcome == "done"
    at = {one["label"]: one["t"] for one in found.body["objects"]}
    assert 0 <= at["bus"] < 2
    assert 2 <= at["bird"] < 4
    assert all(one["pts"] is not None and one["time_base"] for one in found.body["objects"])


def test_a_damaged_film_is_refused(line: Line, film: Path) -> None:
    data = film.read_bytes()
    cut = film.with_name("cut.mp4")
    cut.write_bytes(data[:200] + bytes(len(data) - 200))
    assert objects(line, cut).outcome == "refused"
