"""Tracks: the fixes of a receiver over time, thinned to what a map needs, with impossible jumps set apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core.position import DEGREE_M, GPS_ERROR_M

MOST_FIXES = 60
"""Fixes that are kept of a track, whatever its length."""

FASTEST = 350.0
"""Metres a second: faster than that moves no aircraft that films; the receiver erred, or two tracks were joined."""

SMALL_JUMP_M = 200.0
"""Metres within which nothing is a jump: receivers wander so far under trees and beside walls."""

_MOST_JUMPS = 20
_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One position of a receiver. ``t`` in seconds of the recording, where known; ``clock`` in any other seconds."""

    lat: float
    lon: float
    t: float | None
    clock: float | None = None
    radius_m: float = GPS_ERROR_M

    @property
    def time(self) -> float | None:
        """Seconds by which fixes of one track compare."""
        return self.t if self.t is not None else self.clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Two fixes that follow each other too far apart: when, and how many metres."""

    t: float | None
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What is kept of a track. ``count`` are all fixes read, ``strays`` those beyond an impossible jump.

    ``extent``: south, west, north, east; west is greater than east across the 180th meridian.
    """

    count: int
    strays: int
    extent: tuple[float, float, float, float]
    length_m: float
    fixes: tuple[Fix, ...]
    jumps: tuple[Jump, ...]


def apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return metres on a sphere: within 0.6 % of the ellipsoid's, and a thousand times cheaper."""
    lat, other_lat = math.radians(one[0]), math.radians(other[0])
    half = (
        math.sin((lat - other_lat) / 2) ** 2
        + math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(one[1] - other[1]) / 2) ** 2
    )
    return 2 * _RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def simplify(fixes: Iterable[Fix]) -> Track | None:
    """Thin a track; ``None`` without a fix. The longest run without an impossible jump is kept, the rest strays."""
    ordered = _ordered(list(fixes))
    if not ordered:
        return None
    runs, jumps = _runs(ordered)
    joined = _joined(runs)
    longest = max(joined, key=len)
    length = sum(apart(_at(one), _at(other)) for one, other in pairwise(longest))
    return Track(
        count=len(ordered), strays=len(ordered) - len(longest), extent=_extent(longest), length_m=length,
        fixes=_thin(longest), jumps=tuple(jumps[:_MOST_JUMPS]),
    )  # fmt: skip


def _ordered(fixes: list[Fix]) -> list[Fix]:
    timed = [one for one in fixes if one.time is not None]
    return sorted(timed, key=lambda one: one.time or 0.0) if len(timed) == len(fixes) else fixes


def _at(one: Fix) -> tuple[float, float]:
    return one.lat, one.lon


def _possible(one: Fix, other: Fix) -> bool:
    metres = apart(_at(one), _at(other))
    if metres <= SMALL_JUMP_M:
        return True
    if one.time is None or other.time is None:
        return metres <= FASTEST * 60
    return metres <= FASTEST * max(other.time - one.time, 1.0)


def _runs(fixes: Sequence[Fix]) -> tuple[list[list[Fix]], list[Jump]]:
    runs, jumps = [[fixes[0]]], []
    for before, one in pairwise(fixes):
        if _possible(before, one):
            runs[-1].append(one)
        else:
            jumps.append(Jump(t=one.t, metres=apart(_at(before), _at(one))))
            runs.append([one])
    return runs, jumps


def _joined(runs: list[list[Fix]]) -> list[list[Fix]]:
    """Put runs together that fit: a receiver that errs for a moment comes back to its own track."""
    joined: list[list[Fix]] = []
    for run in sorted(runs, key=len, reverse=True)[:MOST_FIXES]:
        for kept in joined:
            nearest = min(kept, key=lambda one: abs((one.time or 0.0) - (run[0].time or 0.0)))
            first, second = sorted((nearest, run[0]), key=lambda one: one.time or 0.0)
            if _possible(first, second):
                kept.extend(run)
                break
        else:
            joined.append(list(run))
    return [_ordered(one) for one in joined]


def _extent(fixes: Sequence[Fix]) -> tuple[float, float, float, float]:
    lats, lons = [one.lat for one in fixes], [one.lon for one in fixes]
    west, east = min(lons), max(lons)
    if east - west > 180:  # noqa: PLR2004 - the short way round
        west, east = min(lon for lon in lons if lon > 0), max(lon for lon in lons if lon <= 0)
    return min(lats), west, max(lats), east


def _thin(fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """Keep the ends and the corners: those fixes that the line through the others would miss the most."""
    kept = {0, len(fixes) - 1}
    parts = [_farthest(fixes, 0, len(fixes) - 1)] if len(fixes) > 2 else []  # noqa: PLR2004 - between the ends
    while parts and len(kept) < MOST_FIXES:
        parts.sort()
        off, at, first, last = parts.pop()
        if off < GPS_ERROR_M / 10:
            break
        kept.add(at)
        parts += [_farthest(fixes, one, other) for one, other in ((first, at), (at, last)) if other - one > 1]
    return tuple(fixes[at] for at in sorted(kept))


def _farthest(fixes: Sequence[Fix], first: int, last: int) -> tuple[float, int, int, int]:
    a, b = fixes[first], fixes[last]
    east = math.cos(math.radians(a.lat)) * DEGREE_M
    bx, by = _short(b.lon - a.lon) * east, (b.lat - a.lat) * DEGREE_M
    span = bx * bx + by * by
    best = (-1.0, first + 1)
    step = max(1, (last - first) // 2000)  # a long straight part need not be looked at fix by fix
    for at in range(first + 1, last, step):
        x, y = _short(fixes[at].lon - a.lon) * east, (fixes[at].lat - a.lat) * DEGREE_M
        along = min(1.0, max(0.0, (x * bx + y * by) / span)) if span else 0.0
        best = max(best, (math.hypot(x - along * bx, y - along * by), at))
    return *best, first, last


def _short(degrees: float) -> float:
    return (degrees + 180) % 360 - 180
