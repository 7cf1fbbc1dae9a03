"""Claims: statements of where something was made, weighed against each other."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core.position import Source
from pipeline.core.tracks import Track, apart

MOST = 100
"""Claims of one asset that are kept, the most trusted first."""

MOST_TIMES = 50
SAME_M = 100.0
"""Two fixes of one place by two receivers differ so much on a bad day: agreement never asks for less."""

VOID = 0.2
"""How much a receiver is believed that says that it had no fix."""

BARE = "bare"
"""The note of two numbers that nothing calls a position: a hint to look at, never the place to show first."""

_SURE = 0.25
_SPHERE = 0.01  # by which a distance on a sphere may be wrong, and some more

Point = tuple[float, float]
Distance = Callable[[Point, Point], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One statement before it is weighed: WGS 84, ``radius_m`` metres; confidence 0 to 1 by its source alone.

    ``place`` is set where a name was understood and nothing measured: what it was taken for; ``words`` then names the
    passage, so that what one passage may mean is known to exclude each other. ``acquisition``: (batch, n) of the file
    name or side-car that says so. ``times``: every second at which it is said.
    """

    lat: float
    lon: float
    radius_m: float
    source: Source
    text: str
    confidence: float
    t: float | None = None
    times: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    acquisition: tuple[str, int] | None = None
    found_in: str | None = None
    track: Track | None = None
    place: str | None = None
    name: str | None = None
    parent: str | None = None
    words: tuple[str, int, int] | None = None
    share: float = 1.0

    @property
    def points(self) -> tuple[Point, ...]:
        """Where it says that it was: all of a track's fixes."""
        return tuple((one.lat, one.lon) for one in self.track.fixes) if self.track else ((self.lat, self.lon),)


Relations = Mapping[tuple[int, int], bool]
"""Pairs of claims, both ways → whether they agree; pairs that have nothing to do with each other are not in it."""


def kept(stated: Sequence[Stated]) -> tuple[tuple[Stated, ...], int]:
    """Put the same said twice together, and keep the most trusted; also return how many were left out."""
    joined: dict[tuple[object, ...], Stated] = {}
    for one in stated:
        known = joined.get(_said(one))
        joined[_said(one)] = _together(known, one) if known else one
    found = list(joined.values())
    best = sorted(range(len(found)), key=lambda at: (-found[at].confidence, at))[:MOST]
    return tuple(found[at] for at in sorted(best)), len(found) - len(best)


def relations(stated: Sequence[Stated], distance: Distance) -> Relations:
    """Tell for each pair whether their circles meet: geodesics decide wherever it is close.

    Names of different places do not contradict each other: a speaker may name several. What one
    passage may mean does: only one of them is meant.
    """
    pairs: dict[tuple[int, int], bool] = {}
    for first, one in enumerate(stated):
        for second, other in enumerate(stated[:first]):
            if one.track is not None and one.track is other.track:
                continue
            meets = _meet(one, other, distance)
            if one.place and other.place and not meets and one.words != other.words:
                continue
            pairs[first, second] = pairs[second, first] = meets
    return pairs


def choose(stated: Sequence[Stated], pairs: Relations) -> tuple[int, tuple[str, ...]] | None:
    """Choose the claim to show first, with reasons; equals that conflict leave the choice to a person.

    A name is chosen only where nothing was measured, and where it is clear which place is meant.
    """
    measured = [at for at, one in enumerate(stated) if not one.place and one.confidence > VOID]
    if not measured:
        return _named(stated, pairs)
    support = {at: _support(at, stated, pairs) for at in measured}

    def rank(at: int) -> tuple[float, int]:
        return stated[at].confidence, support[at]

    best = min(measured, key=lambda at: (-rank(at)[0], -rank(at)[1], stated[at].radius_m, at))
    rivals = [at for at in measured if pairs.get((best, at)) is False]
    if any(rank(at) == rank(best) for at in rivals):
        return None
    reasons = ["the only claim" if len(stated) == 1 else "the most trusted source"]
    return best, (*reasons, *_others(best, len(stated), pairs))


def _named(stated: Sequence[Stated], pairs: Relations) -> tuple[int, tuple[str, ...]] | None:
    named = [at for at, one in enumerate(stated) if one.place]
    if not named:
        return None
    best = min(named, key=lambda at: (-stated[at].confidence, at))
    alone = all(at == best or pairs.get((best, at)) for at in named)
    if stated[best].confidence < _SURE or not alone:
        return None
    reasons = ["only named: nothing that was measured says where it was made"]
    if any("void_fix" in one.notes for one in stated):
        reasons.append("the receiver itself says that it had no fix")
    if any(BARE in one.notes for one in stated):
        reasons.append("two numbers that nothing calls a position may be one")
    return best, (*reasons, *_others(best, len(stated), pairs))


def _others(best: int, count: int, pairs: Relations) -> list[str]:
    told = [pairs.get((best, at)) for at in range(count)]
    reasons = []
    if agreeing := told.count(True):
        reasons.append(f"{agreeing} other claim(s) agree")
    if conflicting := told.count(False):
        reasons.append(f"{conflicting} other claim(s) conflict")
    return reasons


def _support(at: int, stated: Sequence[Stated], pairs: Relations) -> int:
    """Count the sources that agree: ten names of one town are one voice."""
    return len({(one.source, one.acquisition) for other, one in enumerate(stated) if pairs.get((at, other))})


def _meet(one: Stated, other: Stated, distance: Distance) -> bool:
    within = max(one.radius_m + other.radius_m, SAME_M)
    metres, here, there = min((apart(here, there), here, there) for here in one.points for there in other.points)
    if math.isclose(metres, within, rel_tol=_SPHERE):
        return distance(here, there) <= within
    return metres < within


def _said(one: Stated) -> tuple[object, ...]:
    """Return what makes two statements the same: one place under one source."""
    if one.place:
        return one.source, one.acquisition, one.place
    return (
        one.source,
        one.acquisition,
        round(one.lat, 5),
        round(one.lon, 5),
        one.track is not None,
        one.t if one.track else None,
    )


def _together(one: Stated, other: Stated) -> Stated:
    """Keep the surer statement, with the times of both and the earliest of them."""
    surer = other if other.confidence > one.confidence else one
    times = tuple(sorted({*one.times, *other.times}))[:MOST_TIMES]
    return replace(surer, times=times, t=times[0] if times else surer.t)
