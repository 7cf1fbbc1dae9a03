# ruff: noqa: RUF001  # the marks and letters of several scripts are the subject of this file
"""Sentences: a text cut into pieces that a translator can take, each with its place in the text and its time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.ports import Word

LONGEST = 300
"""Characters of one piece at most: translators of this size lose words beyond a few dozen of them."""

_END = re.compile(r"[.!?…؟۔。！？]+[\"'”’»)\]]*(?=\s|$)|\n{2,}")
_PAUSE = re.compile(r"[,;:،؛]\s|\s[–—-]\s|\n")
_ABBREVIATED = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|vs|gen|col|lt|sgt|capt|art|abs|nr|bzw|usw|ca|str|hr|fr|mme|mlle|av|cf|env|etc|yy|örn|vb)"
    r"|\b\w|\b[dz]\. ?[hb]|\d)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A piece of a text: characters ``first`` up to ``last`` of it, without the blanks around."""

    first: int
    last: int
    text: str


def sentences(text: str, longest: int = LONGEST) -> tuple[Sentence, ...]:
    """Cut a text at the ends of its sentences, and a sentence that is too long at a pause, or else at a blank."""
    pieces = []
    for first, last in _spans(text):
        pieces += [_trim(text, *span) for span in _short(text, first, last, longest)]
    return tuple(one for one in pieces if one.text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    first = 0
    for mark in _END.finditer(text):
        before = text[first : mark.end()]
        # "Dr. Quilter", "z. B.", "3. Mai": a full stop that ends no sentence, where more of the line follows.
        if mark.group() == "." and mark.end() < len(text) and _ABBREVIATED.search(before):
            continue
        yield first, mark.end()
        first = mark.end()
    yield first, len(text)


def _short(text: str, first: int, last: int, longest: int) -> Iterator[tuple[int, int]]:
    while last - first > longest:
        limit = first + longest
        pauses = [one.end() for one in _PAUSE.finditer(text, first + longest // 3, limit)]
        cut = pauses[-1] if pauses else text.rfind(" ", first + longest // 3, limit)
        cut = cut if cut > first else limit
        yield first, cut
        first = cut
    yield first, last


def _trim(text: str, first: int, last: int) -> Sentence:
    piece = text[first:last]
    first += len(piece) - len(piece.lstrip())
    stripped = piece.strip()
    return Sentence(first=first, last=first + len(stripped), text=stripped)


def ends(text: str) -> bool:
    """Tell whether a text ends where a sentence does."""
    return bool(re.search(r"[.!?…؟۔。！？][\"'”’»)\]]*\s*$", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A word's place in a text, and its time in seconds."""

    first: int
    last: int
    start: float
    end: float


def place(words: Sequence[Word], text: str) -> tuple[Timed, ...]:
    """Find timed words in the text that they make up, in order; a word that is not there is passed over."""
    found = []
    at = 0
    for word in words:
        first = text.find(word.text, at) if word.text else -1
        if first >= 0:
            at = first + len(word.text)
            found.append(Timed(first=first, last=at, start=word.start, end=word.end))
    return tuple(found)


def span(sentence: Sentence, words: Sequence[Timed], start: float, end: float) -> tuple[float, float]:
    """Return when a sentence is said; without words of its own, the whole time of its text."""
    mine = [one for one in words if one.last > sentence.first and one.first < sentence.last]
    if not mine:
        return start, end
    return max(start, min(one.start for one in mine)), min(end, max(one.end for one in mine))
