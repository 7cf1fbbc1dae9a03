"""Captions: the passages of a document as lines on a screen, whichever file they are written into."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.core.model import Kind
from pipeline.core.text import printable
from pipeline.exports.folder import ExportManifest, Filling, export_to
from pipeline.exports.reviewed import Mark, mark_of

Json = Mapping[str, Any]
Layout = Literal["original", "translated", "bilingual"]

UNCERTAIN, GLOSS = "[uncertain]", "[gloss]"
CORRECTED, REVIEWED = (
    "[corrected by a person]",
    {"confirmed": "[reviewed]", "rejected": "[rejected]", "disputed": "[disputed]"},
)
_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "syr", "azb", "arc"})
_RLM = "\u200f"
# Marks that only steer the direction of what stands around them: a line sets its own.
_STEERING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_LONGEST = 2_000
_TRUSTED = frozenset({None, "usable", "high", "good"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What is shown from ``start`` to ``end`` (seconds): lines of harmless text, and whose they are."""

    start: float
    end: float
    voice: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One file of captions: what it must say of itself, then its cues."""

    asset: str
    layout: Layout
    language: str
    header: tuple[str, ...]
    cues: tuple[Cue, ...]


Writer = Callable[[Track], Iterable[bytes]]


def export_captions(
    documents: Iterable[Json], to: Path, *, schema: str, suffix: str, write: Writer
) -> ExportManifest:  # fmt: skip
    """Write the captions of documents, a file for each layout, into a new folder; say which documents have none."""

    def fill(filling: Filling) -> None:
        for document in documents:
            filling.count(document)
            some = False
            for track in tracks(document):
                some = True
                filling.write(f"{track.asset}.{track.layout}.{track.language}{suffix}", write(track))
            if not some:
                filling.without.append({"asset": document["asset"], "reason": "nothing in it is offered as speech"})

    return export_to(to, schema, fill)


def tracks(document: Json) -> Iterator[Track]:
    """Yield the original, the translation, and both together, as far as there are passages with a text.

    A passage whose text is null was rejected or withheld: it is counted in the header, never shown.
    """
    said, translated = (_current(document, kind) for kind in (Kind.TRANSCRIPT, Kind.TRANSLATION))
    if said is None:
        return
    spoken = _passages(said)
    several = len({(one["stream"], one["channel"]) for one in spoken}) > 1
    language = _tag(said["body"].get("language"))
    if spoken:
        cues = [_cue(one, _spoken(one), several) for one in spoken]
        yield _track(document, "original", language, [said], cues)
    if translated is None:
        return
    target = _tag(translated["body"]["target"])
    theirs = [one for one in _passages(translated) if _of_speech(one)]
    if theirs:
        cues = [_cue(one, _told(one, target), several=False) for one in theirs]
        yield _track(document, "translated", target, [translated], cues)
    if theirs and spoken:
        beside = _beside(spoken, theirs)
        cues = [
            _cue(one, [*_spoken(one), *(line for other in beside[place] for line in _told(other, target))], several)
            for place, one in enumerate(spoken)
        ]
        yield _track(document, "bilingual", f"{language}-{target}", [said, translated], cues)


def plain(text: str) -> str:
    """Return text as one line that can neither end a cue nor turn the direction of another."""
    return printable(" ".join(_STEERING.sub("", text).split()), limit=_LONGEST)


def clock(seconds: float, mark: str) -> str:
    """Write a time as hours, minutes, seconds and, after ``mark``, milliseconds."""
    milliseconds = round(max(seconds, 0.0) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{mark}{rest % 1000:03d}"


def _current(document: Json, kind: str) -> Json | None:
    found = (one for one in document["enrichments"] if one["kind"] == kind and one["current"] and one["body"])
    return next(found, None)


def _tag(language: str | None) -> str:
    """Return a language tag that can stand in a file name."""
    return language if language and re.fullmatch(r"[A-Za-z0-9-]{1,35}", language) else "und"


def _of_speech(one: Json) -> bool:
    return one.get("start") is not None and one.get("end") is not None and not _of_picture(one)


def _of_picture(one: Json) -> bool:
    of = one.get("of")
    return isinstance(of, Mapping) and of.get("kind") == str(Kind.OCR)


def _shown(one: Json) -> str | None:
    """Return a translation, or the line of a gloss where there is none."""
    return one["text"] or one.get("gloss_text")


def _beside(spoken: Sequence[Json], theirs: Sequence[Json]) -> list[list[Json]]:
    """Give each translated passage to the spoken one that it shares most time with: each stands once."""
    found: list[list[Json]] = [[] for _ in spoken]
    for one in theirs:
        shared = [min(it["end"], one["end"]) - max(it["start"], one["start"]) for it in spoken]
        found[max(range(len(spoken)), key=lambda place: (shared[place], -place))].append(one)
    return found


def _cue(one: Json, lines: list[str], several: bool) -> Cue:
    voice = f"stream {one['stream']} channel {one['channel']}" if several else None
    voice = plain(one["speaker"]) if one.get("speaker") else voice
    return Cue(start=one["start"], end=max(one["end"], one["start"] + 0.001), voice=voice, lines=tuple(lines))


def _passages(said: Json) -> list[dict[str, Any]]:
    """Return the passages that have a text, each with what persons made of it."""
    passages = enumerate(said["body"].get("segments", ()))
    return [{**one, "mark": mark_of(said, f"/segments/{place}")} for place, one in passages if _shown(one)]


def _spoken(one: Json) -> list[str]:
    doubted = one["flags"] or one.get("reliability") not in _TRUSTED
    return _lines(one, one["text"], one["language"], [UNCERTAIN] if doubted else [])


def _told(one: Json, target: str) -> list[str]:
    reliability = one.get("reliability")
    gloss = "gloss" in (reliability, one.get("method"), one.get("engine"))
    marks = [GLOSS] if gloss else [UNCERTAIN] if one.get("checks") or reliability not in _TRUSTED else []
    return _lines(one, _shown(one) or "", target, marks)


def _lines(one: Json, text: str, language: str | None, marks: list[str]) -> list[str]:
    """Return the machine's line, and below it what a person would write instead."""
    mark: Mark = one["mark"]
    line = _line(text, language, [*marks, *([REVIEWED[mark.state]] if mark.state in REVIEWED else [])])
    return [line, _line(mark.instead, language, [CORRECTED])] if mark.instead else [line]


