"""Inventory: every figure against the material; and nobody counts what they may not know of."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId, Enrichment, Kind, Maker, Outcome
from pipeline.exports.inventory import write_csv, write_page
from pipeline.service import open_app
from tests.service.conftest import Evidence
from tests.service.test_ending import BATCH, past

SIZES = {"one": 40, "two": 150_000, "three": 2_000_000}


def counted(document: Any, by: str) -> dict[str, tuple[int, int]]:
    """Return value → (assets, bytes)."""
    return {one["value"]: (one["assets"], one["bytes"]) for one in document["by"][by]}


@pytest.fixture
def assets(evidence: Evidence, tmp_path: Path) -> dict[str, str]:
    """``one``, ``two`` and a path without bytes came in b1, ``one`` again and ``three``, an interview, in b2."""
    for name, size in SIZES.items():
        (tmp_path / name).write_bytes(name.encode().ljust(size, b"."))
    first = evidence("submit", tmp_path / "one", tmp_path / "two", tmp_path / "none", "--batch", "b1").json["items"]
    again = evidence("submit", tmp_path / "one", "--batch", "b2").json["items"]
    last = evidence("submit", tmp_path / "three", "--batch", "b2", "--source", "interview").json["items"]
    return {"one": first[0]["asset"], "two": first[1]["asset"], "three": last[0]["asset"], "again": again[0]["asset"]}


@pytest.fixture
def read(evidence: Evidence, assets: dict[str, str]) -> dict[str, str]:
    """Let a format and a transcript be known of ``one``, in the vault; the catalogue is filled from there."""
    one = AssetId(assets["one"])
    shape = {"media": "video", "media_type": "video/mp4", "puid": "fmt/199"}
    listener = Maker(stage="transcribe", version=1, model="whisper", weights_sha256="e" * 64)
    made: dict[str, Any] = {"asset": one, "basis": (), "outcome": Outcome.DONE, "made_at": "2026"}
    records = [
        Enrichment(kind=Kind.FORMAT, maker=Maker(stage="identify", version=1), body=shape, **made).as_json(),
        Enrichment(kind=Kind.TRANSCRIPT, maker=listener, body={"segments": []}, **made).as_json(),
    ]
    app = open_app()
    app.home.vault.write_back(one, "run", records, {})
    app.close()
    assert evidence("rebuild", "catalogue").code == 0
    return assets


def test_every_figure(evidence: Evidence, read: dict[str, str]) -> None:
    assert read["one"] == read["again"]
    document = evidence("inventory").json
    every, small = sum(SIZES.values()), SIZES["one"] + SIZES["two"]
    assert (document["assets"], document["items"], document["bytes"]) == (3, 4, every)
    assert document["items_without_bytes"] == 1
    assert counted(document, "batch") == {"b1": (2, small), "b2": (2, SIZES["one"] + SIZES["three"])}
    assert counted(document, "source") == {"submitted": (2, small), "interview": (1, SIZES["three"])}
    assert counted(document, "kind") == {"video": (1, 40), "not identified": (2, every - 40)}
    assert counted(document, "format") == {"video/mp4 (fmt/199)": (1, 40), "not identified": (2, every - 40)}
    assert counted(document, "size") == {
        "1 up to 100 kB": (1, 40), "2 up to 1 MB": (1, 150_000), "3 up to 10 MB": (1, 2_000_000)
    }  # fmt: skip
    assert document["by"]["model"] == [
        {"value": "whisper", "weights_sha256": "e" * 64, "results": 1, "assets": 1, "bytes": 40}
    ]
    assert counted(document, "conditions")["seen by: named persons"] == (1, SIZES["three"])
    assert counted(document, "retention") == {"no rule": (3, every), "legal hold: no": (3, every)}


@pytest.mark.slow
def test_what_is_found_while_the_line_runs_is_counted_too(evidence: Evidence, assets: dict[str, str]) -> None:
    evidence("process", "b1", "--stage", "identify")
    assert counted(evidence("inventory", "--by", "kind").json, "kind")["other"][0] == 2
    assert assets


@pytest.mark.slow
def test_rules_and_holds(evidence: Evidence, assets: dict[str, str]) -> None:
    past(BATCH)
    evidence("retain", "set", "--source", "interview", "--without-end", "--reason", "x")
    evidence("hold", "place", "legal", assets["two"], "--reason", "x")
    evidence("hold", "place", "access", assets["three"])
    document = evidence("inventory", "--by", "retention", "--by", "conditions").json
    assert {name: one[0] for name, one in counted(document, "retention").items()} == {
        "due now": 2, "review due": 2, "kept without end": 1, "legal hold: yes": 1, "legal hold: no": 2
    }  # fmt: skip
    assert counted(document, "conditions")["access hold: yes"] == (1, SIZES["three"])
    assert set(document["by"]) == {"retention", "conditions"}


@pytest.fixture
def as_ana(evidence: Evidence, read: dict[str, str]) -> Callable[..., Any]:
    """Count as somebody who may read batch ``b1`` and nothing else."""
    assert read
    evidence("grant", "ana", "--role", "reader", "--batch", "b1")
    return lambda *more: evidence("inventory", *more, actor="ana")


def test_a_reader_counts_what_they_may_see(as_ana: Callable[..., Any]) -> None:
    document = as_ana().json
    assert document["everything"] is False
    assert (document["assets"], document["items"], document["items_without_bytes"]) == (2, 2, 0)
    assert set(counted(document, "batch")) == {"b1"}
    assert set(counted(document, "source")) == {"submitted"}
    assert set(counted(document, "retention")) == {"withheld"}
    assert set(counted(document, "last-audit")) == {"withheld"}
    assert not any("hold" in value for value in counted(document, "conditions"))


def test_what_is_hidden_changes_nothing_that_a_reader_counts(
    evidence: Evidence, as_ana: Callable[..., Any], tmp_path: Path
) -> None:
    def figures() -> Any:
        return {name: value for name, value in as_ana().json.items() if name != "made_at"}

    before = figures()
    (tmp_path / "hidden").write_bytes(b"hidden")
    evidence("submit", tmp_path / "hidden", tmp_path / "gone", "--batch", "b2")
    evidence("retain", "set", "--batch", "b2", "--without-end", "--reason", "x")
    assert figures() == before


@pytest.mark.slow
def test_what_another_batch_closes_is_not_counted(
    evidence: Evidence, as_ana: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "closed.json").write_text(json.dumps({"schema": "conditions/1", "view": ["custodians"]}))
    evidence("submit", tmp_path / "two", "--batch", "b2", "--conditions", tmp_path / "closed.json")
    assert as_ana().json["assets"] == 1


@pytest.mark.slow
def test_a_held_asset_is_not_counted(
    evidence: Evidence, as_ana: Callable[..., Any], read: dict[str, str]
) -> None:  # fmt: skip
    evidence("hold", "place", "access", read["two"])
    assert as_ana().json["assets"] == 1


@pytest.mark.slow
def test_a_batch_that_one_may_not_know_of_is_none(as_ana: Callable[..., Any]) -> None:
    assert as_ana("--batch", "b1").json["assets"] == 2
    for ref in ("b2", "never"):
        assert as_ana("--batch", ref).json["error"]["code"] == "E-FIND-002"


@pytest.mark.slow
def test_a_stranger_counts_nothing(evidence: Evidence, assets: dict[str, str]) -> None:
    assert assets
    document = evidence("inventory", actor="nobody").json
    assert (document["assets"], document["items"], document["bytes"]) == (0, 0, 0)


@pytest.mark.slow
def test_one_batch(evidence: Evidence, assets: dict[str, str]) -> None:
    assert assets
    document = evidence("inventory", "--batch", "b2").json
    assert (document["assets"], document["items"], document["bytes"]) == (2, 2, 2_000_040)
    assert set(counted(document, "batch")) == {"b2"}


@pytest.mark.slow
def test_a_table_and_a_page(evidence: Evidence, read: dict[str, str], tmp_path: Path) -> None:
    assert read
    evidence("inventory", "--csv", tmp_path / "table.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8-sig"))))
    assert (rows[0]["by"], rows[0]["assets"], rows[0]["bytes"]) == ("all", "3", str(sum(SIZES.values())))
    assert {row["value"] for row in rows if row["by"] == "batch"} == {"b1", "b2"}
    evidence("inventory", "--page", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "video/mp4 (fmt/199)" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert (tmp_path / "page.html").stat().st_mode & 0o077 == 0


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    row = {"value": "=HYPERLINK(1)<img src=x>", "assets": 1, "items": 1, "bytes": 1}
    document = {
        "made_at": "now", "vault": "v", "reader": "<b>r</b>", "batch": None, "everything": True, "assets": 1,
        "items": 1, "bytes": 1, "items_without_bytes": 0, "storage": {"says": "<i>"}, "by": {"format": [row]},
    }  # fmt: skip
    write_csv(document, tmp_path / "table.csv")
    assert "'=HYPERLINK" in (tmp_path / "table.csv").read_text(encoding="utf-8-sig")
    write_page(document, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not any(mark in page for mark in ("<img", "<b>r", "<i>"))
