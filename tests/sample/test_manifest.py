"""The manifest is complete: facts, outcomes, digests, licences, and the words that its packages say are spoken."""

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from pipeline.plan import plan
from sample_media.build import MANIFEST, pinned
from sample_media.makers import MAKERS

STAGES = [step.stage.name for step in plan()] + ["write_back", "index"]
FACTS = {
    "bytes", "camera_time", "claim", "duration", "duration_of_picture", "in_part", "language", "languages", "like",
    "media", "media_type", "no_claim", "not_words", "nothing_said", "objects", "position", "promised", "restricted",
    "same_bytes_as", "scripts", "sha256", "shots", "shown_size", "size", "streams", "text", "text_language",
    "translated", "words",
}  # fmt: skip
ENCODED = {"video", "recording", "sign", "picture", "several"}
"""Makers whose bytes depend on the version of an encoder or of a renderer of letters."""

DIGEST = re.compile(r"[0-9a-f]{64}")
OUTCOME = re.compile(
    r"done|(empty|not_applicable) N-[A-Z]+-\d{3}|unsupported U-[A-Z]+-\d{3}|held H-[A-Z]+-\d{3}|refused E-[A-Z]+-\d{3}"
)


def _folded(text: str) -> set[str]:
    return set(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def test_every_item_has_three_facts_from_source_or_recipe(manifest: dict[str, Any]) -> None:
    for item in manifest["item"]:
        assert len(item["facts"]) >= 3, item["file"]
        assert {fact["from"] for fact in item["facts"]} <= {"source", "recipe"}
        assert {fact["kind"] for fact in item["facts"]} <= FACTS


def test_how_each_stage_ends_is_said_for_each_sort_of_media(manifest: dict[str, Any]) -> None:
    assert set(manifest["expect"]) == {"audio", "image", "other", "video"}
    for expect in manifest["expect"].values():
        assert list(expect) == STAGES
    told = [*manifest["expect"].values(), *(item.get("expect", {}) for item in manifest["item"])]
    for expect in told:
        assert set(expect) <= set(STAGES)
        assert all(OUTCOME.fullmatch(wanted) for wanted in expect.values()), expect


def test_file_names_differ(manifest: dict[str, Any]) -> None:
    names = [item["file"] for item in manifest["item"]]
    assert len(set(names)) == len(names)


def test_every_digest_is_pinned_but_the_encoders(manifest: dict[str, Any]) -> None:
    for item in manifest["item"]:
        if item["recipe"]["make"] in ENCODED:
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
        recipe = items[item["recipe"]["of"]]["recipe"] if "of" in item["recipe"] else item["recipe"]
        recipe = recipe.get("sound", recipe)
        for fact in item["facts"]:
            if fact["kind"] in {"words", "not_words"}:
                parts = recipe.get("parts") or [recipe]
                said = _folded(" ".join(texts[part["source"], path] for part in parts for path in part["prompts"]))
                assert set(fact["value"]) <= said, item["file"]


def test_every_way_of_making_is_used(manifest: dict[str, Any]) -> None:
    assert {item["recipe"]["make"] for item in manifest["item"]} == set(MAKERS)


@pytest.mark.slow
def test_the_sample_is_small_and_nothing_else_lies_in_it(manifest: dict[str, Any], sample: Path) -> None:
    assert {file.name for file in sample.iterdir()} == {item["file"] for item in manifest["item"]}
    assert sum(file.stat().st_size for file in sample.iterdir()) < 10_000_000
