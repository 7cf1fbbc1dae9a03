"""Tables: items and findings as CSV that a spreadsheet opens without running any of it."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

from pipeline.core.model import Kind
from pipeline.exports.folder import ExportManifest, Filling, export_to
from pipeline.exports.reviewed import mark_of

SCHEMA = "evidence-export-csv/1"
ITEMS, FINDINGS = "items.csv", "findings.csv"

Json = Mapping[str, Any]

_ITEM = ("asset", "media", "media_type", "bytes", "batch", "n", "source", "provider", "url", "filename", "received_at",
         "withheld")  # fmt: skip
_FINDING = (
    "asset", "media", "kind", "outcome", "code", "start", "end", "language", "text", "source_text", "label",
    "confidence", "reliability", "flags", "lat", "lon", "radius_m", "source", "partial", "machine_made", "reviewer",
    "review", "corrected", "engine", "model", "enrichment", "withheld",
)  # fmt: skip
BOM = b"\xef\xbb\xbf"
_FORMULA = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
"""What makes a cell a formula, or a call of another program, in one spreadsheet or another."""


def write_csv(documents: Iterable[Json], to: Path) -> ExportManifest:
    """Write ``items.csv`` (a row for each item) and ``findings.csv`` (one for each segment, region, label or claim)."""

    def fill(filling: Filling) -> None:
        with tempfile.TemporaryFile(dir=filling.folder) as findings:  # a batch of findings may not fit in memory
            filling.write(ITEMS, _items(documents, filling, findings))
            findings.seek(0)
            filling.write(FINDINGS, chain([BOM + line_of(_FINDING)], findings))

    return export_to(to, SCHEMA, fill)


def _items(documents: Iterable[Json], filling: Filling, findings: IO[bytes]) -> Iterator[bytes]:
    yield BOM + line_of(_ITEM)
    for document in documents:
        filling.count(document)
        for one in _findings(document):
            findings.write(line_of([one.get(name) for name in _FINDING]))
        for one in document["acquisitions"]:
            found = {**document, **one}
            yield line_of([found.get(name) for name in _ITEM])


def safe(value: Any) -> Any:
    """Return a cell: a text that a spreadsheet would calculate gets an apostrophe before it; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    text = str(value).encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return f"'{text}" if text.startswith(_FORMULA) or _seen(text).startswith(_FORMULA) else text


def _seen(text: str) -> str:
    """Return text from its first character that can be seen: some spreadsheets drop what stands before it."""
    return next((text[at:] for at, one in enumerate(text) if one.isprintable() and not one.isspace()), "")


def line_of(values: Sequence[Any]) -> bytes:
    """Return a line of a table, its cells made safe."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow([safe(one) for one in values])
    return line.getvalue().encode()


def _findings(document: Json) -> Iterator[dict[str, Any]]:
    for one in document["enrichments"]:
        if not one["current"]:
            continue
        coverage, maker = one["coverage"], one["maker"]
        short = bool(coverage) and coverage["of"] is not None and coverage["read"] < coverage["of"]
        common = {
            "asset": document["asset"], "media": document["media"], "kind": one["kind"], "outcome": one["outcome"],
            "code": one["code"], "partial": bool(coverage) and (short or bool(coverage["gaps"])),
            "machine_made": one["by"] == "machine", "reviewer": one["reviewer"], "engine": maker["engine"],
            "model": maker["model"], "enrichment": one["id"], "withheld": one["body"].get("withheld"),
        }  # fmt: skip
        parts = list(_PARTS.get(one["kind"], _nothing)(one["body"]))
        for place, part in enumerate(parts or [{}]):  # what found nothing has a row, too: silence is not absence
            reviewed = _reviewed(one, place) if parts else {}
            yield {**common, **reviewed, **{name: value for name, value in part.items() if value is not None}}


_MEMBERS = {
    Kind.TRANSCRIPT: "segments", Kind.TRANSLATION: "segments", Kind.SPEECH: "regions", Kind.OCR: "regions",
    Kind.OBJECTS: "objects", Kind.TAGS: "tags", Kind.PLACES: "claims",
}  # fmt: skip


def _reviewed(one: Json, place: int) -> dict[str, Any]:
    """Return what persons made of one row's value; the machine's stays in its own cells."""
    if one.get("review") is None or one["kind"] not in _MEMBERS:
        return {}
    mark = mark_of(one, f"/{_MEMBERS[one['kind']]}/{place}")
    return {"review": mark.state, "reviewer": ", ".join(mark.by) or None, "corrected": mark.instead}


def _nothing(_body: Json) -> Iterator[dict[str, Any]]:
    return iter(())


def _segments(body: Json) -> Iterator[dict[str, Any]]:
    for one in body.get("segments", ()):
        marks = [*one.get("flags", ()), *(check["name"] for check in one.get("checks", ()))]
        yield {
            "start": one.get("start"), "end": one.get("end"), "code": one.get("code"),
            "text": one["text"] or one.get("gloss_text"),  # what a gloss is, its reliability says
            "language": one.get("language") or body.get("target"), "confidence": one.get("confidence"),
            "reliability": one.get("reliability"), "flags": " ".join(marks), "source_text": one.get("source"),
        }  # fmt: skip


def _regions(body: Json) -> Iterator[dict[str, Any]]:
    for one in body.get("regions", ()):
        yield {
            "start": one.get("t", one.get("start")), "end": one.get("end"), "text": one.get("text"),
            "language": one.get("language"), "confidence": one.get("confidence"),
            "flags": " ".join(map(str, one.get("flags", ()))),
        }  # fmt: skip


def _labels(member: str) -> Callable[[Json], Iterator[dict[str, Any]]]:
    def read(body: Json) -> Iterator[dict[str, Any]]:
        for one in body.get(member, ()):
            yield {"start": one.get("t"), "label": one["label"], "confidence": one.get("score")}

    return read


def _named(body: Json) -> Iterator[dict[str, Any]]:
    for name in body.get("found", ()):
        yield {"label": name, "flags": "malware"}


def _scores(body: Json) -> Iterator[dict[str, Any]]:
    for name, value in sorted(body.get("scores", {}).items()):
        yield {"label": name, "confidence": value if isinstance(value, int | float) else None}


def _claims(body: Json) -> Iterator[dict[str, Any]]:
    for one in body.get("claims", ()):
        names = (one.get(name) for name in ("name", "admin", "country"))
        yield {
            "start": one.get("t"), "text": one.get("text"), "label": ", ".join(name for name in names if name),
            "confidence": one.get("confidence"), "lat": one["lat"], "lon": one["lon"], "radius_m": one.get("radius_m"),
            "source": one["source"], "flags": " ".join(map(str, one.get("notes") or ())),
            "withheld": one.get("withheld"),
        }  # fmt: skip


def _judgements(body: Json) -> Iterator[dict[str, Any]]:
    for one in body.get("judgements", ()):
        before, value = (one[name] if isinstance(one[name], str) else None for name in ("before", "value"))
        yield {"label": one["verdict"], "source_text": before, "text": value, "withheld": one.get("withheld")}


_PARTS: dict[str, Callable[[Json], Iterator[dict[str, Any]]]] = {
    Kind.TRANSCRIPT: _segments,
    Kind.TRANSLATION: _segments,
    Kind.SPEECH: _regions,
    Kind.OCR: _regions,
    Kind.SCAN: _named,
    Kind.OBJECTS: _labels("objects"),
    Kind.TAGS: _labels("tags"),
    Kind.SENSITIVITY: _scores,
    Kind.PLACES: _claims,
    "review": _judgements,
}
