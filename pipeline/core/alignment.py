"""Alignment: what is said and written as pieces to translate, each of which knows the passages it is of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.core.ports import Heard, Word
from pipeline.core.sentences import LONGEST, ends, place, sentences, span
from pipeline.core.tongues import UNTOLD

Json = Mapping[str, Any]
Origin = Literal["transcript", "ocr"]

_BREATH = 1.5
"""Seconds of silence over which a sentence goes on."""

_SHARED = 0.3
"""Part of the shorter of two passages that must sound at the same time for one to be of the other."""

_DOUBTS = frozenset({"low_confidence", "cut", "language_doubt", "repetition", "disagreement", "rate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece of a source, of its passages ``first`` to ``last``; ``reliable``: nothing doubts that it stands there.

    ``start`` and ``end`` are seconds, ``None`` on a photograph; ``at`` counts characters of the first passage.
    """

    origin: Origin
    first: int
    last: int
    at: int
    start: float | None
    end: float | None
    text: str
    language: str
    reliable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Passages that follow one another in one stream and one language: index in the transcript → passage."""

    stream: int
    language: str
    passages: tuple[tuple[int, Json], ...]


def spoken_runs(segments: Iterable[Json]) -> list[Run]:
    """Gather what is offered as speech; another stream, another language or a passage without words ends a run."""
    runs: list[Run] = []
    before = -2
    for index, one in enumerate(segments):
        if not one["text"]:
            continue
        language = one["language"] or UNTOLD
        last = runs[-1] if runs else None
        if last and index == before + 1 and (last.stream, last.language) == (one["stream"], language):
            runs[-1] = Run(stream=last.stream, language=language, passages=(*last.passages, (index, one)))
        else:
            runs.append(Run(stream=one["stream"], language=language, passages=((index, one),)))
        before = index
    return runs


def sentence_units(run: Run) -> Iterator[Unit]:
    """Cut a run into sentences: a sentence may go on over passages, and a passage may hold several."""
    for together in _unbroken(run.passages):
        text = " ".join(one["text"].strip() for _, one in together)
        starts, at = [], 0
        for _, one in together:
            starts.append(at)
            at += len(one["text"].strip()) + 1
        words = [
            Word(start=word["start"], end=word["end"], text=word["text"], confidence=word["confidence"])
            for _, one in together
            for word in one["words"]
        ]
        placed = place(words, text)
        for sentence in sentences(text):
            low = max(n for n, start in enumerate(starts) if start <= sentence.first)
            high = max(n for n, start in enumerate(starts) if start < sentence.last)
            mine = [one for _, one in together[low : high + 1]]
            start, end = span(sentence, placed, mine[0]["start"], mine[-1]["end"])
            yield Unit(
                origin="transcript", first=together[low][0], last=together[high][0], at=sentence.first - starts[low],
                start=start, end=end, text=sentence.text, language=run.language, reliable=all(map(reliable, mine)),
            )  # fmt: skip


def whole_units(run: Run, heard: Sequence[Heard], offset: float) -> Iterator[tuple[Unit, tuple[Heard, ...]]]:
    """Give what a speech translator wrote to the passages that sound at the same time, as finely as that parts them.

    ``offset`` is where the stream starts. A passage of which nothing was written comes with nothing.
    """
    links = [
        (number, other)
        for number, (_, one) in enumerate(run.passages)
        for other, said in enumerate(heard)
        if _together(one["start"], one["end"], said.start + offset, said.end + offset)
    ]
    for first, last in _chains(len(run.passages), links):
        mine = [one for _, one in run.passages[first : last + 1]]
        said = sorted({other for number, other in links if first <= number <= last})
        unit = Unit(
            origin="transcript", first=run.passages[first][0], last=run.passages[last][0], at=0,
            start=mine[0]["start"], end=mine[-1]["end"], text=" ".join(one["text"].strip() for one in mine),
            language=run.language, reliable=all(map(reliable, mine)),
        )  # fmt: skip
        yield unit, tuple(heard[one] for one in said)


def written_units(regions: Iterable[Json]) -> Iterator[Unit]:
    """Cut written texts into sentences; each stands in the picture as long as its text does."""
    for index, one in enumerate(regions):
        text = " ".join((one["text"] or "").split())
        if not any(map(str.isalpha, text)):
            continue
        start = one.get("t")
        end = one.get("end") if one.get("end") is not None else start
        for sentence in sentences(text):
            yield Unit(
                origin="ocr", first=index, last=index, at=sentence.first, start=start, end=end, text=sentence.text,
                language=one.get("language") or UNTOLD, reliable=reliable(one),
            )  # fmt: skip


def reliable(passage: Json) -> bool:
    """Tell whether nothing doubts what a passage says."""
    return passage.get("reliability") != "low" and not _DOUBTS & set(passage.get("flags", ()))


def _unbroken(passages: Sequence[tuple[int, Json]]) -> Iterator[list[tuple[int, Json]]]:
    together: list[tuple[int, Json]] = []
    for index, one in passages:
        if together and not _goes_on(together, one):
            yield together
            together = []
        together.append((index, one))
    if together:
        yield together


def _goes_on(together: Sequence[tuple[int, Json]], one: Json) -> bool:
    last = together[-1][1]
    letters = sum(len(before["text"]) for _, before in together) + len(one["text"])
    return not ends(last["text"]) and one["start"] - last["end"] <= _BREATH and letters <= LONGEST


def _together(start: float, end: float, other_start: float, other_end: float) -> bool:
    shared = min(end, other_end) - max(start, other_start)
    return shared > 0 and shared >= _SHARED * min(end - start, other_end - other_start)


def _chains(count: int, links: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield first and last of the passages that links hold together; each stands in exactly one chain."""
    reach = {
        number: max((far for other in _of(links, number) for far, one in links if one == other), default=number)
        for number in range(count)
    }
    first = 0
    while first < count:
        last = first
        number = first
        while number <= last:
            last = max(last, reach[number])
            number += 1
        yield first, last
        first = last + 1


def _of(links: Sequence[tuple[int, int]], number: int) -> list[int]:
    return [other for one, other in links if one == number]
