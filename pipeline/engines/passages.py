"""Passages: what a recogniser's tokens say: text cut at its timestamps, words with their times."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from pipeline.core.ports import Word
from pipeline.engines.pcm import RATE, Window
from pipeline.engines.recogniser import Aligned

PREPENDED = "\"'\u201c\u00bf([{-"
APPENDED = "\"'.\u3002,\uff0c!\uff01?\uff1f:\uff1a\u201d)]}\u3001\u060c\u061f\u061b"
"""Marks that belong to the word after them, and to the word before them; Arabic ones included."""

_STEP = 0.02
_LONGEST_USUAL = 0.7
_SENTENCE_ENDS = ".\u3002!\uff01?\uff1f\u061f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage in moments of its window, in seconds, with the words found in it."""

    start: float
    end: float
    words: tuple[Aligned, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A passage, or a piece of one, in seconds of the stream."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]


def split(tokens: Sequence[int], begin: int, length: float) -> Iterator[tuple[float, float, Sequence[int]]]:
    """Cut tokens into passages at their timestamps: start and end in seconds of the window, tokens.

    A passage that the model left open lasts until the window ends; its words are kept.
    """
    cuts = [n for n in range(1, len(tokens)) if tokens[n - 1] >= begin and tokens[n] >= begin]
    for first, last in zip([0, *cuts], [*cuts, len(tokens)], strict=True):
        part = tokens[first:last]
        if not part:
            continue
        start = (part[0] - begin) * _STEP if part[0] >= begin else 0.0
        end = (part[-1] - begin) * _STEP if part[-1] >= begin and len(part) > 1 else length
        yield min(start, length), min(max(start, end), length), part


def compression(text: str) -> float:
    """Return text bytes over zlib bytes: what repeats itself packs well."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def share_out(aligned: Sequence[Aligned], passages: Sequence[tuple[float, float, int]]) -> list[Passage]:
    """Give each passage its words: start, end and the number of its tokens go in, in the order of the reading.

    Where the alignment stretches the first or the last word over a pause, the passage's own time stands.
    """
    words = _joined(aligned)
    usual = min(_LONGEST_USUAL, median([one.end - one.start for one in words if one.end > one.start] or [0.0]))
    found: list[Passage] = []
    at = 0
    for start, end, tokens in passages:
        mine: list[Aligned] = []
        taken = 0
        while at < len(words) and taken < tokens:
            mine.append(words[at])
            taken += words[at].tokens
            at += 1
        found.append(_tightened(start, end, mine, usual))
    return found


def place(window: Window, text: str, passage: Passage, apart: float) -> Iterator[Placed]:
    """Put a passage into the time of the stream; where so many seconds were left out of its middle it is cut."""
    pieces: list[list[tuple[int, Aligned]]] = []
    for number, words in groupby(passage.words, lambda one: window.span_at((one.start + one.end) / 2)):
        if not pieces or window.spans[number][0] - window.spans[pieces[-1][-1][0]][1] > apart * RATE:
            pieces.append([])
        pieces[-1] += [(number, one) for one in words]
    if not pieces:
        first, last = window.span_at(passage.start), window.span_at(passage.end)
        start, end = window.in_stream(passage.start, first), window.in_stream(passage.end, last)
        yield Placed(start=round(start, 3), end=round(end, 3), text=text, words=())
    for piece in pieces:
        (first, begins), (last, ends) = piece[0], piece[-1]
        said = text if len(pieces) == 1 else "".join(one.text for _, one in piece).strip()
        if said:
            yield Placed(
                start=round(window.in_stream(begins.start, first), 3), end=round(window.in_stream(ends.end, last), 3),
                text=said, words=tuple(_word(window, span, one) for span, one in piece if one.text.strip()),
            )  # fmt: skip


def _word(window: Window, span: int, one: Aligned) -> Word:
    return Word(
        start=round(window.in_stream(one.start, span), 3), end=round(window.in_stream(one.end, span), 3),
        text=one.text.strip(), confidence=round(one.probability, 3),
    )  # fmt: skip


def _tightened(start: float, end: float, words: list[Aligned], usual: float) -> Passage:
    """Hold words that the alignment stretches: no word after a pause is longer than twice what is usual."""
    longest = 2 * usual
    for number, one in enumerate(words):
        after_pause = number == 0 or words[number - 1].text.rstrip()[-1:] in _SENTENCE_ENDS
        if after_pause and one.end - one.start > longest:
            words[number] = replace(one, start=one.end - longest)
    if not words:
        return Passage(start=start, end=end, words=())
    first, last = words[0], words[-1]
    if first.start < start - 0.5 and start < first.end:
        words[0] = replace(first, start=max(0.0, min(first.end - usual, start)))
    if last.end > end + 0.5 and end > last.start:
        words[-1] = replace(words[-1], end=max(words[-1].start + usual, end))
    return Passage(start=words[0].start, end=words[-1].end, words=tuple(words))


def _joined(aligned: Sequence[Aligned]) -> list[Aligned]:
    """Join marks to the word that they belong to."""
    forward: list[Aligned] = []
    for one in reversed(aligned):
        mark = one.text.startswith(" ") and one.text.strip() in PREPENDED
        if mark and forward:
            forward[-1] = _both(one, forward[-1], timed=forward[-1])
        else:
            forward.append(one)
    words: list[Aligned] = []
    for one in reversed(forward):
        if words and one.text in APPENDED and not words[-1].text.endswith(" "):
            words[-1] = _both(words[-1], one, timed=words[-1])
        else:
            words.append(one)
    return words


def _both(first: Aligned, second: Aligned, *, timed: Aligned) -> Aligned:
    return replace(timed, text=first.text + second.text, tokens=first.tokens + second.tokens)
