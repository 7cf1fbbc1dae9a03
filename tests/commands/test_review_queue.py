"""What waits for a reviewer: the least reliable first, nothing twice, nobody in another's way."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.service.app import App
from tests.commands.conftest import Grant, State, segment, spoken
from tests.service.conftest import Evidence, tone

pytestmark = pytest.mark.slow

TAGS = {"tags": [{"label": "truck", "score": 0.9, "calibrated": None, "t": None}], "calibration": None, "unseen": []}


@pytest.fixture
def said(assets: list[str], state: State) -> dict[str, str]:
    """Three statements: sure, doubted, and labels."""
    return {
        "sure": state(assets[0], spoken(segment(0, "in three cars", confidence=0.99))),
        "doubted": state(assets[1], spoken(segment(0, "they cam", reliability="low"), segment(2, "yes"))),
        "tags": state(assets[2], TAGS, kind="tags"),
    }


def waiting(evidence: Evidence, *more: str, **given: Any) -> list[str]:
    return [one["enrichment"] for one in evidence("judgements", "--queue", *more, **given).json["queue"]]


def judge(evidence: Evidence, asset: str, enrichment: str, at: str, verdict: str = "confirm", **given: Any) -> None:
    said = evidence("judge", asset, "--enrichment", enrichment, "--at", at, verdict, "--reason", "looked", **given)
    assert said.code == 0, said.text


def test_the_least_reliable_comes_first_and_leaves_when_somebody_looked(
    evidence: Evidence, assets: list[str], said: dict[str, str]
) -> None:
    assert waiting(evidence) == [said["doubted"], said["tags"], said["sure"]]
    first = evidence("judgements", "--queue", "--limit", "1").json
    assert (first["more"], [one["pointer"] for one in first["queue"][0]["values"]]) == (True, ["/segments/0/text"])
    assert waiting(evidence, "--kind", "tags") == [said["tags"]]
    assert waiting(evidence, "--batch", "b1", "--kind", "transcript") == [said["doubted"], said["sure"]]
    judge(evidence, assets[1], said["doubted"], "/segments/1/text")
    assert waiting(evidence)[0] == said["doubted"]  # what is doubted in it was not looked at
    judge(evidence, assets[1], said["doubted"], "/segments/0/text", "comment")
    assert waiting(evidence)[0] == said["doubted"]  # a comment is no verdict
    judge(evidence, assets[1], said["doubted"], "/segments/0/text", "reject")
    judge(evidence, assets[0], said["sure"], "")
    assert waiting(evidence) == [said["tags"]]


def test_what_is_said_again_with_the_same_value_does_not_come_back(
    evidence: Evidence, assets: list[str], said: dict[str, str], state: State
) -> None:
    judge(evidence, assets[1], said["doubted"], "/segments/0/text")
    state(assets[1], spoken(segment(0, "they cam", reliability="low")), model="model-b")
    other = state(assets[0], spoken(segment(0, "in four cars", reliability="low")), model="model-b")
    assert waiting(evidence) == [other, said["tags"]]


def test_what_one_has_taken_another_does_not_get_until_it_ends(
    evidence: Evidence, app: App, said: dict[str, str], grant: Grant
) -> None:
    ana, reviews = grant("ana"), app.home.catalogue.reviews
    taken = evidence("judgements", "--claim", "--limit", "1", actor="ana").json["queue"]
    assert [one["enrichment"] for one in taken] == [said["doubted"]]
    assert taken[0]["claimed_until"]
    assert waiting(evidence) == [said["tags"], said["sure"]]
    assert waiting(evidence, actor="ana")[0] == said["doubted"]
    assert evidence("judgements", "--give-back", actor="ana").json == {"given_back": 1}
    assert waiting(evidence)[0] == said["doubted"]
    evidence("judgements", "--claim", "--limit", "1", actor="ana")
    one = next(it for it in reviews.waiting() if it.enrichment == said["doubted"])
    assert not reviews.claim(one, "p-another", seconds=60, most=1)
    assert reviews.claim(one, ana, seconds=-1, most=1)  # it has ended
    assert waiting(evidence)[0] == said["doubted"]


def test_with_double_review_it_waits_for_another_person(
    evidence: Evidence, assets: list[str], said: dict[str, str], grant: Grant, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("reviews_required = 2\n", encoding="utf-8")
    grant("ana")
    judge(evidence, assets[1], said["doubted"], "/segments/0/text", actor="ana")
    assert said["doubted"] not in waiting(evidence, actor="ana")
    (row,) = [one for one in evidence("judgements", "--queue").json["queue"] if one["enrichment"] == said["doubted"]]
    assert [one["state"] for one in row["values"]] == ["waiting"]
    judge(evidence, assets[1], said["doubted"], "/segments/0/text")
    assert said["doubted"] not in waiting(evidence)


def test_nobody_is_shown_what_they_may_not_see_or_review(
    evidence: Evidence, app: App, said: dict[str, str], grant: Grant, tmp_path: Path
) -> None:
    (tmp_path / "four.txt").write_text("four", encoding="utf-8")
    evidence("submit", tmp_path / "four.txt", "--batch", "b2")
    grant("reader", "reader")
    grant("ana", batches=["b2"])
    for who in ("reader", "stranger"):
        assert evidence("judgements", "--queue", actor=who).json["error"]["code"] == "E-ACCESS-001"
    assert waiting(evidence, actor="ana") == []
    assert evidence("judgements", "--queue", "--batch", "b1", actor="ana").json["error"]["code"] == "E-ACCESS-001"
    app.ending.place_access(next(one.asset for one in app.home.catalogue.reviews.waiting()))
    grant("ben")
    assert waiting(evidence, actor="ben") == [said["tags"], said["sure"]]


def test_the_scoreboard_counts_what_persons_judged(
    evidence: Evidence, assets: list[str], said: dict[str, str], state: State, grant: Grant
) -> None:
    labels = [{**TAGS["tags"][0], "label": one, "t": float(n)} for n, one in enumerate(("truck", "truck", "cat"))]  # type: ignore[index]  # a list
    tags = state(assets[0], {**TAGS, "tags": labels}, kind="tags", model="seer")
    for at, verdict in (("/tags/0/label", "confirm"), ("/tags/1", "reject"), ("/tags/2/label", "confirm")):
        judge(evidence, assets[0], tags, at, verdict)
    judge(evidence, assets[1], said["doubted"], "/segments/1/text")
    corrected = evidence(
        "judge", assets[1], "--enrichment", said["doubted"], "--at", "/segments/0/text", "correct",
        "--value", '"they came"', "--reason", "heard",
    )  # fmt: skip
    assert corrected.code == 0
    judge(evidence, assets[0], said["sure"], "/segments/0/text", "reject")
    board = evidence("scoreboard").json
    rows = {(one["kind"], one["model"]): one for one in board["models"]}
    transcripts = rows["transcript", "model-a"]
    assert (transcripts["wer"]["errors"], transcripts["wer"]["units"]) == (1, 3)
    assert (transcripts["words_invented"], transcripts["corrected"], transcripts["assets"]) == (3, 1, 2)
    assert rows["tags", "seer"]["labels"] == {
        "cat": {"confirmed": 1, "precision": 1.0}, "truck": {"confirmed": 1, "rejected": 1, "precision": 0.5},
    }  # fmt: skip
    grant("ana", batches=["b2"])
    assert evidence("scoreboard", actor="ana").json == {"assets": 0, "models": []}


def test_models_are_measured_against_what_persons_wrote(
    evidence: Evidence, app: App, state: State, tmp_path: Path
) -> None:
    items = evidence("submit", tone(tmp_path / "tone.wav"), "--batch", "b1").json["items"]
    asset = str(items[0]["asset"])
    assert app.home.catalogue.assets_like(asset)
    assert evidence("evaluate", "speech", "--reviewed").json["error"]["code"] == "E-EVAL-001"
    one = state(asset, spoken(segment(0, "they cam", reliability="low"), segment(2, "yes")))
    judge(evidence, asset, one, "/segments/1/text", "reject")
    assert evidence("evaluate", "speech", "--reviewed").json["error"]["code"] == "E-EVAL-001"  # half of it is open
    evidence(
        "judge", asset, "--enrichment", one, "--at", "/segments/0/text", "correct",
        "--value", '"they came at dawn"', "--reason", "heard",
    )  # fmt: skip
    measured = evidence("evaluate", "speech", "--reviewed").json
    assert (measured["items"], measured["languages"]["en"]["wer"]["units"]) == (1, 4)
    assert measured["languages"]["en"]["wer"]["rate"] == 1.0  # it is a tone: today's model hears no word in it
    assert not list((tmp_path / "home" / "scratch").glob("reviewed-*"))
