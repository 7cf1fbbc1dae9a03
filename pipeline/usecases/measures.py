"""Measures: error rates, recall and metres of what the line found, against the truth; pure arithmetic."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from pipeline.core.error_rates import Rate, cer, normalised, wer
from pipeline.core.model import Kind

Json = Mapping[str, Any]

_NO_SPEECH = "none"
"""The language of a file in which nobody speaks."""

_EXACT_DEGREES = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One file: its truth, and what the line found, by kind."""

    truth: Mapping[str, str]
    media: str
    found: Mapping[str, Json]

    def body(self, kind: Kind) -> Json:
        """Return what was found of a kind; nothing where nothing was."""
        body: Json = self.found.get(kind, {}).get("body", {})
        return body


def speech(samples: Sequence[Sample]) -> dict[str, Any]:
    """Measure words: by language the rates with their 95 % intervals, what is flagged, and words invented on silence.

    A file without ``text`` and with language ``none`` is one in which nobody speaks.
    """
    spoken: dict[str, list[Sample]] = defaultdict(list)
    for one in samples:
        if one.truth.get("text"):
            spoken[one.truth.get("language", "und")].append(one)
    silent = [one for one in samples if one.truth.get("language") == _NO_SPEECH]
    return {
        "languages": {language: _speech_of(language, group) for language, group in sorted(spoken.items())},
        "no_speech": {
            "files": len(silent),
            "files_with_words": sum(bool(_said(one)) for one in silent),
            "words_invented": sum(len(normalised(_said(one)).split()) for one in silent),
        },
        "outcomes": _outcomes(samples, Kind.TRANSCRIPT),
    }


def _speech_of(language: str, group: Sequence[Sample]) -> dict[str, Any]:
    pairs = [(one.truth["text"], _said(one)) for one in group]
    words: Counter[str] = Counter()
    for segment in (segment for one in group for segment in one.body(Kind.TRANSCRIPT).get("segments", ())):
        count = len(normalised(segment["text"] or "").split())
        words["offered"] += count
        words["unflagged"] += 0 if segment["flags"] else count
        words["in_another_language"] += count if segment["language"] != language else 0
    return {
        "clips": len(group), "wer": _rate(wer(pairs)), "cer": _rate(cer(pairs)), "words_offered": words["offered"],
        "words_unflagged": words["unflagged"], "words_in_another_language": words["in_another_language"],
        "clips_without_words": sum(not said for _, said in pairs),
    }  # fmt: skip


def _said(one: Sample) -> str:
    return " ".join(segment["text"] for segment in one.body(Kind.TRANSCRIPT).get("segments", ()) if segment["text"])


def text(samples: Sequence[Sample]) -> dict[str, Any]:
    """Measure what is read: character errors where all of the text is known, found passages where some of it is.

    A picture with neither ``text`` nor ``contains`` holds no text: what is read there is invented.
    """
    known: dict[str, list[tuple[str, str]]] = defaultdict(list)
    passages: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    for one in samples:
        read = " ".join(region["text"] for region in one.body(Kind.OCR).get("regions", ()) if region["text"])
        if one.truth.get("text"):
            known[one.truth.get("language", "und")].append((one.truth["text"], read))
        for passage in filter(None, one.truth.get("contains", "").split("|")):
            passages["asked"] += 1
            passages["found"] += normalised(passage) in normalised(read)
        if not one.truth.get("text") and not one.truth.get("contains"):
            empty["pictures"] += 1
            empty["with_text"] += bool(read)
    return {
        "languages": {
            language: {"pictures": len(pairs), "cer": _rate(cer(pairs)), "wer": _rate(wer(pairs))}
            for language, pairs in sorted(known.items())
        },
        "passages": {"asked": passages["asked"], "found": passages["found"]},
        "without_text": {"pictures": empty["pictures"], "with_invented_text": empty["with_text"]},
        "outcomes": _outcomes(samples, Kind.OCR),
    }


def labels(samples: Sequence[Sample]) -> dict[str, Any]:
    """Measure what is seen: of the labels that are true (``a|b``), how many some engine gave, and which it missed."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in samples:
        found = {
            normalised(str(thing["label"]))
            for kind, member in ((Kind.OBJECTS, "objects"), (Kind.TAGS, "tags"))
            for thing in one.body(kind).get(member, ())
        }
        for label in set(filter(None, one.truth.get("labels", "").split("|"))):
            counted[label]["asked"] += 1
            wanted = normalised(label)
            counted[label]["found"] += any(wanted in name.split() or wanted == name for name in found)
    asked, hit = (sum(one[name] for one in counted.values()) for name in ("asked", "found"))
    return {
        "labels": {label: dict(count) for label, count in sorted(counted.items())},
        "asked": asked, "found": hit, "recall": round(hit / asked, 3) if asked else None,
        "outcomes": {**_outcomes(samples, Kind.OBJECTS), "tags": _outcomes(samples, Kind.TAGS)},
    }  # fmt: skip


def place(samples: Sequence[Sample]) -> dict[str, Any]:
    """Measure positions: metres from the nearest claim, and claims where there is no position to be had."""
    metres: list[float] = []
    exact = missing = 0
    without: Counter[str] = Counter()
    for one in samples:
        claims = [claim for claim in one.body(Kind.PLACES).get("claims", ()) if claim["source"] != "mention"]
        if not one.truth.get("lat"):
            without["files"] += 1
            without["with_claims"] += bool(claims)
            continue
        lat, lon = float(one.truth["lat"]), float(one.truth["lon"])
        if not claims:
            missing += 1
            continue
        exact += any(
            abs(claim["lat"] - lat) <= _EXACT_DEGREES and abs(claim["lon"] - lon) <= _EXACT_DEGREES for claim in claims
        )
        metres.append(min(_metres((lat, lon), (claim["lat"], claim["lon"])) for claim in claims))
    asked = len(metres) + missing
    return {
        "positions": asked, "without_claim": missing, "within_1e-4_degrees": exact,
        "share_within_1e-4_degrees": round(exact / asked, 4) if asked else None,
        "metres": {"median": round(median(metres), 2), "largest": round(max(metres), 2)} if metres else None,
        "no_position": {"files": without["files"], "with_claims": without["with_claims"]},
        "outcomes": _outcomes(samples, Kind.PLACES),
    }  # fmt: skip


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    from geopy.distance import geodesic

    return float(geodesic(a, b).m)


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "rate": round(rate.rate, 4), "low": round(rate.low, 4), "high": round(rate.high, 4), "errors": rate.errors,
        "units": rate.units, "items": rate.items,
    }  # fmt: skip


def _outcomes(samples: Sequence[Sample], kind: Kind) -> dict[str, int]:
    return dict(sorted(Counter(str(one.found[kind]["outcome"]) for one in samples if kind in one.found).items()))


MEASURES: Mapping[str, Callable[[Sequence[Sample]], dict[str, Any]]] = {
    "speech": speech, "text": text, "labels": labels, "place": place,
}  # fmt: skip
