"""Captions: the same words seen in one picture after another are one text with a beginning and an end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.core.boxes import Box
from pipeline.core.error_rates import distance, normalised

Source = TypeVar("Source")

_OVERLAP = 0.5
_DIFFERENCE = 0.25
"""Part of the letters that two readings of one caption may differ in: compression blurs each frame differently."""

_MISSED = 1
"""Pictures in a row in which a caption may go unread and still be the same one afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight(Generic[Source]):
    """A text seen once: in which picture of the row, where, how surely, and whatever stands for it."""

    picture: int
    text: str
    confidence: float
    box: Box
    source: Source


def merged(sights: Iterable[Sight[Source]]) -> list[tuple[Sight[Source], ...]]:
    """Group sights of one text, each group in order of pictures; groups in order of their first sight.

    Two sights are of one text when they lie in the same place, nearly the same letters were read, and at
    most one picture lies between them. A picture never gives two sights of one group.
    """
    groups: list[list[Sight[Source]]] = []
    for sight in sorted(sights, key=lambda one: one.picture):
        fitting = [(_difference(group[-1], sight), n) for n, group in enumerate(groups) if _follows(group[-1], sight)]
        nearest = min(fitting, default=(1.0, 0))
        if nearest[0] <= _DIFFERENCE:
            groups[nearest[1]].append(sight)
        else:
            groups.append([sight])
    return [tuple(group) for group in groups]


def best(group: Sequence[Sight[Source]]) -> Sight[Source]:
    """Return the sight whose reading is to be believed: read alike most often and most surely."""
    votes: dict[str, float] = defaultdict(float)
    for sight in group:
        votes[normalised(sight.text)] += sight.confidence
    return max(group, key=lambda one: (votes[normalised(one.text)], one.confidence, -one.picture))


def _follows(earlier: Sight[Source], later: Sight[Source]) -> bool:
    return 0 < later.picture - earlier.picture <= 1 + _MISSED and _overlap(earlier.box, later.box) >= _OVERLAP


def _difference(earlier: Sight[Source], later: Sight[Source]) -> float:
    one, other = normalised(earlier.text), normalised(later.text)
    return distance(one, other) / max(1, len(one), len(other))


def _overlap(one: Box, other: Box) -> float:
    """Return the shared part of the larger box: a word within a page is not the page."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    larger = max(one[2] * one[3], other[2] * other[3])
    return width * height / larger if width > 0 and height > 0 and larger > 0 else 0.0
