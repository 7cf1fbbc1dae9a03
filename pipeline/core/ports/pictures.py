"""Ports of looking: a still picture, and what is seen in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from pipeline.core.ports.engine import Engine
from pipeline.core.vocabulary import Term

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
    """A thing seen. ``box``: left, top, width, height as fractions of the picture. ``score``: the model's, 0 to 1.

    ``calibrated`` is a probability, given only by a model whose ``calibration`` says where it comes from.
    """

    label: str
    score: float
    box: tuple[float, float, float, float]
    calibrated: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name for a whole picture; ``score`` 0 to 1, as the model gave it; ``calibrated`` as in ``Found``."""

    label: str
    score: float
    calibrated: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowHash:
    """The PDQ of a square window of a picture: its centre and half its side, as shares of the longer side."""

    x: float
    y: float
    half: float
    value: bytes
    mirrored: bytes
    """The same of the picture with left and right changed."""
    quality: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHash:
    """The PDQ of a picture, 32 bytes each, and of windows of it.

    ``values``: as it is, turned by 90 (anticlockwise), 180 and 270 degrees, upside down, mirrored, transposed,
    transposed along the other diagonal. ``quality``: 0 (flat) to 100.
    """

    values: tuple[bytes, ...]
    quality: int
    windows: tuple[WindowHash, ...]


@runtime_checkable
class Detector(Engine, Protocol):
    """Things with a place in the picture."""

    vocabulary: tuple[str, ...]
    """Every label that it can give; what is not in it, it cannot see."""

    terms: Mapping[str, Term]
    """The term of the project's vocabulary that a label stands for; most labels of a closed model have none."""

    unseen: tuple[str, ...]
    """Terms of the project's vocabulary that it cannot see, by id."""

    calibration: str | None
    """Where ``calibrated`` comes from: what was fitted, on what. ``None``: nothing was measured."""

    def detect(self, pictures: Sequence[Pixels]) -> list[tuple[Found, ...]]:
        """Find things, one answer per picture; what is looked at beside it does not matter."""
        ...


@runtime_checkable
class Tagger(Engine, Protocol):
    """Names for what a picture shows as a whole."""

    vocabulary: tuple[str, ...]
    """Every label that it can give."""

    terms: Mapping[str, Term]
    """The term of the project's vocabulary that a label stands for."""

    unseen: tuple[str, ...]
    """Terms of the project's vocabulary that it cannot see, by id."""

    calibration: str | None
    """As of a ``Detector``."""

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
