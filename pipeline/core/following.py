"""Following: one thing seen in several keyframes that come one after another."""

from collections.abc import Sequence
from itertools import pairwise

from pipeline.core.boxes import overlap
from pipeline.core.ports import Found

_ALIKE = 0.3
"""Boxes that share less are taken for two things: between keyframes a camera moves."""


def follow(frames: Sequence[Sequence[Found]]) -> list[list[int | None]]:
    """Number things that stay from one frame to the next: same label, and boxes that overlap.

    One answer per thing, ``None`` for what is seen in one frame only. A track says that it may be the same
    thing, never that it is: nothing is compared but label and place.
    """
    links: list[dict[int, int]] = [_links(before, after) for before, after in pairwise(frames)]
    numbers: list[list[int | None]] = [[None] * len(found) for found in frames]
    following = 0
    for at, link in enumerate(links):
        for before, after in sorted(link.items()):
            if numbers[at][before] is None:
                numbers[at][before] = following
                following += 1
            numbers[at + 1][after] = numbers[at][before]
    return numbers


def _links(before: Sequence[Found], after: Sequence[Found]) -> dict[int, int]:
    """Pair things of two frames, those that overlap most first."""
    pairs = [
        (overlap(one.box, other.box), first, second)
        for first, one in enumerate(before)
        for second, other in enumerate(after)
        if one.label == other.label
    ]
    links: dict[int, int] = {}
    taken: set[int] = set()
    for shared, first, second in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:])):
        if shared >= _ALIKE and first not in links and second not in taken:
            links[first] = second
            taken.add(second)
    return links
