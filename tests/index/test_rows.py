"""What of an enriched document can be searched, and what never can."""

from typing import Any

import pytest

from pipeline.index.rows import rows_of


def document(kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    enrichment = {"id": "e1", "kind": kind, "outcome": "done", "current": True, "of_acquisition": None, "body": body}
    return {
        "asset": "a" * 64,
        "media": "video",
        "acquisitions": [{"filename": "witness-name.mp4"}],
        "enrichments": [{**enrichment, **more}],
    }


def segment(text: str | None, **more: Any) -> dict[str, Any]:
    return {"start": 1.5, "end": 2.5, "text": text, "language": "ar", "readings": [{"text": "phantom"}], **more}


def test_each_segment_heard_is_a_row_with_its_time_and_language() -> None:
    (row,) = rows_of(document("transcript", {"language": "mul", "segments": [segment("قصف")]}))
    assert (row.field, row.text, row.t, row.end, row.language) == ("transcript", "قصف", 1.5, 2.5, "ar")
    assert (row.enrichment, row.media, row.source_identifying) == ("e1", "video", False)


@pytest.mark.parametrize(
    ("coverage", "below", "partial"),
    [
        (None, None, False),
        ({"of": 10.0, "read": 10.0}, None, False),
        ({"of": 10.0, "read": 4.0}, None, True),
        ({"of": None, "read": 4.0, "gaps": [[1.0, 2.0, "E-MEDIA-007"]]}, None, True),
        ({"of": 10.0, "read": 10.0}, {"of": 10.0, "read": 4.0}, True),
    ],
)
def test_what_was_read_in_part_says_so_also_when_only_what_it_rests_on_was(
    coverage: dict[str, Any] | None, below: dict[str, Any] | None, partial: bool
) -> None:
    def covered(of: dict[str, Any] | None) -> dict[str, Any] | None:
        return of and {"unit": "seconds", "gaps": [], "flags": [], **of}

    body = {"language": "ar", "segments": [segment("قصف")]}
    told = document("transcript", body, coverage=covered(coverage), basis=["e0", "gone"])
    probed = document("probe", {}, id="e0", coverage=covered(below), basis=[])
    (row,) = rows_of({**told, "enrichments": [*probed["enrichments"], *told["enrichments"]]})
    assert row.partial is partial


def test_a_reading_that_is_not_offered_as_speech_is_not_searched() -> None:
    assert rows_of(document("transcript", {"language": "ar", "segments": [segment(None), segment("")]})) == []


def test_only_what_is_current_and_done() -> None:
    body = {"language": "ar", "segments": [segment("قصف")]}
    assert rows_of(document("transcript", body, current=False)) == []
    assert rows_of(document("transcript", body, outcome="unsupported")) == []


def test_a_translation_is_in_its_target_language() -> None:
    body = {"target": "en", "segments": [{"of": 0, "start": 1, "end": 2, "text": "shelling", "source_language": "ar"}]}
    (row,) = rows_of(document("translation", body))
    assert (row.text, row.language, row.t, row.end) == ("shelling", "en", 1, 2)


def test_text_seen_keeps_its_moment() -> None:
    body = {"regions": [{"text": "STOP", "language": "en", "confidence": 0.9, "box": [0, 0, 1, 1], "t": 4.2}]}
    (row,) = rows_of(document("ocr", body))
    assert (row.field, row.text, row.t) == ("ocr", "STOP", 4.2)


def test_a_label_is_one_row_for_each_moment() -> None:
    seen = [{"label": "person", "t": 1.0}, {"label": "person", "t": 1.0}, {"label": "person", "t": 2.0}]
    rows = rows_of(document("objects", {"objects": seen}))
    assert [(row.text, row.t) for row in rows] == [("person", 1.0), ("person", 2.0)]
    (tag,) = rows_of(document("tags", {"tags": [{"label": "tank", "score": 0.5, "t": None}]}))
    assert (tag.field, tag.text, tag.t) == ("tags", "tank", None)


def test_a_position_of_the_device_identifies_the_source_and_a_place_named_does_not() -> None:
    claims = [
        {
            "source": source,
            "lat": 36.3,
            "lon": 43.1,
            "name": "Mosul",
            "admin": "Nineveh",
            "country": "Iraq",
            "text": None,
        }
        for source in ("exif", "xmp", "container", "gps_track", "filename", "provider", "to come", "mention", "sign")
    ]
    rows = rows_of(document("places", {"claims": claims, "best": None}))
    assert [row.source_identifying for row in rows] == [True] * 7 + [False] * 2
    assert (rows[0].text, rows[0].lat, rows[0].lon) == ("Mosul, Nineveh, Iraq", 36.3, 43.1)


def test_what_rests_on_one_acquisition_says_so() -> None:
    body = {
        "claims": [{"source": "filename", "lat": None, "lon": None, "name": "Mosul", "text": "mosul"}],
        "best": None,
    }
    (row,) = rows_of(document("places", body, of_acquisition=["batch-1", 3]))
    assert row.of_acquisition == ("batch-1", 3)
    assert (row.text, row.lat) == ("Mosul, mosul", None)


def test_names_of_files_and_owners_and_unknown_kinds_give_nothing() -> None:
    assert rows_of(document("probe", {"tags": {"raw": {"EXIF:OwnerName": "Witness"}}, "camera": {"make": "X"}})) == []
    assert rows_of(document("to_come", {"text": "anything"})) == []
