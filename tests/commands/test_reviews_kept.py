"""What persons said is in the vault: a rebuild brings it back, a kill loses nothing, a disposal takes it away."""

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from pipeline.service import open_app
from pipeline.service.app import App
from pipeline.usecases import review_registers
from tests.commands.conftest import State, segment, spoken
from tests.service.conftest import Evidence

pytestmark = pytest.mark.slow

SECRET = "they came at sunrise"


def told(evidence: Evidence, asset: str) -> list[Any]:
    return [
        evidence(*words).json
        for words in (
            ("show", asset), ("judgements", asset), ("judgements",), ("judgements", "--queue"), ("tag", "list"),
            ("collection", "list"), ("collection", "show", "Dawn"), ("scoreboard",), ("search", "sunrise"),
        )
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def said(evidence: Evidence, assets: list[str], state: State) -> str:
    """Judge, tag and collect the first asset."""
    one = state(assets[0], spoken(segment(0, "they cam at dawn", reliability="low"), segment(2, "in three cars")))
    for verdict, more in (("correct", ("--value", f'"{SECRET}"')), ("comment", ())):
        evidence(
            "judge", assets[0], "--enrichment", one, "--at", "/segments/0/text", verdict, "--reason", SECRET, *more
        )
    evidence("tag", "add", assets[0], "Checkpoint")
    evidence("collection", "new", "Dawn")
    evidence("collection", "add", "Dawn", assets[0])
    return one


def left(home: Path, words: str) -> list[Path]:
    files = [Path(place, name) for place, _, names in os.walk(home / "vault") for name in names]
    return [one for one in files if words.encode() in one.read_bytes()]


def test_a_rebuild_from_the_vault_alone_brings_everything_back(
    evidence: Evidence, app: App, assets: list[str], home: Path
) -> None:
    before, digest = told(evidence, assets[0]), evidence("rebuild", "catalogue").json
    assert digest["digest"] == digest["before"]
    app.close()
    for one in home.iterdir():
        if one.name not in {"vault", "models.lock"}:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    assert told(evidence, assets[0]) == before
    assert evidence("rebuild", "catalogue").json["digest"] == digest["digest"]
    assert len(before[1]["judgements"]) == 2
    assert before[6]["assets"] == [assets[0]]
    assert [one["field"] for one in before[8]["hits"]] == ["correction"]


def test_what_came_while_a_catalogue_was_rebuilt_is_in_it(
    evidence: Evidence, app: App, assets: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.catalogue.beside import Beside

    check = Beside.check

    def meanwhile(beside: Beside) -> Any:
        found = check(beside)
        evidence("judge", assets[0], "--enrichment", said, "confirm", "--reason", "meanwhile")
        evidence("tag", "add", assets[1], "Later")
        return found

    monkeypatch.setattr(Beside, "check", meanwhile)
    app.rebuilding.rebuild("catalogue")
    assert len(evidence("judgements", assets[0]).json["judgements"]) == 3
    assert evidence("tag", "list").json["tags"] == {"Checkpoint": 1, "Later": 1}


class KilledError(Exception):
    """The end of a process, in a test."""


def kill(*_given: Any, **_more: Any) -> None:
    raise KilledError


@pytest.mark.parametrize(("before", "stands"), [("append", False), ("digest", True), ("settle", True)])
def test_who_is_killed_while_judging_leaves_a_whole_record_or_none(
    evidence: Evidence, app: App, said: str, before: str, stands: bool
) -> None:
    asset = next(iter(app.home.catalogue.reviews.assets("judgement")))
    things = {"append": app.home.registers, "digest": review_registers, "settle": app.home.catalogue.reviews}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(things[before], before, kill)
        with pytest.raises(KilledError):
            app.judging.judge(asset, enrichment=said, pointer="", verdict="confirm", reason="killed")
    count = 3 if stands else 2
    assert len(evidence("judgements", asset).json["judgements"]) == count
    counted = evidence("rebuild", "catalogue").json
    assert counted["digest"] == counted["before"]
    assert evidence("verify-log").json["findings"] == []
    again = open_app()
    assert len(again.home.catalogue.reviews.of_asset(asset)) == count + 2
    again.close()


def test_with_its_asset_goes_what_was_said_of_it(
    evidence: Evidence, assets: list[str], state: State, home: Path
) -> None:
    other = state(assets[1], spoken(segment(0, "another")))
    evidence("judge", assets[1], "--enrichment", other, "confirm", "--reason", "kept")
    assert left(home, SECRET)
    assert left(home, "Checkpoint")
    gone = evidence("dispose", assets[0], "--reason", "ordered", "--confirm", assets[0])
    assert gone.code == 0, gone.text
    assert left(home, SECRET) == []
    assert left(home, "Checkpoint") == []
    assert left(home, "they cam at dawn") == []
    assert evidence("tag", "list").json == {"tags": {}}
    assert evidence("collection", "show", "Dawn").json["assets"] == []
    assert evidence("search", "sunrise").json["hits"] == []
    assert len(evidence("judgements", assets[1]).json["judgements"]) == 1
    assert evidence("audit", "--full").json["findings"] == []
    assert evidence("verify-log").json["findings"] == []
    counted = evidence("rebuild", "catalogue").json
    assert counted["digest"] == counted["before"]


def test_the_same_bytes_come_back_without_what_was_said_before(
    evidence: Evidence, assets: list[str], state: State, tmp_path: Path
) -> None:
    evidence("dispose", assets[0], "--reason", "ordered", "--confirm", assets[0])
    evidence("submit", tmp_path / "one.txt", "--batch", "b2")
    again = state(assets[0], spoken(segment(0, "they cam at dawn")))
    listed = evidence("judgements", assets[0]).json
    assert (listed["judgements"], listed["void"]) == ([], [])
    evidence("judge", assets[0], "--enrichment", again, "confirm", "--reason", "again")
    assert len(evidence("judgements", assets[0]).json["judgements"]) == 1


def test_two_persons_at_once_lose_no_word(app: App, assets: list[str], said: str) -> None:
    views = [app, app.as_person(app.custody.grant("ana", role="reviewer")["id"])]

    def work(view: App) -> None:
        for number in range(4):
            where = f"/segments/{number % 2}/text"
            view.judging.judge(assets[0], enrichment=said, pointer=where, verdict="confirm", reason="at once")

    several = [threading.Thread(target=work, args=(view,)) for view in views]
    for one in several:
        one.start()
    for one in several:
        one.join()
    told = app.judging.judgements(assets[0])["judgements"]
    assert len(told) == 2 + 8
    assert app.home.catalogue.reviews.unsure() == {}
    assert len(list(app.home.registers.read(f"review/{assets[0][:2]}"))) == 2 + 2 + 8


def test_a_register_that_vanished_is_named(evidence: Evidence, assets: list[str], home: Path) -> None:
    for one in (home / "vault" / "registers").glob("*/*/*/*review*"):
        shutil.rmtree(one)
    findings = evidence("audit", "--full").json["findings"]
    assert any(one["path"].endswith(f"review%2f{assets[0][:2]}") and one["code"] == "E-VAULT-003" for one in findings)
