"""Alike: whether two pictures show the same, and two streams of sound sound the same; pure arithmetic on hashes."""

import cmath
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.prints import Window

BITS = 256
SAME = 31
"""Bits of a PDQ that may differ between copies, as its authors advise; unrelated pictures differ in 84 and more."""
_SAME_WINDOW = 72
"""Bits of a window's PDQ that may differ: places must agree too."""
_FEWEST = 3
"""Windows that must lie alike."""
_SCALE_STEP = 0.35
"""How far two windows' scales may be apart, as a power of two: blobs come in steps of a third."""
_NEAR = 0.2
"""How far a window may lie from where the others put it, as a share of its side."""
_SAME_SOUND = 0.15
"""Share of bits of sound that may differ; unrelated sound, laid at its best, differs in 0.26 and more."""
_RUN = 12
"""Values of sound, four seconds, that must agree on end."""
_SPEEDS = (1.0, 1.05, 1 / 1.05, 1.1, 1 / 1.1)
"""How much faster or slower, at the same pitch, sound is looked for."""
_SHIFTS = 8
"""Shifts of sound that are tried: those in which most values are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """One picture laid upon another: the share of bits by which the windows differ, how many lie alike.

    ``turn`` (anticlockwise, degrees) and ``frame``: where its left, top, right and bottom edges come to lie, as
    shares of the other's width and height.
    """

    distance: float
    windows: int
    turn: float
    frame: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A run of equal sound: where it begins in each (values), how long it is there, the share of bits that differ.

    ``speed``: how many times as fast the other is, about.
    """

    start: int
    other: int
    length: int
    distance: float
    speed: float = 1.0


def apart(one: bytes, other: bytes) -> int:
    """Count the bits in which two hashes differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def lay(
    mine: Sequence[Window], size: tuple[int, int], other: Sequence[Window], other_size: tuple[int, int],
    *, mirrored: bool = False,
) -> Laid | None:  # fmt: skip
    """Lay a picture (mirrored first, if asked) upon another by their windows; ``None`` when too few lie alike."""
    width, height = (one / max(size) for one in size)
    near = _pairs([one.mirrored if mirrored else one.value for one in mine], [one.value for one in other])
    here = [complex(width - one.x if mirrored else one.x, one.y) for one in mine]
    there = [complex(one.x, one.y) for one in other]
    pairs = [
        _Pair(
            one=here[i],
            other=there[j],
            side=2 * other[j].half,
            scale=other[j].half / mine[i].half,
            bits=bits,
            at=(i, j),
        )
        for i, j, bits in near
    ]
    best: list[_Pair] = max((_agreeing(first, pairs) for first in pairs), key=len, default=[])
    if len(best) < _FEWEST:
        return None
    factor, shift = _fitted(best)
    if not factor:
        return None
    corners = [factor * complex(x, y) + shift for x in (0, width) for y in (0, height)]
    across, down = (one / max(other_size) for one in other_size)
    frame = (
        (corners[0].real + corners[1].real) / 2 / across, (corners[0].imag + corners[2].imag) / 2 / down,
        (corners[2].real + corners[3].real) / 2 / across, (corners[1].imag + corners[3].imag) / 2 / down,
    )  # fmt: skip
    distance = sum(one.bits for one in best) / len(best) / BITS
    # The y axis points down, so that a positive angle turns clockwise.
    return Laid(distance=distance, windows=len(best), turn=-math.degrees(cmath.phase(factor)), frame=frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    one: complex
    other: complex
    side: float
    scale: float
    bits: int
    at: tuple[int, int]


def _pairs(mine: Sequence[bytes], other: Sequence[bytes]) -> list[tuple[int, int, int]]:
    import numpy as np

    if not mine or not other:
        return []
    one, two = (np.frombuffer(b"".join(some), dtype=np.uint64).reshape(len(some), -1) for some in (mine, other))
    differ: Any = np.bitwise_count(one[:, None] ^ two[None]).sum(axis=-1, dtype=np.int64)
    return [(int(i), int(j), int(differ[i, j])) for i, j in np.argwhere(differ <= _SAME_WINDOW)]


def _agreeing(first: _Pair, pairs: Iterable[_Pair]) -> list[_Pair]:
    """Return the pairs that lie as the first one says, each window once."""
    shift = first.other - first.scale * first.one
    found: dict[int, _Pair] = {}
    taken: set[int] = set()
    for one in sorted(pairs, key=lambda pair: (pair is not first, pair.bits, pair.at)):
        (mine, other), off = one.at, abs(first.scale * one.one + shift - one.other)
        fits = off <= _NEAR * max(one.side, first.side) and abs(math.log2(one.scale / first.scale)) <= _SCALE_STEP
        if fits and mine not in found and other not in taken:
            found[mine] = one
            taken.add(other)
    return list(found.values())


def _fitted(pairs: Sequence[_Pair]) -> tuple[complex, complex]:
    """Return the turn and scale, and the shift, that put the windows' centres upon each other best."""
    mine, other = (sum(some) / len(pairs) for some in ([one.one for one in pairs], [one.other for one in pairs]))
    spread = sum(abs(one.one - mine) ** 2 for one in pairs)
    if not spread:
        return 0j, 0j
    factor = sum((one.other - other) * (one.one - mine).conjugate() for one in pairs) / spread
    return factor, other - factor * mine


