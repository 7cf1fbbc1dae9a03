"""Second reading: which doubted passages another engine reads again, and what it makes of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.doubt import fold
from pipeline.core.error_rates import distance
from pipeline.core.ports import Heard, Region, SecondTranscriber, Word

SHARE = 0.25
"""Of the speech of a stream, so much is read again at most, the least sure first …"""

LEAST = 60.0
"""… but always so many seconds: a short recording is doubted as a whole."""

DISAGREE = 0.3
"""Share of words from which on two readings disagree."""

_PAD = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What the other engine wrote of a passage; no text where it heard nothing."""

    text: str
    confidence: float


def chosen(doubted: Iterable[Heard], regions: Iterable[Region]) -> list[Heard]:
    """Choose which doubted passages to read again: the least sure first, within the share of the speech."""
    left = max(LEAST, SHARE * sum(one.end - one.start for one in regions))
    found: list[Heard] = []
    for one in sorted(doubted, key=lambda one: (one.confidence, one.start, one.end)):
        left -= one.end - one.start
        if left < 0:
            break
        found.append(one)
    return sorted(found, key=lambda one: (one.start, one.end))


def read_again(pcm: Path, passages: Sequence[Heard], second: SecondTranscriber) -> Mapping[Heard, Second]:
    """Have passages read by the other engine, all of a language in one go; one that it cannot read is left out."""
    found: dict[Heard, Second] = {}
    for language in dict.fromkeys(one.language for one in passages):
        if language not in second.reliability:
            continue
        mine = [one for one in passages if one.language == language]
        spans = [Region(start=max(0.0, one.start - _PAD), end=one.end + _PAD) for one in mine]
        heard = second.transcribe(pcm, spans, language)
        found |= {one: _within(one, heard) for one in mine}
    return found


def _within(passage: Heard, heard: Iterable[Heard]) -> Second:
    """Collect what was said in the time of a passage."""
    words: list[tuple[Word, float]] = [
        (word, one.confidence)
        for one in heard
        for word in one.words
        if passage.start - _PAD <= (word.start + word.end) / 2 < passage.end + _PAD
    ]
    confidence = max((sure for _, sure in words), default=0.0)
    return Second(text=" ".join(word.text for word, _ in words), confidence=confidence)


def disagreement(one: str, other: str) -> float:
    """Return the share of words in which two readings differ: 0 to 1, of the longer one."""
    first, second = fold(one).split(), fold(other).split()
    return distance(first, second) / max(len(first), len(second), 1)
