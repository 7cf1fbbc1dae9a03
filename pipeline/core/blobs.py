"""Blobs: places of a picture that are found again in a part of it, in a larger and in a smaller copy of it.

They are the extrema of differences of Gaussians over place and scale (Lowe, IJCV 2004), without those on
edges. Each gives a square window of the picture around it, as large as the blob asks for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane: TypeAlias = NDArray[np.float32]
else:
    Plane: TypeAlias = Any
"""Brightness from 0 to 1, shape (height, width)."""

_STEPS = 3
"""Scales to an octave."""
_FIRST = 3.0
"""The smallest blob's sigma in pixels of an octave: smaller ones are noise and do not outlive compression."""
_SMALLEST = 40
"""Pixels of the shorter side of the last octave."""
_WINDOW = 5.0
"""Half a window's side, in sigmas of its blob."""
_CONTRAST = 0.008
_EDGE = 12.1
"""The largest (r + 1)² / r of the two curvatures' ratio r that is no edge: r = 10."""
_PAD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A square window: its centre and half its side in pixels; ``strength`` is its contrast."""

    x: float
    y: float
    half: float
    strength: float


def blobs(plane: Plane, most: int) -> list[Blob]:
    """Return the strongest blobs whose windows lie wholly in the picture, strongest first."""
    height, width = plane.shape
    found = [
        one for one in _all(plane)
        if one.half <= min(one.x, one.y, width - one.x, height - one.y)
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.strength, one.y, one.x, one.half))
    return found[:most]


def _all(plane: Plane) -> Iterator[Blob]:
    share = 1
    while min(plane.shape) >= _SMALLEST:
        for x, y, sigma, strength in _octave(plane):
            yield Blob(
                x=(x + 0.5) * share, y=(y + 0.5) * share, half=_WINDOW * sigma * share, strength=round(strength, 4)
            )
        height, width = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
        even = plane[:height, :width]
        plane = _mean(even[::2, ::2], even[1::2, ::2], even[::2, 1::2], even[1::2, 1::2])
        share *= 2


def _mean(*parts: Plane) -> Plane:
    import numpy as np

    mean: Plane = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def _octave(plane: Plane) -> Iterator[tuple[float, float, float, float]]:
    import numpy as np

    sigmas = [_FIRST * 2 ** (step / _STEPS) for step in range(-1, _STEPS + 2)]
    layers = np.stack(_differences(plane, sigmas))
    size = np.abs(layers)
    level, y, x = np.nonzero(_extrema(layers) & (size[1:-1, 1:-1, 1:-1] >= _CONTRAST))
    level, y, x = level + 1, y + 1, x + 1
    here = layers[level, y, x]
    across = layers[level, y, x + 1] + layers[level, y, x - 1] - 2 * here
    down = layers[level, y + 1, x] + layers[level, y - 1, x] - 2 * here
    aslant = (
        layers[level, y + 1, x + 1] + layers[level, y - 1, x - 1]
        - layers[level, y + 1, x - 1] - layers[level, y - 1, x + 1]
    ) / 4  # fmt: skip
    bent = across * down - aslant**2
    round_ones = (bent > 0) & ((across + down) ** 2 < _EDGE * bent)
    # Between two scales lies the best one: where the parabola through three of them has its top.
    before, after = layers[level - 1, y, x], layers[level + 1, y, x]
    finer = np.clip(0.5 * (before - after) / (before - 2 * here + after), -0.5, 0.5)
    for n in np.nonzero(round_ones)[0]:
        sigma = _FIRST * 2 ** ((float(level[n] + finer[n]) - 1) / _STEPS)
        yield float(x[n]), float(y[n]), sigma, float(size[level[n], y[n], x[n]])


def _differences(plane: Plane, sigmas: list[float]) -> list[Plane]:
    """Blur with each sigma and the next, and subtract; as products of spectra, the borders mirrored."""
    import numpy as np

    padded = np.pad(plane.astype(np.float32), _PAD, mode="reflect")
    spectrum = np.fft.rfft2(padded)
    fy, fx = np.fft.fftfreq(padded.shape[0])[:, None], np.fft.rfftfreq(padded.shape[1])[None]
    power = (-2 * np.pi**2 * (fx**2 + fy**2)).astype(np.float32)
    ratio = 2 ** (1 / _STEPS)
    height, width = plane.shape
    found = []
    for sigma in sigmas:
        band = np.exp(power * np.float32((sigma * ratio) ** 2)) - np.exp(power * np.float32(sigma**2))
        layer: Plane = np.fft.irfft2(spectrum * band, s=padded.shape).astype(np.float32)
        found.append(layer[_PAD : _PAD + height, _PAD : _PAD + width])
    return found


def _extrema(layers: Any) -> Any:
    """Mark what is greater, or less, than its 26 neighbours in place and scale; without the outermost."""
    inner = layers[1:-1, 1:-1, 1:-1]
    levels, height, width = inner.shape
    highest = lowest = True
    for level in (0, 1, 2):
        for y in (0, 1, 2):
            for x in (0, 1, 2):
                if (level, y, x) != (1, 1, 1):
                    other = layers[level : level + levels, y : y + height, x : x + width]
                    highest, lowest = highest & (inner > other), lowest & (inner < other)
    return highest | lowest
