"""Speech: passages with their words and what they mean, as they are read beside the sound."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import CODES
from pipeline.web.room.shown import clock

Json = Mapping[str, Any]

_MOST_PASSAGES = 3_000
"""Passages of one page; the document holds them all."""


def passages(bodies: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Return what was said, passage by passage; what was not offered as speech is there without its words."""
    meant = _meanings(bodies.get("translation", {}))
    segments = bodies.get("transcript", {}).get("segments", ())
    several = len({(one["stream"], one["channel"]) for one in segments}) > 1
    return [
        _passage(number, one, meant.get(number, []), several=several)
        for number, one in enumerate(segments[:_MOST_PASSAGES])
    ]


def _passage(number: int, one: Json, meant: Sequence[Json], *, several: bool) -> dict[str, Any]:
    doubt = [flag.replace("_", " ") for flag in one["flags"]]
    return {
        "n": number, "start": one["start"], "end": one["end"], "at": clock(one["start"]), "text": one["text"],
        "language": one["language"], "confidence": one["confidence"], "reliability": one.get("reliability"),
        "doubt": doubt, "words": _words(one) if one["text"] else [], "meant": meant,
        "why_not": CODES[one["code"]].meaning if one["text"] is None and one["code"] in CODES else None,
        "who": one["speaker"] or (f"{one['stream']}.{one['channel']}" if several else None),
    }  # fmt: skip


def _words(one: Json) -> list[dict[str, Any]]:
    """Return the words, each with its second; where they do not make up the text, the text as one."""
    words = [{"text": it["text"].strip(), "start": it["start"], "end": it["end"]} for it in one.get("words", ())]
    if "".join(it["text"] for it in words).replace(" ", "") != one["text"].replace(" ", ""):
        return [{"text": one["text"], "start": one["start"], "end": one["end"]}]
    return words


def _meanings(body: Json) -> dict[int, list[dict[str, Any]]]:
    """Return, by passage, what it means in the other language, and how far that can be relied upon."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in body.get("segments", ()):
        text = one["text"] or one.get("gloss_text")
        if one["of"]["kind"] == "transcript" and text:
            told = {
                "text": text, "language": body["target"], "gloss": one.get("kind") == "gloss",
                "reliability": one["reliability"], "checks": [it["name"] for it in one.get("checks", ())],
            }  # fmt: skip
            found.setdefault(one["of"]["index"], []).append(told)
    return found