def listen(mine: Sequence[int], other: Sequence[int]) -> Heard | None:
    """Find the longest run in which two chromaprints agree; ``None`` when there is none of four seconds."""
    found = (one for speed in _SPEEDS for one in _at_speed(mine, other, speed))
    return max(found, key=lambda one: (one.length, -one.distance, -one.start), default=None)


def _at_speed(mine: Sequence[int], other: Sequence[int], speed: float) -> Iterator[Heard]:
    """Yield the runs at the likeliest shifts, with every value of mine, as fast as the other is."""
    fast = [mine[int(n * speed)] for n in range(int(len(mine) / speed))]
    places: dict[int, list[int]] = {}
    for n, value in enumerate(fast):
        places.setdefault(value, []).append(n)
    shifts = Counter(n - place for n, value in enumerate(other) for place in places.get(value, ())[:_SHIFTS])
    for shift, _ in sorted(shifts.items(), key=lambda one: (-one[1], one[0]))[:_SHIFTS]:
        if run := _run(fast, other, shift):
            yield replace(run, start=int(run.start * speed), speed=speed)


def _run(mine: Sequence[int], other: Sequence[int], shift: int) -> Heard | None:
    """Return the longest run at one shift (what to add to a place in mine to get that in the other)."""
    import numpy as np

    start, end = max(0, -shift), min(len(mine), len(other) - shift)
    if end - start < _RUN:
        return None
    one = np.asarray(mine[start:end], dtype=np.uint32)
    differ = np.bitwise_count(one ^ np.asarray(other[start + shift : end + shift], dtype=np.uint32)) / 32
    sums = np.concatenate(([0.0], np.cumsum(differ)))
    good = (sums[_RUN:] - sums[:-_RUN]) / _RUN <= _SAME_SOUND
    edges = np.flatnonzero(np.diff(np.concatenate(([0], good.astype(np.int8), [0]))))
    runs = [(int(begin), int(until) + _RUN - 1) for begin, until in zip(edges[::2], edges[1::2], strict=True)]
    telling = [(a, b) for a, b in runs if len(set(one[a:b].tolist())) * 2 >= b - a]
    if not telling:
        return None
    begin, until = max(telling, key=lambda run: (run[1] - run[0], -run[0]))
    while differ[begin] > _SAME_SOUND:  # the means reach beyond the run's ends
        begin += 1
    while differ[until - 1] > _SAME_SOUND:
        until -= 1
    distance = float((sums[until] - sums[begin]) / (until - begin))
    return Heard(start=start + begin, other=start + begin + shift, length=until - begin, distance=distance)
