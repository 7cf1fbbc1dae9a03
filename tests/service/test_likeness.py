"""Copies are linked with what they were made from, by kind, for those who may see both; nothing else is."""

import wave
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.service.conftest import Evidence

pytestmark = pytest.mark.slow  # real copies through the real line

STAGES = "identify,probe,extract_audio,keyframes,fingerprint"
KINDS = {
    "coffee_border.png": "cropped", "coffee_bright.jpg": "re-encoded", "coffee_crop10.jpg": "cropped",
    "coffee_grey.jpg": "re-encoded", "coffee_half.jpg": "resized", "coffee_mark.jpg": "re-encoded",
    "coffee_mirror.jpg": "mirrored", "coffee_q30.jpg": "re-encoded", "coffee_rot3.jpg": "rotated",
    "coffee_thumb.jpg": "resized", "coffee_webp.webp": "re-encoded",
    "chaplin_240p.mp4": "resized", "chaplin_crf38.mp4": "re-encoded", "chaplin_letterbox.webm": "cropped",
    "chaplin_mirror.mp4": "mirrored", "chaplin_sub_burn.mp4": "re-encoded", "chaplin_trim.mp4": "re-encoded",
    "jfk_8k_ulaw.wav": "same-sound", "jfk_noise.mp3": "same-sound", "jfk_opus16k.opus": "same-sound",
    "jfk_quiet.mp3": "same-sound", "jfk_speed110.mp3": "same-sound",
}  # fmt: skip
SOURCES = {
    "coffee": "photo_objects/skimage_coffee.png",
    "chaplin": "video/mpy_chaplin.mp4",
    "jfk": "speech/en/jfk.flac",
}


def take_in(evidence: Evidence, batch: str, *files: Path) -> dict[str, str]:
    """Put files through the line as far as their fingerprints; return asset ids by file name."""
    items = evidence("submit", *files, "--batch", batch).json["items"]
    assert evidence("process", batch, "--stages", STAGES).code == 0
    return {Path(one["path"]).name: one["asset"] for one in items}


