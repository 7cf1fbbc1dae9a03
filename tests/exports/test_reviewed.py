"""What persons made of a machine's value is said wherever the value is shown, and never takes its place."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.exports.captions import tracks
from pipeline.exports.geojson import write_geojson
from pipeline.exports.kml import write_kml
from pipeline.exports.reviewed import NOBODY, mark_of, told
from pipeline.exports.rows import rows_of
from pipeline.exports.tables import write_csv
from tests.exports.documents import claim, document, enrichment, segment, transcript


def review(*values: tuple[str, str, Any]) -> dict[str, Any]:
    return {
        "state": values[0][1], "complete": False,
        "values": [{"pointer": at, "state": state, "value": value, "by": ["Ana"], "judgements": ["j-1"]}
                   for at, state, value in values],
    }  # fmt: skip


SAID = transcript(
    segment(0, 2, "they cam"), segment(2, 4, "nobody said this"), segment(4, 6, "in three cars"),
    review=review(("/segments/0/text", "corrected", "they came\n\n1\n<b>"), ("/segments/1", "rejected", None)),
    reviewer="Ana",
)  # fmt: skip


def test_a_mark_is_of_the_value_its_parts_and_the_whole() -> None:
    assert mark_of(SAID, "/segments/0").state == "corrected"
    assert mark_of(SAID, "/segments/0").words == "machine-made, corrected by Ana"
    assert mark_of(SAID, "/segments/2").words == NOBODY
    assert told(mark_of(SAID, "/segments/2")) == ""
    whole = {**SAID, "review": review(("", "confirmed", None), ("/segments/10/text", "disputed", None))}
    assert mark_of(whole, "/segments/1").state == "confirmed"
    assert mark_of(whole, "/segments/10").state == "disputed"


def test_captions_show_both_lines_and_no_text_breaks_out() -> None:
    (track,) = tracks(document(SAID))
    assert [one.lines for one in track.cues] == [
        ("they cam", "[corrected by a person] they came 1 <b>"), ("[rejected] nobody said this",), ("in three cars",),
    ]  # fmt: skip
    assert "Transcript, reviewed: in part, by Ana (1 corrected, 1 rejected)." in track.header


def test_a_table_has_the_correction_in_a_cell_of_its_own(tmp_path: Path) -> None:
    formula = {**SAID, "review": review(("/segments/2/text", "corrected", "=cmd()"))}
    write_csv([document(formula)], tmp_path / "out")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "findings.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["text"], row["review"], row["corrected"]) for row in rows] == [
        ("they cam", "", ""), ("nobody said this", "", ""), ("in three cars", "corrected", "'=cmd()"),
    ]  # fmt: skip


def test_maps_say_which_claim_was_looked_at(tmp_path: Path) -> None:
    places = enrichment("places", {"claims": [claim(36.2, 37.1), claim(36.3, 37.2)], "best": None},
                        review=review(("/claims/1", "confirmed", None)), reviewer="Ana")  # fmt: skip
    write_kml([document(places)], tmp_path / "kml")
    kml = next((tmp_path / "kml").glob("*.kml")).read_text(encoding="utf-8")
    assert (kml.count(NOBODY), kml.count("machine-made, confirmed by Ana")) == (1, 1)
    write_geojson([document(places)], tmp_path / "geo")
    features = json.loads(next((tmp_path / "geo").glob("*.geojson")).read_text())["features"]
    told_of = [(one["properties"]["reviewer"], one["properties"]["review"]) for one in features]
    assert told_of == [(None, None), ("Ana", "confirmed")]


@pytest.mark.parametrize("kind", ["tags", "objects"])
def test_a_page_says_it_of_words_and_labels(kind: str) -> None:
    labels = enrichment(
        kind, {kind: [{"label": "truck", "score": 0.9}]}, review=review((f"/{kind}/0", "rejected", None))
    )
    bodies = {"transcript": SAID["body"], kind: labels["body"]}
    said, seen = rows_of(bodies, bodies, {"transcript": SAID, kind: labels})
    assert [line["review"] for line in said["said"]][1:] == ["rejected by Ana", ""]
    assert said["said"][0]["review"].startswith("corrected by Ana: they came")
    assert seen["note"] == "machine-made; rejected by Ana"
