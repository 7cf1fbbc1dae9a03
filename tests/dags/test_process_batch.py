"""The wiring of process_batch: it parses fast and light, refuses bad references, and retries."""

from typing import Any

import pytest

from pipeline.plan import tasks
from pipeline.stages.base import TASKS

GOOD, BAD = 5, 11


def test_every_file_parses_and_nothing_else_is_there(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert "process_batch" in parsed["dags"]


def test_parsing_takes_less_than_half_a_second_and_no_model_library(parsed: dict[str, Any]) -> None:
    assert parsed["seconds"] < 0.5
    assert parsed["models"] == []


def test_parsing_touches_no_state(parsed: dict[str, Any]) -> None:
    assert parsed["home_touched"] is False


def test_the_form_takes_references_and_refuses_everything_else(process_batch: dict[str, Any]) -> None:
    assert process_batch["accepts"] == [True] * GOOD + [False] * BAD
    assert process_batch["accepts_nothing"] is False


def test_the_form_opens_unfolded_and_explains_itself(process_batch: dict[str, Any]) -> None:
    assert process_batch["sections"] == [None]
    assert process_batch["doc"].startswith("Process batch:")
    assert process_batch["tags"]
    assert process_batch["catchup"] is False


def test_every_task_is_tried_again_with_growing_pauses_and_ends_in_time(process_batch: dict[str, Any]) -> None:
    for name, task in process_batch["tasks"].items():
        assert task["retries"] >= 3, name
        assert task["backoff"] > 1, name
        assert 0 < task["timeout"] <= 12 * 3600, name
        assert task["pool"] in {"io", "cpu", "gpu"}, name


def test_shards_run_every_task_that_has_stages_then_write_back(process_batch: dict[str, Any]) -> None:
    expected = {f"shard.{name}" for name in (*tasks(), "write_back")}
    assert {name for name in process_batch["tasks"] if name.startswith("shard.")} == expected
    assert process_batch["tasks"]["shard.write_back"]["after"] == ["plan_shards", f"shard.{tasks()[-1]}"]
    assert process_batch["tasks"]["shard.transcribe"]["after"] == ["plan_shards", "shard.extract"]


def test_reconcile_comes_last_whatever_happened_before(process_batch: dict[str, Any]) -> None:
    reconcile = process_batch["tasks"]["reconcile"]
    assert reconcile["rule"] == "all_done"
    assert reconcile["after"] == ["shard.write_back"]
    assert not any("reconcile" in task["after"] for task in process_batch["tasks"].values())


def test_shards_have_labels_that_say_no_more_than_numbers(process_batch: dict[str, Any]) -> None:
    labels = {task["label"] for name, task in process_batch["tasks"].items() if name.startswith("shard.")}
    assert len(labels) == 1
    assert "shard" in labels.pop()


@pytest.mark.parametrize("task", TASKS)
def test_models_share_a_pool_of_their_own(task: str, process_batch: dict[str, Any]) -> None:
    if found := process_batch["tasks"].get(f"shard.{task}"):
        assert (found["pool"] == "gpu") == (task in {"transcribe", "tag_objects", "translate"})
