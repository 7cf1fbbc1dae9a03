"""The wiring of rebuild_index: shards are read side by side, then put in place once, by counts and codes alone."""

from typing import Any

import pytest

GOOD, BAD = 4, 6


@pytest.fixture
def rebuild_index(parsed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parsed["dags"]["rebuild_index"]
    return found


def test_shards_are_planned_then_read_then_put_in_place(rebuild_index: dict[str, Any]) -> None:
    tasks = rebuild_index["tasks"]
    assert {name: task["after"] for name, task in tasks.items()} == {
        "plan_shards": [], "read": ["plan_shards"], "swap": ["plan_shards", "read"],
    }  # fmt: skip
    assert tasks["swap"]["rule"] == "all_success"  # a shard that is missing must not be swapped over


def test_every_task_is_tried_again_and_ends_in_time(rebuild_index: dict[str, Any]) -> None:
    for name, task in rebuild_index["tasks"].items():
        assert task["retries"] >= 3, name
        assert task["backoff"] > 1, name
        assert 0 < task["timeout"] <= 12 * 3600, name
        assert task["pool"] in {"io", "cpu"}, name


def test_the_form_may_stay_empty_and_takes_only_numbers(rebuild_index: dict[str, Any]) -> None:
    assert rebuild_index["accepts_nothing"] is True
    assert rebuild_index["shards"] == [True] * GOOD + [False] * BAD
    assert rebuild_index["sections"] == [None]
    assert rebuild_index["doc"].startswith("Rebuild index:")


def test_the_label_of_a_shard_is_two_numbers(rebuild_index: dict[str, Any]) -> None:
    label = rebuild_index["tasks"]["read"]["label"]
    assert label == "shard {{ task.op_kwargs['shard']['n'] }} of {{ task.op_kwargs['shard']['of'] }}"
