"""Rows: what of an enriched document can be searched.

File names, owners, devices and serial numbers are never indexed: they identify the source.
Readings that are not offered as speech are not either: they must not be found as if they were.
The same holds for a translation that its checks found unreliable; a gloss is found as a gloss.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.model import Coverage, Kind, Outcome
from pipeline.core.ports import IndexRow

FROM_CONTENT = frozenset({"written", "mention", "sign", "sun", "analyst"})
"""Claims of place that rest on what is seen or heard; any other source may tell who was where."""

Json = Mapping[str, Any]


def rows_of(document: Json) -> list[IndexRow]:
    """Return the searchable rows of an enriched document that nothing was withheld from.

    Only current enrichments that are ``done`` count, and glosses of what nobody translates; kinds that
    hold nothing to search give nothing.
    """
    rows: list[IndexRow] = []
    said = {one["id"]: one for one in document["enrichments"]}
    for enrichment in document["enrichments"]:
        reader = _READERS.get(enrichment["kind"])
        if reader and enrichment["current"] and enrichment["outcome"] in _SAYS.get(enrichment["kind"], (Outcome.DONE,)):
            acquisition = enrichment.get("of_acquisition")
            common = {
                "field": enrichment["kind"],
                "enrichment": enrichment["id"],
                "media": document["media"],
                "of_acquisition": (acquisition[0], acquisition[1]) if acquisition else None,
                "partial": _partial(enrichment, said),
            }
            rows.extend(IndexRow(**{**common, **found}) for found in reader(enrichment["body"]))
    return rows


def _partial(enrichment: Json, said: Mapping[str, Json]) -> bool:
    """Tell whether a statement, or one that it rests on, read only a part: of half a picture nobody saw all."""
    coverage = enrichment.get("coverage")
    if coverage and Coverage.from_json(coverage).partial:
        return True
    return any(_partial(said[one], said) for one in enrichment.get("basis", ()) if one in said)


def _transcript(body: Json) -> Iterator[dict[str, Any]]:
    for segment in body["segments"]:
        if segment["text"]:
            language = segment.get("language") or body.get("language")
            yield {"text": segment["text"], "language": language, "t": segment["start"], "end": segment["end"]}


def _translation(body: Json) -> Iterator[dict[str, Any]]:
    for segment in body.get("segments", ()):
        times = {"t": segment.get("start"), "end": segment.get("end")}
        if segment["text"] and segment.get("reliability") != "unreliable":
            yield {"text": segment["text"], "language": body["target"], **times}
        elif gloss := segment.get("gloss_text"):
            yield {"field": "gloss", "text": gloss, "language": body["target"], **times}


def _ocr(body: Json) -> Iterator[dict[str, Any]]:
    for region in body["regions"]:
        if region["text"]:
            yield {"text": region["text"], "language": region.get("language"), "t": region.get("t")}


def _labels(members: str) -> Callable[[Json], Iterator[dict[str, Any]]]:
    def read(body: Json) -> Iterator[dict[str, Any]]:
        # A crowd in one frame is one thing to find there.
        seen = dict.fromkeys((found["label"], found.get("t")) for found in body[members])
        for label, t in seen:
            yield {"text": label, "t": t}

    return read


def _places(body: Json) -> Iterator[dict[str, Any]]:
    for claim in body["claims"]:
        names = (claim.get(name) for name in ("name", "admin", "country", "text"))
        way = claim.get("acquisition")
        yield {
            **({"of_acquisition": (way["batch"], way["n"])} if way else {}),
            "text": ", ".join(dict.fromkeys(name for name in names if name)),
            "lat": claim.get("lat"),
            "lon": claim.get("lon"),
            "t": claim.get("t"),
            "source_identifying": claim["source"] not in FROM_CONTENT or bool(claim.get("source_identifying")),
        }


_SAYS = {Kind.TRANSLATION: (Outcome.DONE, Outcome.UNSUPPORTED)}
"""Kinds that hold something to find although no engine covers it: glosses stand where nothing was translated."""

_READERS: dict[str, Callable[[Json], Iterator[dict[str, Any]]]] = {
    Kind.TRANSCRIPT: _transcript,
    Kind.TRANSLATION: _translation,
    Kind.OCR: _ocr,
    Kind.TAGS: _labels("tags"),
    Kind.OBJECTS: _labels("objects"),
    Kind.PLACES: _places,
}
