"""What is shown and exported has the shape that is published."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from pipeline.core.body import Body
from pipeline.core.model import Kind
from pipeline.stages import all_stages
from pipeline.stages.base import forget, stage
from pipeline.usecases.schemas import body_of, schemas
from tests.service.conftest import Evidence

FILES = Path(__file__).parents[2] / "docs" / "schema"


@pytest.fixture(scope="module")
def check() -> Any:
    """Return a function that raises unless a document has the shape of a published file."""
    texts = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in FILES.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(schema)) for name, schema in texts.items()
    )

    def validate(name: str, document: Any) -> None:
        Draft202012Validator(texts[name], registry=registry).validate(document)

    return validate


@pytest.mark.parametrize("name", sorted(schemas()))
def test_each_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


def test_each_stage_publishes_the_body_that_it_writes() -> None:
    names = {str(one.writes): body_of(one).__name__ for one in all_stages()}

    assert {kind: names[kind] for kind in ("format", "probe", "transcript", "fingerprint", "places")} == {
        "format": "Format", "probe": "Probe", "transcript": "Transcript", "fingerprint": "Fingerprint",
        "places": "Places",
    }  # fmt: skip
    assert set(schemas()) >= {f"body-{one.writes}-{one.version}.json" for one in all_stages()}


def test_a_stage_without_a_body_of_its_own_is_told() -> None:
    def stray(_job: Any) -> Any: ...

    stage(version=1, writes=Kind("stray"))(stray)
    try:
        one = next(it for it in all_stages() if it.name == "stray")
        with pytest.raises(Exception, match="stray") as told:
            body_of(one)
        assert getattr(told.value, "code", None) == "E-CONF-007"
    finally:
        forget("stray")


class Whole(Body):
    """A body for the stage above to miss: two of them are one too many."""


class Other(Body):
    """The other one."""


@pytest.fixture
def documents(evidence: Evidence, processed: dict[str, str]) -> Iterator[dict[str, Any]]:
    evidence("grant", "reader", "--role", "reader")
    return (
        evidence("show", asset, actor=actor).json
        for asset in sorted(set(processed.values()))
        for actor in ("custodian", "reader")
    )


def test_every_document_has_its_shape_also_where_something_is_withheld(documents: Any, check: Any) -> None:
    seen = list(documents)
    for one in seen:
        check("enriched-1.json", one)

    assert len(seen) == 8
    assert "H-SOURCE-001" in json.dumps(seen)


def test_a_body_that_breaks_its_shape_is_seen(documents: Any, check: Any) -> None:
    document = next(one for one in documents if one["media"] == "audio")
    one = next(it for it in document["enrichments"] if it["kind"] == "format")
    one["body"]["flags"] = "none"

    with pytest.raises(ValidationError):
        check("enriched-1.json", document)


def test_an_outcome_without_its_code_is_seen(documents: Any, check: Any) -> None:
    document = next(iter(documents))
    next(it for it in document["enrichments"] if it["outcome"] != "done")["code"] = None

    with pytest.raises(ValidationError):
        check("enriched-1.json", document)


def test_exported_lines_and_manifest_have_theirs(
    evidence: Evidence, processed: dict[str, str], tmp_path: Path, check: Any
) -> None:
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps({"schema": "conditions/1", "export_to": ["Court"]}))
    evidence("conditions", "b1", terms, "--reason", "agreed")
    to = tmp_path / "out"
    assert evidence("export", "--batch", "b1", "--format", "jsonl", "--to", to, "--recipient", "Court").code == 0
    assert processed

    lines = (to / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    for line in lines:
        check("export-jsonl-1.json", json.loads(line))
    check("export-manifest-1.json", json.loads((to / "manifest.json").read_text()))
