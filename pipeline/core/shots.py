"""Shots: the spans of a recording that show one view, and the frame that stands for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.core.cuts import Change
from pipeline.core.glances import Seen

EVERY = 10.0
"""Seconds of one view after which another frame is taken: things come and go without a cut."""

_SLIDE, _ANOTHER = 0.4, 12.0
"""A frame that stands for so many seconds is a slide: the next, so many steps of luma from it, is another view."""

_WIDER = 1.5
_SHORTEST = 0.2
_MARGIN = 8
_DARK_MARGIN = 4
_APART = 24
_KEY_IS_ENOUGH, _GOOD = 0.75, 0.9
_CALM = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Frames ``first`` to before ``after``, for which one frame stands.

    ``shot`` numbers the view; a long one has several parts. ``begins``: ``start``, ``cut``, ``fade``, ``dissolve``,
    or ``continues`` for a later part of a long view.
    """

    first: int
    after: int
    shot: int
    begins: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a recording that get a frame, and those that do not because there are too many.

    ``frames`` are the frames of those kept. ``every``: how many seconds of one view a frame stands for at most.
    """

    kept: tuple[Part, ...]
    frames: tuple[int, ...]
    left_out: tuple[Part, ...]
    every: float


def divide(seen: Seen, time_base: Fraction, most: int) -> Parts:
    """Divide a recording into its shots, long ones into parts, each with its frame; ``most`` of them at most.

    Where there would be more, frames of long views stand further apart; where there are more views than that,
    the longest are kept.
    """
    if not len(seen):
        return Parts(kept=(), frames=(), left_out=(), every=EVERY)
    begins = {0: "start", **_boundaries(seen, time_base)}
    every = EVERY
    found = _parts(seen, begins, every / float(time_base))
    while len(found) > max(most, len(begins)):
        every *= _WIDER
        found = _parts(seen, begins, every / float(time_base))
    by_length = sorted(found, key=lambda one: (seen.pts[one.first] - seen.pts[one.after - 1], one.first))
    longest = {one.first for one in by_length[:most]}
    kept = tuple(one for one in found if one.first in longest)
    left_out = tuple(one for one in found if one.first not in longest)
    frames = tuple(_frame(seen, one) for one in kept)
    return Parts(kept=kept, frames=frames, left_out=left_out, every=round(every, 3))


def _parts(seen: Seen, begins: dict[int, str], every: float) -> list[Part]:
    firsts = sorted(begins)
    return [
        Part(first=one, after=other, shot=shot, begins=begins.get(one, "continues"))
        for shot, (first, after) in enumerate(zip(firsts, [*firsts[1:], len(seen)], strict=True))
        for one, other in _pieces(seen, first, after, every)
    ]


def _boundaries(seen: Seen, time_base: Fraction) -> dict[int, str]:
    """Join what belongs together: the frames of one dissolve, cuts in quick succession, darkness with what was before.

    Of cuts closer than a view can be grasped the strongest counts.
    """
    found: dict[int, Change] = {}
    for at, change in sorted({**_merged(seen.cuts), **_slides(seen, time_base)}.items()):
        last = max(found, default=None)
        if last is not None and float((seen.pts[at] - seen.pts[last]) * time_base) < _SHORTEST:
            if change[1] <= found[last][1]:
                continue
            del found[last]
        found[at] = change
    begins = {at: how for at, (how, _) in found.items()}
    for first, after in _darkness(seen):
        begins = {at: how for at, how in begins.items() if not first - _DARK_MARGIN <= at <= after + _DARK_MARGIN}
        if first > 0 and after < len(seen):
            begins[after] = "fade"
    return begins


def _slides(seen: Seen, time_base: Fraction) -> dict[int, Change]:
    """Find where one still picture follows another: what is usual around it says nothing there."""
    return {
        at: ("cut", seen.change[at])
        for at in range(1, len(seen))
        if seen.change[at] >= _ANOTHER and float((seen.pts[at] - seen.pts[at - 1]) * time_base) >= _SLIDE
    }


def _merged(changes: Mapping[int, Change]) -> dict[int, Change]:
    """Keep of the frames within each dissolve the one most like its middle, unless a cut is near."""
    found = {at: change for at, change in changes.items() if change[0] == "cut"}
    mixed = [(-strength, at) for at, (how, strength) in changes.items() if how == "dissolve"]
    for strength, at in sorted(mixed):
        if not any(abs(at - one) <= _APART for one in found):
            found[at] = ("dissolve", -strength)
    return found


def _darkness(seen: Seen) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at in range(len(seen)):
        if seen.black(at):
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], at + 1)
            else:
                found.append((at, at + 1))
    return found


def _pieces(seen: Seen, first: int, after: int, every: float) -> list[tuple[int, int]]:
    """Divide a long shot into parts of equal duration, ``every`` ticks long at most."""
    lasts = seen.pts[after - 1] - seen.pts[first]
    count = max(1, min(int(-(-lasts // every)), after - first))
    if count == 1:
        return [(first, after)]
    share = Fraction(seen.pts[after - 1] - seen.pts[first], count)
    marks, at = [first], first
    for number in range(1, count):
        wanted = seen.pts[first] + share * number
        while at < after and seen.pts[at] < wanted:
            at += 1
        if marks[-1] < at < after:
            marks.append(at)
    return list(zip(marks, [*marks[1:], after], strict=True))


def _frame(seen: Seen, part: Part) -> int:
    """Choose the frame to show: not dark, sharp, at rest, away from the edges, and near enough to its middle.

    One that is coded by itself is taken where it is as good; else one soon after such: it is quicker to reach.
    """
    first, after = part.first, part.after
    edge = min(_MARGIN if part.begins in {"start", "cut", "continues"} else 4 * _MARGIN, (after - first) // 4)
    inner = range(first + edge, max(after - edge, first + edge + 1))
    timed = [at for at in inner if seen.timed[at]] or [at for at in range(first, after) if seen.timed[at]] or [*inner]
    light = [at for at in timed if not seen.black(at)] or timed
    worth = {at: seen.sharp[at] / (1.0 + seen.change[at] / _CALM) for at in light}
    best = max(worth.values())
    keys = [at for at in light if seen.key[at] and worth[at] >= _KEY_IS_ENOUGH * best]
    good = keys or [at for at in light if worth[at] >= _GOOD * best]
    middle, since = (first + after) / 2, seen.after_key(good[0])
    return min(good, key=lambda at: (abs(at - middle) + (since + at - good[0]) * (not keys), at))
