"""What an operator's list or a reviewer names: closed at once, nothing made from it, and no word of why."""

import hashlib
import json
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index.answer import Filters
from pipeline.index.area import Area
from pipeline.service import open_app
from tests.service.conftest import Evidence, tone

HERE = Filters(near=Area(lat=36.2, lon=37.2, km=50))
EXACT = ["sha256", pytest.param("sha1", marks=pytest.mark.slow), pytest.param("md5", marks=pytest.mark.slow)]


def lists(tmp_path: Path, *lines: str, name: str = "hotline-list.txt") -> Path:
    """Configure a list."""
    file = tmp_path / name
    file.write_bytes("\r\n".join(lines).encode())
    (tmp_path / "settings.toml").write_text(f"unlawful_digests = [{json.dumps(str(file))}]\n", encoding="utf-8")
    return file


def spelled(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest().upper()


def derived(home: Path) -> list[Path]:
    return [one for one in (home / "derivatives").rglob("*") if one.is_file()]


def _anybody(_asset: str, _row: IndexRow) -> bool:
    return True


def passages(asset: str) -> int:
    app = open_app()
    try:
        return sum(one.asset == asset for one in app.home.index.search("", permits=_anybody, filters=HERE).hits)
    finally:
        app.close()


@pytest.mark.parametrize("algorithm", EXACT)
def test_what_is_listed_is_held_in_every_stage(
    evidence: Evidence, tmp_path: Path, home: Path, algorithm: str
) -> None:  # fmt: skip
    file = tone(tmp_path / "a.wav")
    lists(tmp_path, "# of the hotline", spelled(algorithm, file.read_bytes()))
    (item,) = evidence("submit", file, "--batch", "b1").json["items"]
    status = evidence("process", "b1").json
    assert item["outcome"] == "preserved"
    assert {one: tally for one, tally in status["outcomes"].items() if one != "write_back"} == {
        one: {"held": 1} for one in status["outcomes"] if one != "write_back"
    }
    assert status["accounted"] == 1
    assert derived(home) == []
    shown = evidence("show", item["asset"]).json
    assert {one["code"] for one in shown["enrichments"]} == {"H-HOLD-001"}
    assert all(not one["derivatives"] and not one["body"] for one in shown["enrichments"])


def test_to_anybody_else_it_does_not_exist_and_the_log_says_nothing(
    evidence: Evidence, tmp_path: Path, home: Path
) -> None:  # fmt: skip
    file = tone(tmp_path / "a.wav")
    named = lists(tmp_path, spelled("sha256", file.read_bytes()))
    (item,) = evidence("submit", file, "--batch", "b1").json["items"]
    for permission in ("view", "search", "export"):
        evidence("grant", "analyst", "--permission", permission, "--batch", "b1")
    assert evidence("show", item["asset"], actor="analyst").json["error"]["code"] == "E-FIND-001"
    assert evidence("show", "0" * 64, actor="analyst").json["error"]["code"] == "E-FIND-001"
    log = b"".join(one.read_bytes() for one in home.glob("vault/log/segments/*.jsonl"))
    entries = [json.loads(line) for line in log.splitlines()]
    (hold,) = [one for one in entries if one.get("act") == "hold"]
    assert hold["subject"] == item["asset"]
    assert not {"ground", "list_digest"} & {*hold, *hold.get("facts", ())}
    for word in (named.name.encode(), b"hotline", b"listed", b"a.wav"):
        assert word not in log


def test_a_mark_withdraws_what_was_made(evidence: Evidence, processed: dict[str, str], home: Path) -> None:
    asset = processed["place.jpg"]
    before = evidence("show", asset).json
    made = {one["sha256"] for found in before["enrichments"] for one in found["derivatives"]}
    assert evidence("search", "", "--near", "36.2,37.2,50").json["total"] == 1
    evidence("grant", "reviewer", "--permission", "view", "--permission", "search", "--batch", "b1")

    assert evidence("hold", "place", "unlawful", asset, actor="reviewer").json["ground"] == "marked"

    assert made
    assert not made & {one.name for one in derived(home)}
    assert evidence("search", "", "--near", "36.2,37.2,50").json["total"] == 0
    assert passages(asset) == 0
    assert evidence("show", asset, actor="reviewer").json["error"]["code"] == "E-FIND-001"
    assert evidence("status", "b1").json["outcomes"]["index"].get("held") == 1
    page = home.parent / "page.html"
    evidence("report", "b1", "--to", page)
    assert "data:image/jpeg" not in page.read_text(encoding="utf-8")
    assert evidence("hold", "lift", "access", asset, "--reason", "a mistake", actor="reviewer").code == 2
    assert evidence("audit").json["findings"] == []


@pytest.mark.slow
def test_after_a_rebuild_it_is_still_withdrawn(evidence: Evidence, processed: dict[str, str]) -> None:
    asset = processed["place.jpg"]
    evidence("hold", "place", "access", asset)
    before = evidence("status", "b1").json
    evidence("rebuild", "catalogue")
    evidence("rebuild", "index")
    assert evidence("status", "b1").json == before
    assert passages(asset) == 0


@pytest.mark.slow
def test_what_is_let_go_comes_back_and_stays(evidence: Evidence, processed: dict[str, str], tmp_path: Path) -> None:
    asset = processed["place.jpg"]
    evidence("hold", "place", "access", asset)
    evidence("hold", "lift", "access", asset, "--reason", "a mistake")
    assert evidence("search", "", "--near", "36.2,37.2,50").json["total"] == 1
    lists(tmp_path, asset)
    assert evidence("hold", "check").json == {"checked": 4, "held": 0}  # a custodian decided about it


@pytest.mark.slow
def test_a_list_that_grew_is_compared_with_all_that_is_here(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path
) -> None:
    asset = processed["place.jpg"]
    app = open_app()
    with app.home.vault.original(AssetId(asset)) as path:
        data = path.read_bytes()
    app.close()
    lists(tmp_path, spelled("md5", data))
    assert evidence("hold", "check").json == {"checked": 4, "held": 1}
    assert evidence("hold", "list").json["access_holds"] == [asset]
    assert evidence("hold", "check").json == {"checked": 4, "held": 0}


@pytest.mark.slow
def test_a_copy_of_a_listed_picture_is_held_as_soon_as_it_is_hashed(
    evidence: Evidence, testdata: Path, tmp_path: Path, home: Path
) -> None:
    from PIL import Image

    from pipeline.settings import read_settings
    from pipeline.tools import open_tools

    picture = testdata / "photo_objects" / "bus.jpg"
    tools = open_tools(read_settings())
    (still,) = tools.stills(picture, None, (), lambda _frame: picture)
    value = tools.pdq(still.small, 0).values[0].hex()
    tools.close()
    lists(tmp_path, f"pdq:{value}")
    copy = tmp_path / "copy.jpg"
    Image.open(picture).resize((400, 500)).save(copy, quality=60)
    (item,) = evidence("submit", copy, "--batch", "b1").json["items"]
    status = evidence("process", "b1").json
    assert status["outcomes"]["fingerprint"] == {"done": 1}
    assert status["outcomes"]["previews"] == status["outcomes"]["detect"] == status["outcomes"]["index"] == {"held": 1}
    assert evidence("hold", "list").json["access_holds"] == [item["asset"]]
    assert derived(home) == []


@pytest.mark.parametrize(("line", "told"), [("photo.jpg", "line 2 is no digest"), (None, "No such file")])
def test_a_bad_list_is_named_and_nothing_is_taken_in(
    evidence: Evidence, tmp_path: Path, line: str | None, told: str
) -> None:
    named = lists(tmp_path, "ab" * 32, line or "")
    if line is None:
        named.unlink()
    said = evidence("submit", tone(tmp_path / "a.wav"), "--batch", "b1")
    assert said.code == 2
    assert said.json["error"]["code"] == "E-CONF-001"
    assert str(named) in said.json["error"]["reason"]
    assert told in said.json["error"]["reason"]
    assert line is None or line not in said.json["error"]["reason"]
    app = open_app()
    assert list(app.home.vault.assets()) == []
    app.close()
