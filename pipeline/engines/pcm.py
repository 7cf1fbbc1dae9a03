"""PCM: 16 kHz mono s16le read piece by piece, so that memory does not grow with the recording."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Region

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 16_000
GRID = 160
"""Windows begin and end on the models' own frames, ten milliseconds each."""

_SAMPLE_BYTES = 2
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """What one decoding sees: samples from ``start`` up to ``end``, of one stream."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """Where it starts in the stream."""
        return self.start / RATE

    @property
    def length(self) -> float:
        """How long it is, in seconds."""
        return (self.end - self.start) / RATE


def count(pcm: Path) -> int:
    """Return the number of whole samples in a file."""
    return pcm.stat().st_size // _SAMPLE_BYTES


def read(pcm: Path, start: int, end: int) -> "Samples":
    """Read samples ``start`` up to ``end`` as floats from -1 to 1; beyond the end there is nothing."""
    import numpy as np

    raw = np.fromfile(pcm, dtype="<i2", count=max(0, end - start), offset=start * _SAMPLE_BYTES)
    return raw.astype(np.float32) / np.float32(_FULL_SCALE)


def blocks(pcm: Path, size: int) -> Iterator["Samples"]:
    """Read a whole file, ``size`` samples at a time."""
    for start in range(0, count(pcm), size):
        yield read(pcm, start, start + size)


def windows(pcm: Path, regions: Sequence[Region], *, longest: float, gap: float, search: float) -> list[Window]:
    """Pack regions into decoding windows of at most ``longest`` seconds.

    Neighbours less than ``gap`` seconds apart share a window where they fit. A region that is too
    long is cut at the quietest moment of the last ``search`` seconds that fit, not in a word.
    """
    total, most = count(pcm), round(longest * RATE)
    packed: list[Window] = []
    for region in sorted(regions, key=lambda one: (one.start, one.end)):
        start = int(region.start * RATE) // GRID * GRID
        end = min(-(-int(region.end * RATE) // GRID) * GRID, total)
        if packed and start - packed[-1].end <= gap * RATE and end - packed[-1].start <= most:
            last = packed.pop()
            start, end = last.start, max(last.end, end)
        elif packed:
            start = max(start, packed[-1].end)
        while end - start > most:
            cut = _quietest(pcm, start + most - round(search * RATE), start + most)
            packed.append(Window(start=start, end=cut))
            start = cut
        if end > start:
            packed.append(Window(start=start, end=end))
    return packed


def _quietest(pcm: Path, start: int, end: int) -> int:
    """Return the middle of the quietest tenth of a second, on the grid."""
    import numpy as np

    span = 10 * GRID
    energy = np.square(read(pcm, start, end).astype(np.float64)).reshape(-1, GRID).sum(axis=1)
    calm = np.convolve(energy, np.ones(span // GRID), mode="valid")
    return start + int(calm.argmin()) * GRID + span // 2
