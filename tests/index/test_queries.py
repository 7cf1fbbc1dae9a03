"""Queries in seven languages, by somebody who did not see how words are folded, are answered as readers expect."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index.scan import Only
from pipeline.index.sqlite import SqliteIndex

QUERIES = Path(__file__).with_name("queries.jsonl")
RECALL = 0.95
TRAPS = 0.01
"""What may be found of them: two names are spelled alike in one script and differ in another (قطر, قطار: *Qatar*)."""

pytestmark = pytest.mark.skipif(not QUERIES.exists(), reason="the set of queries is not here")

Line = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Line, bool]]:
    """Return each line, and whether its passage was found among all."""
    lines = [json.loads(one) for one in QUERIES.read_text(encoding="utf-8").splitlines() if one.strip()]
    index = SqliteIndex(tmp_path_factory.mktemp("queries") / "index.sqlite")
    for n, one in enumerate(lines):
        row = IndexRow(field="ocr", text=one["passage"], enrichment="e", media="image", language=one["language"])
        index.put(AssetId(f"{n:05}"), [row])
    found = []
    for n, one in enumerate(lines):
        hits = index.search(one["query"], permits=lambda *_: True, only=Only([f"{n:05}"])).hits
        found.append((one, bool(hits)))
    index.close()
    return found


def test_the_set_is_large_enough_to_say_something(told: list[tuple[Line, bool]]) -> None:
    assert sum(one["must_match"] for one, _ in told) >= 200
    assert sum(not one["must_match"] for one, _ in told) >= 100


def test_what_readers_take_for_the_same_is_found(told: list[tuple[Line, bool]]) -> None:
    wanted = [(one, found) for one, found in told if one["must_match"]]
    missed = [(one["passage"], one["query"], one["why"]) for one, found in wanted if not found]
    assert len(missed) <= (1 - RECALL) * len(wanted), missed


def test_what_readers_take_for_another_is_not(told: list[tuple[Line, bool]]) -> None:
    traps = [(one, found) for one, found in told if not one["must_match"]]
    hit = [(one["passage"], one["query"], one["why"]) for one, found in traps if found]
    assert len(hit) <= TRAPS * len(traps), hit
