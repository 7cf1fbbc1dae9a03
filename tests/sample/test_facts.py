"""Every fact of the sample's manifest holds of what the line found."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import asin, cos, hypot, radians, sin
from pathlib import Path
from typing import Any

import pytest

from sample_media.build import read_manifest
from tests.sample.conftest import BATCH, Line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Fact = Mapping[str, Any]
Document = Mapping[str, Any]

ITEMS = {item["file"]: item for item in read_manifest()["item"]}
COUNTRIES = {"SY": {"SY", "Syria", "Syrian Arab Republic"}}


def _current(document: Document, stage: str) -> Mapping[str, Any] | None:
    return next((one for one in document["enrichments"] if one["maker"]["stage"] == stage and one["current"]), None)


def _body(document: Document, stage: str) -> Mapping[str, Any]:
    found = _current(document, stage)
    return found["body"] if found else {}


def _words(document: Document) -> set[str]:
    segments = _body(document, "transcribe").get("segments", ())
    text = " ".join(one["text"] or "" for one in segments)
    return set(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def _streams(document: Document) -> list[Mapping[str, Any]]:
    return list(_body(document, "probe").get("streams", ()))


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    (lat, lon), (lat2, lon2) = (tuple(map(radians, one)) for one in (a, b))
    chord = hypot(sin((lat2 - lat) / 2), cos(lat) ** 0.5 * cos(lat2) ** 0.5 * sin((lon2 - lon) / 2))
    return 2 * 6_371_009 * asin(chord)


# --- one check per kind of fact -------------------------------------------------------------------


def sha256(fact: Fact, document: Document) -> None:
    assert document["asset"] == fact["value"]


def of_bytes(fact: Fact, document: Document) -> None:
    assert document["bytes"] == fact["value"]


def media(fact: Fact, document: Document) -> None:
    assert document["media"] == fact["value"]


def media_type(fact: Fact, document: Document) -> None:
    assert document["media_type"] == fact["value"]


def size(fact: Fact, document: Document) -> None:
    shapes = [*_streams(document), _body(document, "probe")["picture"] or {}]
    assert fact["value"] in [[one.get("width"), one.get("height")] for one in shapes]


def duration(fact: Fact, document: Document) -> None:
    within = pytest.approx(fact["value"], abs=fact["within"])
    assert _body(document, "probe")["duration_decoded"] == within
    sounds = [one["duration"] for one in _body(document, "extract_audio")["streams"]]
    # Sound may end a little before the picture does.
    assert sounds == [pytest.approx(fact["value"], abs=max(fact["within"], 0.05))]


def promised(fact: Fact, document: Document) -> None:
    audio = _current(document, "extract_audio")
    assert audio is not None
    coverage = audio["coverage"]
    assert coverage["of"] == pytest.approx(fact["value"], abs=fact["within"])
    assert coverage["read"] < coverage["of"]
    assert coverage["gaps"]


def streams(fact: Fact, document: Document) -> None:
    assert [one["type"] for one in _streams(document)] == fact["value"]


def language(fact: Fact, document: Document) -> None:
    body = _body(document, "transcribe")
    assert {body["language"], *(one["language"] for one in body["segments"])} - {None} == {fact["value"]}


def words(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) - _words(document) == set()


def not_words(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) & _words(document) == set()


def camera_time(fact: Fact, document: Document) -> None:
    created = _body(document, "probe")["created_at"]["value"]
    assert datetime.fromisoformat(created) == datetime.fromisoformat(fact["value"])


def position(fact: Fact, document: Document) -> None:
    places = _body(document, "geolocate")
    best = places["claims"][places["best"]["claim"]]
    assert _metres((best["lat"], best["lon"]), tuple(fact["value"])) <= fact["within"]
    assert fact["place"] in f"{best['name']} {best['admin']}"
    assert best["country"] in COUNTRIES[fact["country"]]


def same_bytes_as(fact: Fact, document: Document) -> None:
    names = {Path(one["filename"]).name for one in document["acquisitions"]}
    assert fact["value"] in names
    assert len(names) == 2


CHECKS: Mapping[str, Callable[[Fact, Document], None]] = {
    "bytes": of_bytes, "camera_time": camera_time, "duration": duration, "language": language, "media": media,
    "media_type": media_type, "not_words": not_words, "position": position, "promised": promised,
    "same_bytes_as": same_bytes_as, "sha256": sha256, "size": size, "streams": streams, "words": words,
}  # fmt: skip


def _every_fact() -> Iterator[Any]:
    for file, item in ITEMS.items():
        for fact in item["facts"]:
            yield pytest.param(file, fact, id=f"{file}: {fact['kind']}")


def _every_outcome() -> Iterator[Any]:
    for file, item in ITEMS.items():
        for stage, wanted in item["expect"].items():
            if stage not in {"write_back", "index"}:
                yield pytest.param(file, stage, wanted, id=f"{file}: {stage}")


@pytest.mark.parametrize(("file", "fact"), list(_every_fact()))
def test_a_fact_holds(line: Line, file: str, fact: Fact) -> None:
    CHECKS[fact["kind"]](fact, line.shown[file])


@pytest.mark.parametrize(("file", "stage", "wanted"), list(_every_outcome()))
def test_an_outcome_is_as_expected(line: Line, file: str, stage: str, wanted: str) -> None:
    found = _current(line.shown[file], stage)
    assert found is not None
    assert " ".join(filter(None, (found["outcome"], found["code"]))) == wanted


def test_every_item_is_counted_once_under_each_expected_outcome(line: Line) -> None:
    for stage in next(iter(ITEMS.values()))["expect"]:
        wanted = Counter(item["expect"][stage].split()[0] for item in ITEMS.values())
        assert {name: n for name, n in line.status["outcomes"][stage].items() if n} == wanted, stage
    assert (line.status["items"], line.status["accounted"]) == (len(ITEMS), len(ITEMS))
    assert set(line.status["pending"].values()) <= {0}


def test_equal_bytes_are_two_items_and_one_asset(line: Line) -> None:
    copies = [file for file, item in ITEMS.items() if any(one["kind"] == "same_bytes_as" for one in item["facts"])]
    assert line.submitted["totals"] == {"preserved": len(ITEMS) - len(copies), "duplicate": len(copies)}


@pytest.mark.parametrize("file", [file for file, item in ITEMS.items() if item["expect"]["transcribe"] == "done"])
def test_a_word_heard_is_found(line: Line, file: str) -> None:
    spoken = next(fact["value"] for fact in ITEMS[file]["facts"] if fact["kind"] == "words")
    for word in (spoken[0], spoken[-1]):
        hits = line.ask("search", word, "--batch", BATCH)["hits"]
        assert line.shown[file]["asset"] in {hit["asset"] for hit in hits}, word


@pytest.mark.parametrize("file", [file for file, item in ITEMS.items() if item["expect"]["geolocate"] == "done"])
def test_a_place_is_found_by_its_name(line: Line, file: str) -> None:
    place = next(fact["place"] for fact in ITEMS[file]["facts"] if fact["kind"] == "position")
    hits = line.ask("search", place, "--batch", BATCH)["hits"]
    assert line.shown[file]["asset"] in {hit["asset"] for hit in hits}
