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

from pipeline.core.error_rates import normalised
from sample_media.build import read_manifest
from tests.sample.conftest import BATCH, Line

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

Fact = Mapping[str, Any]
Document = Mapping[str, Any]

MANIFEST = read_manifest()
ITEMS = {item["file"]: item for item in MANIFEST["item"]}
EXPECT = MANIFEST["expect"]
COUNTRIES = {"SY": {"SY", "Syria", "Syrian Arab Republic"}}


def _fact(item: Mapping[str, Any], kind: str) -> Any:
    return next((one["value"] for one in item["facts"] if one["kind"] == kind), None)


def expected(item: Mapping[str, Any]) -> dict[str, str]:
    """Return how each stage is to end: as for its sort of media, but where the item says otherwise."""
    return {**EXPECT[_fact(item, "media") or "other"], **item.get("expect", {})}


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


def duration_of_picture(fact: Fact, document: Document) -> None:
    assert _body(document, "probe")["duration_decoded"] == pytest.approx(fact["value"], abs=fact["within"])


def duration(fact: Fact, document: Document) -> None:
    duration_of_picture(fact, document)
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


def languages(fact: Fact, document: Document) -> None:
    segments = _body(document, "transcribe")["segments"]
    assert sorted({one["language"] for one in segments if one["text"]}) == sorted(fact["value"])


def nothing_said(_fact: Fact, document: Document) -> None:
    assert not _words(document)


def restricted(_fact: Fact, document: Document) -> None:
    assert document["conditions"]["view"] != "staff"


def in_part(_fact: Fact, document: Document) -> None:
    read = [one["coverage"] for one in document["enrichments"] if one["current"] and one["coverage"]]
    assert any(one["of"] is not None and one["read"] < one["of"] for one in read)


def words(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) - _words(document) == set()


def not_words(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) & _words(document) == set()


def translated(fact: Fact, document: Document) -> None:
    segments = _body(document, "translate")["segments"]
    said = " ".join(one["text"] or "" for one in segments if one["kind"] == "translation").casefold()
    assert set(fact["value"]) - set(re.findall(r"\w+", said)) == set()


def _regions(document: Document) -> list[Mapping[str, Any]]:
    return [one for one in _body(document, "read_text").get("regions", ()) if one["text"]]


def text(fact: Fact, document: Document) -> None:
    read = " ".join(one["text"] for one in _regions(document))
    assert {normalised(word) for word in fact["value"]} - set(normalised(read).split()) == set()


def text_language(fact: Fact, document: Document) -> None:
    found = {one["language"] for one in _regions(document)}
    assert fact["value"] in found
    assert found <= {fact["value"], "und"}, "no other language is put in its place"


def scripts(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) <= {one["script"] for one in _regions(document)}


def objects(fact: Fact, document: Document) -> None:
    assert set(fact["value"]) <= {one["label"] for one in _body(document, "detect")["objects"]}


def shots(fact: Fact, document: Document) -> None:
    assert len({one["shot"] for one in _body(document, "keyframes")["shots"]}) == fact["value"]


def shown_size(fact: Fact, document: Document) -> None:
    assert {(one["width"], one["height"]) for one in _body(document, "keyframes")["shots"]} == {tuple(fact["value"])}


def claim(fact: Fact, document: Document) -> None:
    claims = [one for one in _body(document, "geolocate")["claims"] if one["source"] == fact["source"]]
    spots = [(one["lat"], one["lon"]) for one in claims]
    assert min(_metres(one, tuple(fact["value"])) for one in spots) <= fact["within"]


def no_claim(_fact: Fact, document: Document) -> None:
    assert not _body(document, "geolocate").get("claims")


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
    one.__name__: one
    for one in (
        camera_time, claim, duration, duration_of_picture, in_part, language, languages, media, media_type, no_claim,
        not_words, nothing_said, objects, position, promised, restricted, same_bytes_as, scripts, sha256, shots,
        shown_size, size, streams, text, text_language, translated, words,
    )
} | {"bytes": of_bytes}  # fmt: skip


def _every_fact() -> Iterator[Any]:
    for file, item in ITEMS.items():
        for fact in item["facts"]:
            if fact["kind"] != "like":
                yield pytest.param(file, fact, id=f"{file}: {fact['kind']}")


def _every_outcome() -> Iterator[Any]:
    for file, item in ITEMS.items():
        for stage, wanted in expected(item).items():
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
    for stage in EXPECT["other"]:
        wanted = Counter(expected(item)[stage].split()[0] for item in ITEMS.values())
        assert {name: n for name, n in line.status["outcomes"][stage].items() if n} == wanted, stage
    assert (line.status["items"], line.status["accounted"]) == (len(ITEMS), len(ITEMS))
    assert set(line.status["pending"].values()) <= {0}


def test_equal_bytes_are_two_items_and_one_asset(line: Line) -> None:
    copies = [file for file, item in ITEMS.items() if any(one["kind"] == "same_bytes_as" for one in item["facts"])]
    assert line.submitted["totals"] == {"preserved": len(ITEMS) - len(copies), "duplicate": len(copies)}


@pytest.mark.parametrize("file", [file for file, item in ITEMS.items() if expected(item)["transcribe"] == "done"])
def test_a_word_heard_is_found(line: Line, file: str) -> None:
    spoken = next(fact["value"] for fact in ITEMS[file]["facts"] if fact["kind"] == "words")
    for word in (spoken[0], spoken[-1]):
        hits = line.ask("search", word, "--batch", BATCH)["hits"]
        assert line.shown[file]["asset"] in {hit["asset"] for hit in hits}, word


@pytest.mark.parametrize("file", [file for file, item in ITEMS.items() if _fact(item, "position")])
def test_a_place_is_found_by_its_name(line: Line, file: str) -> None:
    place = next(fact["place"] for fact in ITEMS[file]["facts"] if fact["kind"] == "position")
    hits = line.ask("search", place, "--batch", BATCH)["hits"]
    assert line.shown[file]["asset"] in {hit["asset"] for hit in hits}


@pytest.mark.parametrize(
    ("file", "fact"),
    [(file, one) for file, item in ITEMS.items() for one in item["facts"] if one["kind"] == "like"],
)
def test_what_is_alike_is_linked_and_how(line: Line, file: str, fact: Fact) -> None:
    links = line.ask("similar", line.shown[file]["asset"])["links"]
    found = {one["asset"]: one["kind"] for one in links}
    assert found.get(line.shown[fact["value"]]["asset"]) == fact["how"]


def test_the_page_shows_every_item_but_the_restricted(line: Line, tmp_path: Path) -> None:
    told = line.ask("report", BATCH, "--to", str(tmp_path / "page.html"))
    hidden = [file for file, item in ITEMS.items() if _fact(item, "restricted")]
    assert (told["items"], told["not_shown"]) == (len(ITEMS), len(hidden))
    page = re.sub(r"base64,[\w+/=]+", "", (tmp_path / "page.html").read_text(encoding="utf-8"))
    heard = {word for file in ITEMS if file not in hidden for word in _words(line.shown[file])}
    secret = {word for file in hidden for word in _fact(ITEMS[file], "words")} - heard
    assert len(secret) >= 4
    assert not {word for word in secret if re.search(rf"\b{word}\b", page.casefold())}
    assert all(line.shown[file]["asset"] not in page for file in hidden)
