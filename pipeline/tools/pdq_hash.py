"""PDQ hash: 256 bits of what a picture shows as a whole, in eight orientations, bit for bit as PDQ's own C++ has them.

A picture is blurred and reduced to 64 by 64, and a cosine transform of that is compared with its median. Many
values lie so close to the median that a rounding turns a bit: every sum here is of 32-bit floats in the order of
the published C++, one beside another but none split. Nothing is left to a routine that chooses its own order (as
a product of matrices does), so that every machine comes to the same bits.
"""

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.core.ports import Pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Planes: TypeAlias = NDArray[np.float32]
else:
    Planes: TypeAlias = Any

VERSION = "1"
"""Raised whenever any picture gets another hash."""
SIDE = 64
"""Pixels of a side of what every picture is reduced to."""

_KEPT = 16
"""Frequencies of each direction that are kept: the lowest, without the constant."""
_SMALLEST = 5
"""A picture with a shorter side has no hash, only zeros."""
_PASSES = 2
"""Box filters of each direction: two make a tent."""
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114


def pdq_hashes(pictures: Pixels) -> list[tuple[tuple[bytes, ...], int]]:
    """Return the eight hashes and the quality of each of some pictures of one size: (n, height, width, 3), RGB.

    The orientations: as it is, turned by 90 (anticlockwise), 180 and 270 degrees, upside down, mirrored,
    transposed, transposed along the other diagonal.
    """
    if min(pictures.shape[1:3]) < _SMALLEST:
        return [((bytes(_KEPT * _KEPT // 8),) * 8, 0) for _ in pictures]
    small = _reduced(_luma(pictures))
    return [(_oriented(one), worth) for one, worth in zip(_transformed(small), _qualities(small), strict=True)]


def _luma(pictures: Pixels) -> Planes:
    import numpy as np

    # In 64 bits, as the usual binding to Python does; only what comes out is rounded to 32.
    found = pictures[..., 0] * np.float64(_RED)
    found += pictures[..., 1] * np.float64(_GREEN)
    found += pictures[..., 2] * np.float64(_BLUE)
    return found.astype(np.float32)


def _reduced(planes: Planes) -> Planes:
    """Blur, and take the 64 rows and columns that lie nearest to the middles of 64 equal parts."""
    import numpy as np

    rows, columns = ((2 * np.arange(SIDE) + 1) * size // (2 * SIDE) for size in planes.shape[1:])
    for left in reversed(range(_PASSES)):
        planes = _boxed(planes, 2)
        # The last filter goes down each column by itself: only those that are taken need it.
        planes = _boxed(planes if left else planes[:, :, columns], 1)
    return planes[:, rows]


def _boxed(planes: Planes, axis: int) -> Planes:
    """Take running means along an axis, of a 128th of its length, rounded up; of less at both ends."""
    import numpy as np

    lines = np.ascontiguousarray(np.moveaxis(planes, axis, 0))
    means = np.empty_like(lines)
    length = len(lines)
    window = -(-length // (2 * SIDE))
    behind = window // 2
    total = np.zeros_like(lines[0])
    for at in range(length + behind):
        # One sum is carried from end to end, with its roundings, even where the window is a single line.
        if at < length:
            total += lines[at]
        if at >= window:
            total -= lines[at - window]
        if at >= behind:
            np.divide(total, np.float32(min(at + 1, length) - max(at + 1 - window, 0)), out=means[at - behind])
    return np.moveaxis(means, 0, axis)


def _qualities(small: Planes) -> list[int]:
    """Sum how much neighbours differ, in whole hundredths of the range: small differences count for nothing."""
    import numpy as np

    steps = (np.diff(small, axis=axis).reshape(len(small), -1) for axis in (1, 2))
    sums = sum(np.abs(np.trunc(one * np.float32(100) / np.float32(255))).sum(axis=1, dtype=np.int64) for one in steps)
    return [min(int(one) // 90, 100) for one in np.atleast_1d(sums)]


def _transformed(small: Planes) -> Planes:
    """Return the lowest frequencies of a cosine transform: first of every column, then of the rows."""
    import numpy as np

    waves = _waves()
    down = np.zeros((len(small), _KEPT, SIDE), np.float32)
    for k in range(SIDE):
        down += waves[:, k, None] * small[:, None, k, :]
    found = np.zeros((len(small), _KEPT, _KEPT), np.float32)
    for k in range(SIDE):
        found += down[:, :, k, None] * waves[:, k]
    return found


def _waves() -> Planes:
    """Return the transform's cosines; none lies so close between two 32-bit floats that its last bit could tell."""
    import numpy as np

    scale = float(np.float32(math.sqrt(2 / SIDE)))
    turn = math.pi / 2 / SIDE
    waves = [[scale * math.cos(turn * (n + 1) * (2 * k + 1)) for k in range(SIDE)] for n in range(_KEPT)]
    return np.asarray(waves, dtype=np.float32)


def _oriented(found: Planes) -> tuple[bytes, ...]:
    """Turn and mirror the transform: signs change, or rows and columns do, or both."""
    import numpy as np

    signs = np.where(np.arange(_KEPT) % 2, np.float32(1), np.float32(-1))
    rows, columns = signs[:, None], signs[None]
    eight = (
        found, (found * columns).T, found * rows * columns, (found * rows).T,
        found * rows, found * columns, found.T, (found * rows * columns).T,
    )  # fmt: skip
    return tuple(_bits(one) for one in eight)


def _bits(found: Planes) -> bytes:
    """Set a bit for each value above the lower median, the last one first."""
    import numpy as np

    values = found.ravel()
    median = np.partition(values, values.size // 2 - 1)[values.size // 2 - 1]
    return np.packbits(values[::-1] > median).tobytes()
