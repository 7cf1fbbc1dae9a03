"""Ports of looking: a still picture, and what is seen in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from pipeline.core.ports.engine import Engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[np.uint8]
else:
    Pixels: TypeAlias = Any
"""An upright picture, never written to: shape (height, width, 3), red, green, blue, 0 to 255, sRGB."""

LOOK = 800
"""Pixels of the longest side of the small picture that every engine looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One picture to look at: a photograph, or a keyframe shown at ``t`` seconds.

    ``width`` and ``height`` are as it is shown. ``small`` is decoded once for all engines, its
    longest side at most ``LOOK``; ``full`` decodes it in its own size, at most 4,096 pixels long.
    """

    t: float | None
    pts: int | None
    time_base: str | None
    frame: int | None
    width: int
    height: int
    small: Pixels
    full: Callable[[], Pixels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A thing seen. ``box``: left, top, width, height as fractions of the picture. ``score``: the model's, 0 to 1."""

    label: str
    score: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name for a whole picture; ``score`` 0 to 1, as the model gave it."""

    label: str
    score: float


@runtime_checkable
class Detector(Engine, Protocol):
    """Things with a place in the picture."""

    vocabulary: tuple[str, ...]
    """Every label that it can give; what is not in it, it cannot see."""

    def detect(self, pictures: Sequence[Pixels]) -> list[tuple[Found, ...]]:
        """Find things, one answer per picture; what is looked at beside it does not matter."""
        ...


@runtime_checkable
class Tagger(Engine, Protocol):
    """Names for what a picture shows as a whole."""

    vocabulary: tuple[str, ...]
    """Every label that it can give."""

    unseen: tuple[str, ...]
    """Terms of the project's vocabulary that it cannot see, by name."""

    def tag(self, pictures: Sequence[Pixels]) -> list[tuple[Named, ...]]:
        """Name what is shown, one answer per picture, surest first."""
        ...


@runtime_checkable
class NudityScreener(Engine, Protocol):
    """How far a picture shows nakedness. It blurs, it never filters."""

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        """Score each picture, 0 to 1, by name of what was looked for."""
        ...


@runtime_checkable
class GraphicScreener(Engine, Protocol):
    """How far a picture shows injury, death and gore. It blurs, it never filters."""

    def screen(self, pictures: Sequence[Pixels]) -> list[Mapping[str, float]]:
        """Score each picture, 0 to 1, by name of what was looked for."""
        ...
