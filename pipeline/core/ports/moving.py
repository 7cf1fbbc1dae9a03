"""Ports of moving pictures: every frame at a glance, and single frames in full."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

GLANCE = (36, 64)
"""Rows and columns of a frame at a glance: Y, U and V (16 to 235), squeezed to this size, not turned upright."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One frame as it is shown: its time stamp, whether it is coded by itself, its stored size, its pixels' shape."""

    pts: int | None
    key: bool
    width: int
    height: int
    sar: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A frame to fetch in full: the n-th that is shown, its instant, and how it looked at a glance.

    ``after_key`` counts the frames since the last that is coded by itself; ``luma`` and ``spread`` are mean
    and standard deviation of Y, by which a frame that a seek damaged is told.
    """

    index: int
    at: Instant
    after_key: int
    luma: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A frame in full: an upright picture file with square pixels, its width and height."""

    file: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The frames that could be fetched, in the order asked for (``None``: lost), and all of them small.

    ``looks`` is a NumPy file of those fetched: uint8, shape (n, height, width, 3), longest side at most ``LOOK``.
    """

    frames: tuple[Fetched | None, ...]
    looks: Path | None


Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height as fractions of a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A contact sheet: its width and height, and where each picture stands."""

    width: int
    height: int
    boxes: tuple[Box, ...]
