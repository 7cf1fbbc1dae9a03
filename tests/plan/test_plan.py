"""The order of the line is what a person agreed to, and stages that do not fit are named."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import Kind
from pipeline.errors import Misconfigured
from pipeline.plan import plan, tasks
from pipeline.stages.base import MEDIA, Result, Stage

GOLDEN = Path(__file__).parent.parent / "golden" / "plan.txt"


def made(name: str, **given: Any) -> Stage:
    parts: dict[str, Any] = {
        "version": 1, "reads": (), "maybe": (), "media": MEDIA, "engine": None, "task": "extract", "tools": (),
        "limits": (), "work": lambda _job: Result(),
    }  # fmt: skip
    return Stage(name=name, **{**parts, **given})


def test_the_plan_is_the_golden_one() -> None:
    assert "".join(f"{step}\n" for step in plan()) == GOLDEN.read_text(encoding="utf-8")


def test_the_tasks_come_in_the_order_of_the_dag() -> None:
    assert tasks() == ("extract", "transcribe", "tag_objects", "translate", "geolocate")


def test_the_order_does_not_depend_on_the_order_given() -> None:
    stages = [step.stage for step in plan()]

    assert plan(reversed(stages)) == plan(stages)


def test_reading_what_nothing_writes_is_refused() -> None:
    with pytest.raises(Misconfigured, match="lonely reads places"):
        plan([made("lonely", reads=(Kind.PLACES,), writes=Kind.AUDIO)])


def test_two_writers_of_one_kind_are_refused() -> None:
    with pytest.raises(Misconfigured, match="one and two both write audio"):
        plan([made("one", writes=Kind.AUDIO), made("two", writes=Kind.AUDIO)])


def test_a_circle_is_refused_by_name() -> None:
    one = made("one", reads=(Kind.OCR,), writes=Kind.AUDIO)
    two = made("two", reads=(Kind.AUDIO,), writes=Kind.OCR)

    with pytest.raises(Misconfigured, match="wait for each other: one, two"):
        plan([one, two])


def test_reading_from_a_later_task_is_refused() -> None:
    early = made("early", reads=(Kind.OCR,), writes=Kind.AUDIO)
    late = made("late", writes=Kind.OCR, task="translate")

    with pytest.raises(Misconfigured, match="early runs before late"):
        plan([early, late])


def test_an_optional_input_from_a_later_task_is_refused_too() -> None:
    # One process would read it, tasks would not: the same material would get two results.
    early = made("early", maybe=(Kind.OCR,), writes=Kind.AUDIO)
    late = made("late", writes=Kind.OCR, task="translate")

    with pytest.raises(Misconfigured, match="early runs before late"):
        plan([early, late])


def test_an_optional_input_sets_the_order_but_is_not_required() -> None:
    first = made("zeta", writes=Kind.KEYFRAMES)
    second = made("alpha", maybe=(Kind.KEYFRAMES, Kind.OCR), writes=Kind.PREVIEWS)

    assert [step.stage.name for step in plan([second, first])] == ["zeta", "alpha"]
