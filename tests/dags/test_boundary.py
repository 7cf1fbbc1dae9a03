"""What a task tells Airflow of an error: who must act, and never a word of evidence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    home = tmp_path_factory.mktemp("airflow")
    env = {**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(CHECKOUT)}
    script = str(Path(__file__).with_name("said.py"))
    answer = subprocess.run(
        [sys.executable, script, str(CHECKOUT / "dags")], env=env, cwd=home, check=True, capture_output=True, text=True
    )
    found: list[list[str]] = json.loads(answer.stdout.splitlines()[-1])
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
