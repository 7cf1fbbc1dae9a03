"""Queueing a batch: what is asked of Airflow, and what a person is told when it does not answer."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.queue import Airflow, open_airflow
from pipeline.settings import read_settings

RUN = {"dag_run_id": "manual__2024"}
Answer = Callable[[httpx.Request], httpx.Response]


def airflow(answer: Answer) -> Airflow:
    return Airflow(url="http://127.0.0.1:1/", user="u", password="p", transport=httpx.MockTransport(answer))


def test_a_batch_is_queued_with_a_token_and_nothing_but_its_reference() -> None:
    asked: list[tuple[str, object, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, json.loads(request.content), request.headers.get("Authorization")))
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        return httpx.Response(200, json=RUN)

    queued = airflow(answer).queue("b-1")
    assert asked == [
        ("/auth/token", {"username": "u", "password": "p"}, None),
        ("/api/v2/dags/process_batch/dagRuns", {"logical_date": None, "conf": {"batch": "b-1"}}, "Bearer t"),
    ]
    assert queued.url == "http://127.0.0.1:1/dags/process_batch/runs/manual__2024"


def test_a_token_that_has_ended_is_asked_for_again() -> None:
    tokens = iter(("old", "new"))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": next(tokens)})
        fresh = request.headers["Authorization"] == "Bearer new"
        return httpx.Response(200, json=RUN) if fresh else httpx.Response(401)

    assert airflow(answer).queue("b").run_id == "manual__2024"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (500, Unavailable, "E-HOST-004"),
        (503, Unavailable, "E-HOST-004"),
        (401, Misconfigured, "E-CONF-001"),
        (403, Misconfigured, "E-CONF-001"),
        (404, Misconfigured, "E-CONF-001"),
        (422, Misconfigured, "E-CONF-001"),
    ],
)
def test_every_refusal_says_who_must_act(status: int, kind: type[PipelineError], code: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        return httpx.Response(status)

    with pytest.raises(kind) as caught:
        airflow(answer).queue("b")
    assert caught.value.code == code


def test_a_server_that_is_not_there_is_unavailable() -> None:
    nobody = Airflow(url="http://127.0.0.1:9", user="u", password="p")
    with pytest.raises(Unavailable) as caught:
        nobody.queue("b")
    nobody.close()
    assert caught.value.code == "E-HOST-004"


def test_without_any_airflow_for_this_home_it_is_unavailable() -> None:
    with pytest.raises(Unavailable) as caught:
        open_airflow(read_settings())
    assert caught.value.next == "start it with make up"


def test_the_airflow_that_was_started_for_this_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "home" / "airflow"
    folder.mkdir(parents=True)
    (folder / "passwords.json").write_text('{"admin": "secret"}')
    (folder / "running.json").write_text('{"url": "http://127.0.0.1:4711", "pid": "1", "ticks": "1"}')
    found = open_airflow(read_settings())
    assert found.url == "http://127.0.0.1:4711"
    found.close()
    monkeypatch.setenv("EVIDENCE_AIRFLOW_URL", "http://127.0.0.1:4712")
    named = open_airflow(read_settings())
    assert named.url == "http://127.0.0.1:4712"
    named.close()
