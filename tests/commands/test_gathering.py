"""Tags and collections: each person sees of them what they may see of the assets."""

from typing import Any

import pytest

from pipeline.service.app import App
from tests.commands.conftest import Grant
from tests.service.conftest import Evidence

pytestmark = pytest.mark.slow


def code(said: Any) -> str:
    assert said.code == 2, said.text
    return str(said.json["error"]["code"])


def test_a_tag_is_put_on_found_and_taken_off(evidence: Evidence, assets: list[str], grant: Grant) -> None:
    grant("reader", "reader")
    assert evidence("tag", "add", assets[0][:10], "  Check   point ").json["tag"] == "Check point"
    evidence("tag", "add", assets[1], "Check point")
    assert code(evidence("tag", "add", assets[0], "Check point")) == "E-CONF-009"
    assert code(evidence("tag", "add", assets[0], "x\u202ey")) == "E-CONF-009"
    assert code(evidence("tag", "add", assets[0], "mine", actor="reader")) == "E-ACCESS-001"
    assert code(evidence("tag", "list", assets[0], actor="stranger")) == "E-FIND-001"
    assert evidence("tag", "find", "Check point", actor="reader").json["assets"] == sorted(assets[:2])
    assert evidence("tag", "list", actor="stranger").json == {"tags": {}}
    evidence("tag", "remove", assets[0], "Check point")
    assert evidence("tag", "list").json == {"tags": {"Check point": 1}}
    assert evidence("tag", "list", assets[0]).json["tags"] == []
    assert [one["by"] for one in evidence("tag", "list", assets[1]).json["tags"]] == ["custodian"]


def test_a_collection_shows_each_what_they_may_see(
    evidence: Evidence, app: App, assets: list[str], grant: Grant
) -> None:
    grant("ana", "analyst")
    made = evidence("collection", "new", "Dawn", "--about", "cars before six", actor="ana").json["collection"]
    for asset in assets[:2]:
        evidence("collection", "add", made, asset, actor="ana")
    assert code(evidence("collection", "add", "Dawn", assets[0], actor="ana")) == "E-CONF-009"
    grant("ben", "reader")
    shown = evidence("collection", "show", "Dawn", actor="ben").json
    assert (shown["assets"], shown["about"]) == (sorted(assets[:2]), "cars before six")
    app.ending.place_access(assets[0])
    assert evidence("collection", "show", "Dawn", actor="ben").json["assets"] == [assets[1]]
    assert evidence("collection", "list", actor="ben").json["collections"][0]["assets"] == 1
    app.ending.place_access(assets[1])
    assert evidence("collection", "list", actor="ben").json == {"collections": []}
    assert code(evidence("collection", "show", "Dawn", actor="ben")) == "E-COLLECT-001"
    assert code(evidence("collection", "show", "Dusk", actor="ben")) == "E-COLLECT-001"
    assert evidence("collection", "list", actor="ana").json["collections"][0]["assets"] == 0


def test_only_its_maker_and_custodians_change_a_collection(evidence: Evidence, assets: list[str], grant: Grant) -> None:
    for name in ("ana", "ben"):
        grant(name, "analyst")
    made = evidence("collection", "new", "Dawn", actor="ana").json["collection"]
    evidence("collection", "add", made, assets[0], actor="ana")
    assert code(evidence("collection", "rename", made, "Dusk", actor="ben")) == "E-ACCESS-001"
    assert evidence("collection", "rename", made, "Dusk", actor="ana").json["name"] == "Dusk"
    evidence("collection", "remove", made, assets[0])
    assert evidence("collection", "show", "Dusk").json["assets"] == []
    evidence("collection", "end", "Dusk")
    assert evidence("collection", "list").json == {"collections": []}
    assert code(evidence("collection", "show", made, actor="ana")) == "E-COLLECT-001"


def test_a_name_that_was_never_made_is_no_name(evidence: Evidence) -> None:
    assert code(evidence("collection", "new", "")) == "E-CONF-009"
    assert code(evidence("collection", "add", "x")) == "E-CONF-009"
    assert code(evidence("tag", "add", "x")) == "E-CONF-009"
