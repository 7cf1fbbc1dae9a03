"""Whoever gets an export gets what the gate lets through, in each format, and is told what is missing."""

import csv
import json
from pathlib import Path

import pytest

from pipeline.commands.finding import FORMATS as ASKED
from pipeline.exports.formats import FORMATS
from tests.service.conftest import Evidence

SHARED = {"export_to": ["Court"]}


@pytest.fixture
def shared(evidence: Evidence, processed: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return assets that may be exported to the court."""
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps({"schema": "conditions/1", **SHARED}))
    assert evidence("conditions", "b1", terms, "--reason", "agreed").code == 0
    evidence("grant", "analyst", "--role", "analyst", "--batch", "b1")
    return processed


def test_each_format_can_be_asked_for() -> None:
    assert tuple(FORMATS) == ASKED


@pytest.mark.parametrize("form", ASKED)
def test_a_recipient_whom_nobody_allowed_gets_nothing(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path, form: str
) -> None:
    said = evidence("export", processed["place.jpg"], "--format", form, "--to", tmp_path / "x", "--recipient", "Court")

    assert said.code == 1
    assert said.json["withheld"][0]["code"] == "H-EXPORT-001"
    assert not (tmp_path / "x").exists()


def test_a_position_that_identifies_the_source_is_in_no_format(
    evidence: Evidence, shared: dict[str, str], tmp_path: Path
) -> None:
    for form in ASKED:
        to = tmp_path / form
        said = evidence(
            "export", shared["place.jpg"], "--format", form, "--to", to, "--recipient", "Court", actor="analyst"
        )
        assert said.code == 0, said.text
        written = "".join(file.read_text(encoding="utf-8-sig") for file in to.iterdir())
        assert "36.199" not in written
        assert "place.jpg" not in written
        assert {one["code"] for one in said.json["withheld_within"]} == {"H-SOURCE-001"}
        assert said.json["files"] == [one["path"] for one in json.loads((to / "manifest.json").read_text())["files"]]


def test_a_batch_as_tables_has_a_row_for_each_item(evidence: Evidence, shared: dict[str, str], tmp_path: Path) -> None:
    said = evidence("export", "--batch", "b1", "--format", "csv", "--to", tmp_path / "x", "--recipient", "Court")

    assert said.code == 0
    with (tmp_path / "x" / "items.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(int(one["n"]) for one in rows) == [1, 2, 3, 4, 5]
    assert {one["asset"] for one in rows} == set(shared.values())
