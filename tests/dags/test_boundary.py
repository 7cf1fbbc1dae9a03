"""What a task tells Airflow of an error: who must act, and never a word of evidence."""

from typing import Any

import pytest


@pytest.fixture
def told(parsed: dict[str, Any]) -> list[list[str]]:
    found: list[list[str]] = parsed["said"]
    return found


def test_no_word_of_a_message_passes(told: list[list[str]]) -> None:
    for _, message, trace in told:
        assert "witness" not in message + trace
        assert "36.19" not in message + trace


def test_only_what_may_pass_by_itself_is_tried_again(told: list[list[str]]) -> None:
    assert [kind for kind, _, _ in told] == [
        "AirflowFailException",  # settings: a person must act
        "AirflowException",  # an outage: try again
        "AirflowFailException",  # the run does not add up
        "AirflowException",  # unforeseen: try again
    ]


def test_the_code_says_who_must_act(told: list[list[str]]) -> None:
    assert told[0][1].startswith("E-CONF-001: ")
    assert "operator" in told[0][1]
    assert told[3][1].startswith("E-STAGE-001: ValueError at said.py:")