def links(evidence: Evidence, asset: str, **more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    document = evidence("similar", asset, **more).json
    return {(one["asset"], one["kind"]): one for one in document["links"]}


def test_every_copy_is_linked_with_its_source_by_the_right_kind_and_nothing_else_is(
    evidence: Evidence, testdata: Path
) -> None:
    others = ["photo_objects/skimage_chelsea.png", "photo_objects/bus.jpg", "photo_objects/darknet_dog.jpg",
              "speech/en/LJ001-0001.wav", "video/uwazi_short-video.mp4", "photo_exif/ia_landscape_1.jpg"]  # fmt: skip
    copies = [testdata / "neardup" / name for name in KINDS]
    assets = take_in(evidence, "b", *copies, *(testdata / name for name in (*SOURCES.values(), *others)))
    families = {family: [name for name in KINDS if name.startswith(family)] for family in SOURCES}

    for family, source in SOURCES.items():
        found = links(evidence, assets[Path(source).name])
        for name in families[family]:
            link = found.pop((assets[name], KINDS[name]))
            assert 0 <= link["distance"] < 0.25
            assert link["items"] == [{"batch": "b", "n": list(assets).index(name) + 1}]
            found.pop((assets[name], "same-sound"), None)
        assert found == {}
    for name in others:
        assert links(evidence, assets[Path(name).name]) == {}


def test_where_a_part_lies_in_the_whole_is_told(evidence: Evidence, testdata: Path) -> None:
    assets = take_in(
        evidence, "b", testdata / "photo_objects/skimage_coffee.png", testdata / "neardup/coffee_crop10.jpg"
    )
    link = links(evidence, assets["coffee_crop10.jpg"])[assets["skimage_coffee.png"], "cropped"]

    assert link["frame"] == pytest.approx([0.1, 0.1, 0.9, 0.9], abs=0.01)
    assert (link["through"], link["t"], link["other_t"]) == ("pdq-windows", None, None)


def noise(seconds: float) -> list[int]:
    """A melody without a tune: sound that changes all the time, the same each time."""
    import math
    import random

    rng = random.Random(1)
    samples: list[int] = []
    for _ in range(int(seconds * 4)):
        tones = [rng.choice((220, 262, 330, 392, 440, 523, 659, 784)) for _ in range(3)]
        samples += [int(2500 * sum(math.sin(2 * math.pi * one * n / 16000) for one in tones)) for n in range(4000)]
    return samples


def test_a_trimmed_recording_is_found_where_it_was_cut_out(evidence: Evidence, tmp_path: Path) -> None:
    whole = noise(16)
    for name, samples in (("whole.wav", whole), ("part.wav", whole[5 * 16000 : 14 * 16000])):
        with wave.open(str(tmp_path / name), "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            out.writeframes(b"".join(one.to_bytes(2, "little", signed=True) for one in samples))
    assets = take_in(evidence, "b", tmp_path / "whole.wav", tmp_path / "part.wav")

    link = links(evidence, assets["part.wav"])[assets["whole.wav"], "same-sound"]

    assert link["other_t"] - link["t"] == pytest.approx(5, abs=0.2)
    assert link["seconds"] == pytest.approx(9, abs=0.5)


def test_items_with_equal_bytes_are_an_exact_link_that_drops_neither(
    evidence: Evidence, processed: dict[str, str]
) -> None:
    link = links(evidence, processed["tone.wav"])[processed["tone.wav"], "exact"]

    assert link["distance"] == 0
    assert len(link["items"]) == 2
    assert processed["tone.wav"] == processed["double.wav"]


def test_flat_pictures_are_no_copies_of_each_other(evidence: Evidence, tmp_path: Path) -> None:
    for name in ("black", "white"):
        Image.new("RGB", (300, 200), name).save(tmp_path / f"{name}.png")
    assets = take_in(evidence, "b", tmp_path / "black.png", tmp_path / "white.png")

    document = evidence("similar", assets["black.png"]).json

    assert document["links"] == []
    assert (document["fingerprint"]["outcome"], document["fingerprint"]["code"]) == ("empty", "N-HASH-001")


@pytest.fixture
def pair(evidence: Evidence, testdata: Path) -> tuple[str, str]:
    """Return a picture in an open batch and its copy in another."""
    one = take_in(evidence, "open", testdata / "photo_objects/skimage_coffee.png")
    other = take_in(evidence, "closed", testdata / "neardup/coffee_grey.jpg")
    return one["skimage_coffee.png"], other["coffee_grey.jpg"]


def test_a_link_is_shown_only_to_who_may_see_both(evidence: Evidence, pair: tuple[str, str]) -> None:
    one, other = pair
    assert (other, "re-encoded") in links(evidence, one)
    evidence("grant", "reader", "--role", "reader", "--batch", "open")

    assert links(evidence, one, actor="reader") == {}
    refused, missing = (evidence("similar", asset, actor="reader") for asset in (other, "0" * 64))
    assert (refused.code, refused.text) == (missing.code, missing.text) == (2, missing.text)

    evidence("grant", "reader", "--role", "reader", "--batch", "closed")
    assert (other, "re-encoded") in links(evidence, one, actor="reader")


def test_links_outlive_the_index(evidence: Evidence, pair: tuple[str, str], home: Path) -> None:
    one, _ = pair
    before = evidence("similar", one).json
    for file in home.glob("index*"):
        file.unlink()

    assert evidence("similar", one).json == before
    assert evidence("rebuild", "index").code == 0
    assert evidence("similar", one).json == before


def test_looking_for_copies_is_an_entry_of_the_log_and_changes_nothing(
    evidence: Evidence, pair: tuple[str, str], home: Path
) -> None:
    one, _ = pair
    before = evidence("show", one).json

    evidence("similar", one)

    assert evidence("show", one).json == before
    assert evidence("verify-log").code == 0
    said = b"".join(file.read_bytes() for file in (home / "vault").rglob("*") if file.is_file() and "log" in str(file))
    assert b'"similar"' in said


def test_a_person_reads_links_on_a_terminal(evidence: Evidence, pair: tuple[str, str]) -> None:
    said = evidence("similar", pair[0], plain=True).text

    assert "re-encoded" in said
    assert "machine-made" in said
    assert "1 links" in said
