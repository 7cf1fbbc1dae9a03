"""Speech: passages with their words and what they mean, as they are read beside the sound."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import CODES
from pipeline.web.room.shown import clock

Json = Mapping[str, Any]

_MOST_PASSAGES = 3_000
"""Passages of one page; the document holds them all."""


def passages(bodies: Mapping[str, Json], review: Json | None = None) -> list[dict[str, Any]]:
    """Return what was said, passage by passage; what was not offered as speech is there without its words.

    ``review``: what persons made of its values. Theirs stands beside the machine's, never instead of it.
    """
    judged = _judged(review)
    meant = _meanings(bodies.get("translation", {}))
    segments = bodies.get("transcript", {}).get("segments", ())
    several = len({(one["stream"], one["channel"]) for one in segments}) > 1
    return [
        {**_passage(number, one, meant.get(number, []), several=several), "judged": judged.get(number, [])}
        for number, one in enumerate(segments[:_MOST_PASSAGES])
    ]


def _judged(review: Json | None) -> dict[int, list[dict[str, Any]]]:
    """Return, by passage, what became of its values."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in (review or {}).get("values", ()):
        root, _, rest = one["pointer"].removeprefix("/").partition("/")
        number = rest.partition("/")[0]
        if root == "segments" and number.isdecimal():
            text = one["value"] if isinstance(one["value"], str) else None
            found.setdefault(int(number), []).append({"state": one["state"], "by": one["by"], "text": text})
    return found


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
    """Return the words as they stand in the text, each with its second and with what stands before it.

    Where they do not make up the text, the text is one word.
    """
    text, place, found = str(one["text"]), 0, []
    for it in one.get("words", ()):
        word = it["text"].strip()
        at = text.find(word, place)
        if at < 0 or text[place:at].strip():
            return [{"before": "", "text": text, "start": one["start"], "end": one["end"]}]
        found.append({"before": text[place:at], "text": word, "start": it["start"], "end": it["end"]})
        place = at + len(word)
    if not found or text[place:].strip():
        return [{"before": "", "text": text, "start": one["start"], "end": one["end"]}]
    return found


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
