"""Truths: what is known of material that the line is measured on: a table, or the manifest of a collection."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import Refused
from pipeline.usecases.intake import read_small

COLUMNS = ("path", "language", "text", "contains", "labels", "lat", "lon")
"""Of a table of truths; which of them count depends on what is evaluated (docs/evaluation.md)."""

Json = Mapping[str, Any]
Row = dict[str, str]


def read_truths(file: Path, what: str) -> list[Row]:
    """Read a CSV of truths, or a JSON manifest of media with their ``ground_truth``; paths become whole.

    ``Refused`` (E-EVAL-001) names every row that is wrong, at once.
    """
    try:
        text = read_small(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise Refused(f"the manifest cannot be read: {type(err).__name__}", code="E-EVAL-001") from err
    rows, problems = _of_manifest(text, what) if text.lstrip().startswith("{") else _of_table(text)
    problems += [f"row {number}: {fault}" for number, row in rows for fault in _faults(file, row)]
    if problems or not rows:
        raise Refused("; ".join(problems[:50]) or "the manifest has no row for this", code="E-EVAL-001")
    return [{**row, "path": str(file.parent / row["path"])} for _, row in rows]


def _of_table(text: str) -> tuple[list[tuple[int, Row]], list[str]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    problems: list[str] = []
    rows: list[tuple[int, Row]] = []
    try:
        columns = reader.fieldnames or []
        problems += [f"column {name!r} is unknown" for name in columns if name not in COLUMNS]
        problems += ["column 'path' is missing"] if "path" not in columns else []
        for number, row in enumerate(reader, start=2):
            if row.get(None) or None in row.values():  # csv's marks of a ragged row
                problems.append(f"row {number}: has another number of cells than the head")
            else:
                rows.append((number, {name: value for name, value in row.items() if value}))
    except csv.Error as err:
        problems.append(f"row {reader.line_num}: {err}")
    return rows, problems


def _faults(file: Path, row: Row) -> Iterator[str]:
    if not row.get("path") or not (file.parent / row["path"]).is_file():
        yield "'path' names no file"
    if bool(row.get("lat")) != bool(row.get("lon")):
        yield "'lat' and 'lon' must both be there, or neither"
    for name in ("lat", "lon"):
        try:
            float(row.get(name) or 0)
        except ValueError:
            yield f"{name!r} is no number of degrees"


# --- a manifest of media: {"files": [{"path", "category", "ground_truth": {...}}]}


def _of_manifest(text: str, what: str) -> tuple[list[tuple[int, Row]], list[str]]:
    try:
        files = json.loads(text)["files"]
        rows = [
            (number, {"path": str(one["path"]), **row})
            for number, one in enumerate(files, start=1)
            for name, row in _told(str(one.get("category")), one.get("ground_truth") or {})
            if name == what
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        return [], [f"not a manifest of media: {err!r}"]
    return rows, []


def _told(category: str, truth: Json) -> Iterator[tuple[str, Row]]:
    if category == "speech" and truth.get("no_speech"):
        yield "speech", {"language": "none"}
    elif category == "speech" and truth.get("transcript") and truth.get("language"):
        yield "speech", {"language": truth["language"], "text": truth["transcript"]}
    if category == "ocr":
        text, passages = truth.get("ocr_text", ""), "|".join(truth.get("contains_text", ()))
        yield "text", {"text": text, "contains": "" if text else passages, "language": truth.get("language", "und")}
    if category == "photo_objects":
        yield "labels", {"labels": "|".join(sorted(set(truth["labels"])))}
        yield "text", {}
    if "gps" in truth:
        gps = truth["gps"] or {}
        stated = "lat" in gps and (gps["lat"], gps["lon"]) != (0, 0)  # a receiver without a fix writes zeros
        yield "place", {"lat": str(gps["lat"]), "lon": str(gps["lon"])} if stated else {}
