"""A spreadsheet opens the tables and calculates nothing of them."""

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.tables import safe, write_csv
from tests.exports.documents import claim, document, enrichment, segment, told, transcript, translation


def rows(file: Path) -> list[dict[str, str]]:
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def findings(to: Path, *documents: dict[str, Any]) -> list[dict[str, str]]:
    write_csv(documents, to)
    return rows(to / "findings.csv")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1", "|calc", "%0A"])
def test_a_formula_becomes_a_text(tmp_path: Path, text: str) -> None:
    found = findings(tmp_path / "out", document(transcript(segment(0, 1, text))))

    assert found[0]["text"] == f"'{text}"


@given(st.text(max_size=20))
def test_no_text_begins_a_formula(text: str) -> None:
    assert not str(safe(text)).lstrip().startswith(("=", "+", "-", "@"))


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    found = findings(tmp_path / "out", document(enrichment("places", {"claims": [claim(-33.8, -70.5)], "best": None})))

    assert (float(found[0]["lat"]), float(found[0]["lon"])) == (-33.8, -70.5)
    assert b",-33.8,-70.5," in (tmp_path / "out" / "findings.csv").read_bytes()


def test_a_row_for_each_segment_with_its_doubt_and_its_maker(tmp_path: Path) -> None:
    one, other = findings(
        tmp_path / "out",
        document(
            transcript(segment(0.5, 1, "سلام", language="ar", flags=["rate"]), segment(1, 2, None, code="U-LANG-001"))
        ),
    )

    assert (one["start"], one["text"], one["language"], one["flags"]) == ("0.5", "سلام", "ar", "rate")
    assert (one["machine_made"], one["model"], one["confidence"]) == ("yes", "whisper-base", "0.8")
    assert (other["text"], other["code"]) == ("", "U-LANG-001")


def test_a_translation_stands_beside_its_source_with_the_checks_that_failed(tmp_path: Path) -> None:
    grave = [{"name": "numbers", "grave": True, "found": ["7"]}, {"name": "length", "grave": False, "found": []}]
    found = findings(tmp_path / "out", document(translation(told(0, 1, "Seven", source="سبعة", checks=grave))))

    assert (found[0]["text"], found[0]["source_text"], found[0]["language"]) == ("Seven", "سبعة", "en")
    assert (found[0]["flags"], found[0]["reliability"]) == ("numbers length", "usable")


def test_what_found_nothing_and_what_is_withheld_have_a_row(tmp_path: Path) -> None:
    hidden = {**claim(None, None), "withheld": "H-SOURCE-001"}
    found = findings(
        tmp_path / "out",
        document(
            enrichment("speech", {}, outcome="empty", code="N-SPEECH-001"),
            enrichment("places", {"claims": [hidden], "best": None, "withheld": "H-SOURCE-001"}),
        ),
    )

    assert [(one["kind"], one["outcome"], one["code"]) for one in found] == [
        ("speech", "empty", "N-SPEECH-001"), ("places", "done", ""),
    ]  # fmt: skip
    assert (found[1]["lat"], found[1]["withheld"]) == ("", "H-SOURCE-001")


def test_an_item_has_a_row_for_each_way_it_came(tmp_path: Path) -> None:
    ways = [
        {"batch": "b", "n": 1, "source": "submitted", "provider": "=cmd()", "url": None, "filename": "a\nb.mp4",
         "received_at": "2026-01-01T00:00:00Z"},
        {"batch": "c", "n": 7, "source": "submitted", "provider": None, "url": None, "filename": None,
         "received_at": "2026-01-01T00:00:00Z", "withheld": "H-SOURCE-001"},
    ]  # fmt: skip
    manifest = write_csv([document(acquisitions=ways)], tmp_path / "out")
    one, other = rows(tmp_path / "out" / "items.csv")

    assert (one["n"], one["provider"], one["filename"]) == ("1", "'=cmd()", "a\nb.mp4")
    assert (other["batch"], other["filename"], other["withheld"]) == ("c", "", "H-SOURCE-001")
    assert [item["code"] for item in manifest.withheld] == ["H-SOURCE-001"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["findings.csv", "items.csv", "manifest.json"]
