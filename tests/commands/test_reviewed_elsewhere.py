"""What persons made of a value is said in searches and in what leaves the house, as in the document."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from pipeline.service.app import App
from pipeline.usecases.schemas import schemas
from tests.commands.conftest import State, segment, spoken
from tests.commands.test_judge import judge, persons, said
from tests.service.conftest import Evidence

__all__ = ["said"]
pytestmark = pytest.mark.slow


def test_a_search_says_what_persons_made_of_a_passage_and_finds_what_they_wrote(
    evidence: Evidence, assets: list[str], said: str
) -> None:
    (hit,) = evidence("search", "dawn").json["hits"]
    assert hit["review"] is None
    judge(evidence, assets[0], said, "correct", "--value", '"they came at sunrise"')
    (machine,) = evidence("search", "dawn").json["hits"]
    assert (machine["field"], machine["review"]) == ("transcript", {"state": "corrected", "by": ["custodian"]})
    (person,) = evidence("search", "sunrise").json["hits"]
    assert (person["field"], person["enrichment"], person["t"]) == ("correction", said, 0.0)
    (other,) = evidence("search", "cars").json["hits"]
    assert other["review"] is None
    before = evidence("search", "sunrise").json
    evidence("rebuild", "index")
    assert evidence("search", "sunrise").json == before


def test_what_leaves_the_house_says_who_reviewed_it_and_nothing_that_reviewers_noted(
    evidence: Evidence, app: App, assets: list[str], said: str, tmp_path: Path
) -> None:
    judge(evidence, assets[0], said, "correct", "--value", '"they came at dawn"')
    terms = tmp_path / "terms.json"
    terms.write_text('{"schema": "conditions/1", "export_to": "any"}', encoding="utf-8")
    app.custody.conditions("b1", terms, reason="agreed")
    who = app.home.actor
    for form in ("csv", "jsonl", "webvtt"):
        said_so = evidence("export", assets[0], "--format", form, "--to", tmp_path / form, "--recipient", "court")
        assert said_so.json["exported"] == [assets[0]], said_so.text
    rows = list(csv.DictReader(io.StringIO((tmp_path / "csv" / "findings.csv").read_text(encoding="utf-8-sig"))))
    told = [(row["text"], row["machine_made"], row["review"], row["reviewer"], row["corrected"])
            for row in rows if row["kind"] == "transcript"]  # fmt: skip
    assert told == [
        ("they cam at dawn", "yes", "corrected", who, "they came at dawn"), ("in three cars", "yes", "", "", ""),
    ]  # fmt: skip
    captions = next((tmp_path / "webvtt").glob("*.vtt")).read_text(encoding="utf-8")
    assert "they cam at dawn\n[corrected by a person] they came at dawn" in captions
    assert f"Transcript, reviewed: wholly, by {who} (1 corrected)." in captions
    lines = (tmp_path / "jsonl" / "documents.jsonl").read_text(encoding="utf-8")
    assert "heard it" not in lines
    (note,) = persons(json.loads(lines))[0]["body"]["judgements"]
    assert (note["value"], note["reason"], note["withheld"]) == ("they came at dawn", None, "H-REVIEW-001")


def test_the_document_has_the_published_shape(
    evidence: Evidence, assets: list[str], said: str, state: State, tmp_path: Path
) -> None:
    judge(evidence, assets[0], said, "correct", "--value", '"they came"')
    judge(evidence, assets[0], said, "comment", at="")
    state(assets[0], spoken(segment(2, "in three cars")), model="model-b")
    published = schemas()
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(one)) for name, one in published.items()
    )
    document = evidence("show", assets[0]).json
    Draft202012Validator(published["enriched-1.json"], registry=registry).validate(document)
    assert {one["by"] for one in document["enrichments"]} == {"machine", "person"}
    report = evidence("report", "b1", "--to", tmp_path / "page.html")
    assert report.code == 0, report.text
    assert "corrected by custodian: they came" not in (tmp_path / "page.html").read_text()  # of an earlier result


def test_the_page_of_a_batch_says_what_persons_made_of_it(
    evidence: Evidence, assets: list[str], said: str, tmp_path: Path
) -> None:
    judge(evidence, assets[0], said, "correct", "--value", '"they <b>came</b>"')
    evidence("report", "b1", "--to", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "corrected by custodian: they &lt;b&gt;came&lt;/b&gt;" in page
    assert "they cam at dawn" in page
