"""The manifest is complete: facts, outcomes, digests, licences, and the words that its packages say are spoken."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from sample_media.build import MANIFEST, pinned
from sample_media.makers import MAKERS

STAGES = ["identify", "probe", "extract_audio", "speech", "transcribe", "geolocate", "write_back", "index"]
FACTS = {
    "bytes", "camera_time", "duration", "language", "media", "media_type", "not_words", "position", "promised",
    "same_bytes_as", "sha256", "size", "streams", "words",
}  # fmt: skip
DIGEST = re.compile(r"[0-9a-f]{64}")
OUTCOME = re.compile(r"done|(empty|not_applicable) N-[A-Z]+-\d{3}|unsupported U-[A-Z]+-\d{3}|refused E-[A-Z]+-\d{3}")


def _folded(text: str) -> set[str]:
    return set(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def test_every_item_has_three_facts_from_source_or_recipe(manifest: dict[str, Any]) -> None:
    for item in manifest["item"]:
        assert len(item["facts"]) >= 3, item["file"]
        assert {fact["from"] for fact in item["facts"]} <= {"source", "recipe"}
        assert {fact["kind"] for fact in item["facts"]} <= FACTS


def test_every_item_says_how_each_stage_ends(manifest: dict[str, Any]) -> None:
    for item in manifest["item"]:
        assert list(item["expect"]) == STAGES, item["file"]
        assert all(OUTCOME.fullmatch(wanted) for wanted in item["expect"].values()), item["file"]


def test_file_names_differ(manifest: dict[str, Any]) -> None:
    names = [item["file"] for item in manifest["item"]]
    assert len(set(names)) == len(names)


def test_every_digest_is_pinned_but_the_encoders(manifest: dict[str, Any]) -> None:
    for item in manifest["item"]:
        if item["recipe"]["make"] == "video":
            assert pinned(item) is None
        else:
            assert DIGEST.fullmatch(pinned(item) or ""), item["file"]
    for source in manifest["source"]:
        assert all(DIGEST.fullmatch(one["sha256"]) for one in source["member"])


def test_every_licence_and_credit_stands_in_the_list(manifest: dict[str, Any]) -> None:
    listed = (MANIFEST.parent / "LICENCES.md").read_text(encoding="utf-8")
    for source in manifest["source"]:
        assert source["package"] in listed
        assert source["credit"] in listed
        assert source["licence"] in listed
    for item in manifest["item"]:
        assert f"`{item['file']}`" in listed
        assert item["licence"] in listed


def test_words_to_be_heard_are_in_the_text_of_the_prompts(manifest: dict[str, Any]) -> None:
    texts = {
        (source["id"], one["path"]): one.get("text", "") for source in manifest["source"] for one in source["member"]
    }
    items = {item["file"]: item for item in manifest["item"]}
    for item in manifest["item"]:
        recipe = items[item["recipe"]["of"]]["recipe"] if item["recipe"]["make"] == "cut" else item["recipe"]
        recipe = recipe.get("sound", recipe)
        for fact in item["facts"]:
            if fact["kind"] in {"words", "not_words"}:
                said = _folded(" ".join(texts[recipe["source"], path] for path in recipe["prompts"]))
                assert set(fact["value"]) <= said, item["file"]


def test_every_way_of_making_is_used(manifest: dict[str, Any]) -> None:
    assert {item["recipe"]["make"] for item in manifest["item"]} == set(MAKERS)


@pytest.mark.slow
def test_the_sample_is_small_and_nothing_else_lies_in_it(manifest: dict[str, Any], sample: Path) -> None:
    assert {file.name for file in sample.iterdir()} == {item["file"] for item in manifest["item"]}
    assert sum(file.stat().st_size for file in sample.iterdir()) < 10_000_000