def _line(text: str, language: str | None, marks: list[str]) -> str:
    rtl = (language or "").partition("-")[0] in _RIGHT_TO_LEFT
    # Without the mark, a line that begins with a Latin word would run from the left as a whole.
    return (_RLM if rtl else "") + " ".join([*marks, plain(text)])


def _track(document: Json, layout: Layout, language: str, makers: list[Json], cues: list[Cue]) -> Track:
    header = [f"Machine-made {layout} captions; they may be wrong.", f"Asset (SHA-256): {document['asset']}"]
    for one in makers:
        header += _made(one)
    if layout == "translated":
        header.append("A translation only: read it beside the original.")
    header.append(f"{UNCERTAIN} marks what the program itself or its checks doubt; {GLOSS} a word by word gloss.")
    if any(one.get("review") for one in makers):
        header.append(
            f"{' '.join(REVIEWED.values())} mark what persons made of a line; {CORRECTED} what they would write."
        )
    cues.sort(key=lambda one: (one.start, one.end, one.lines))
    return Track(
        asset=document["asset"], layout=layout, language=language, cues=tuple(cues),
        header=tuple(plain(line) for line in header),
    )  # fmt: skip


def _made(one: Json) -> Iterator[str]:
    maker, body = one["maker"], one["body"]
    what = str(one["kind"]).capitalize()
    yield f"{what} by {maker['engine']}, model {maker['model']} (weights {maker['weights_sha256']}), {one['id']}."
    grades = Counter(str(it["reliability"]) for it in body["segments"] if it.get("reliability"))
    if grades:
        yield f"{what}, reliability: " + ", ".join(f"{n} passages {grade}" for grade, n in sorted(grades.items())) + "."
    yield f"{what}, reviewed: {_reviewed(one)}."
    left = Counter(str(it.get("code") or "withheld") for it in body["segments"] if not _shown(it))
    if left:
        yield f"{what}, not shown: " + ", ".join(f"{n} passages ({code})" for code, n in sorted(left.items())) + "."
    coverage = one["coverage"]
    if coverage and (coverage["gaps"] or (coverage["of"] is not None and coverage["read"] < coverage["of"])):
        yield f"{what} is partial: {coverage['read']} of {coverage['of']} {coverage['unit']} read."


def _reviewed(one: Json) -> str:
    if one["by"] == "person":
        return f"by {one['reviewer'] or 'a person'}"
    if not one.get("review"):
        return "no"
    states = Counter(it["state"] for it in one["review"]["values"])
    told = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
    whole = "wholly" if one["review"]["complete"] else "in part"
    return f"{whole}, by {one['reviewer'] or 'a person'} ({told})"
