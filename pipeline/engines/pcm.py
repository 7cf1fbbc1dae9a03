"""PCM: 16 kHz mono s16le read piece by piece, so that memory does not grow with the recording."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Region, media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = media.RATE
GRID = 160
"""Windows begin and end on the models' own frames, ten milliseconds each."""

_SAMPLE_BYTES = 2
_FULL_SCALE = 32_768.0

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Window:
    """What one decoding sees: spans of samples of one stream, one after another, in order and apart.

    What lies between two spans is left out. A moment *of the window* counts the samples that are in it.
    """

    spans: tuple[_Span, ...]

    @property
    def start(self) -> int:
        """The first sample in the stream."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where it ends in the stream."""
        return self.spans[-1][1]

    @property
    def samples(self) -> int:
        """How many samples it holds."""
        return sum(end - start for start, end in self.spans)

    @property
    def length(self) -> float:
        """How long it is, in seconds."""
        return self.samples / RATE

    def span_at(self, moment: float) -> int:
        """Return the number of the span that holds a moment of the window, in seconds."""
        left = moment * RATE
        for number, (start, end) in enumerate(self.spans):
            if left < end - start:
                return number
            left -= end - start
        return len(self.spans) - 1

    def before(self, span: int) -> float:
        """Return the moment of the window at which a span begins."""
        return sum(end - start for start, end in self.spans[:span]) / RATE

    def in_stream(self, moment: float, span: int) -> float:
        """Return the second of the stream for a moment of the window, held inside a span."""
        start, end = self.spans[span]
        return min(max(start / RATE + moment - self.before(span), start / RATE), end / RATE)

    def rest(self, moment: float) -> "Window":
        """Return what is left of it from a moment on."""
        span = self.span_at(moment)
        start = int(self.in_stream(moment, span) * RATE) // GRID * GRID
        return Window(spans=((start, self.spans[span][1]), *self.spans[span + 1 :]))


def count(pcm: Path) -> int:
    """Return the number of whole samples in a file."""
    return pcm.stat().st_size // _SAMPLE_BYTES


def read(pcm: Path, start: int, end: int) -> "Samples":
    """Read samples ``start`` up to ``end`` as floats from -1 to 1; beyond the end there is nothing."""
    import numpy as np

    raw = np.fromfile(pcm, dtype="<i2", count=max(0, end - start), offset=start * _SAMPLE_BYTES)
    return raw.astype(np.float32) / np.float32(_FULL_SCALE)


def read_window(pcm: Path, window: Window) -> "Samples":
    """Read what a window holds."""
    import numpy as np

    return np.concatenate([read(pcm, start, end) for start, end in window.spans])


def blocks(pcm: Path, size: int) -> Iterator["Samples"]:
    """Read a whole file, ``size`` samples at a time."""
    for start in range(0, count(pcm), size):
        yield read(pcm, start, start + size)


@dataclass(slots=True, kw_only=True)
class _Packing:
    """Windows being filled."""

    pcm: Path
    most: int
    search: int
    full: list[Window] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)

    def add(self, start: int, end: int) -> None:
        while end > start:
            room = self.most - sum(last - first for first, last in self.spans)
            cut = end if end - start <= room else self._cut(start, end, room)
            if cut > start:
                self.spans.append((start, cut))
            if cut < end:
                self.close()
            start = cut

    def close(self) -> None:
        if self.spans:
            self.full.append(Window(spans=tuple(self.spans)))
            self.spans = []

    def _cut(self, start: int, end: int, room: int) -> int:
        """Say where to cut a span that does not fit; at its start when it had better wait for the next window."""
        if self.spans and room < 2 * self.search:
            return start
        cut, calm = _quietest(self.pcm, start + room - self.search, start + room)
        # What fits into a window of its own is not cut in the middle of a sentence.
        return cut if calm or end - start > self.most else start


def windows(pcm: Path, regions: Sequence[Region], *, longest: float, search: float) -> list[Window]:
    """Pack regions into decoding windows of at most ``longest`` seconds of sound.

    A region that does not fit is cut at the quietest moment of the last ``search`` seconds that do, not
    in a word; there must be a pause where the window holds others already. To pack what lies in windows
    once more gives the same windows.
    """
    packing = _Packing(pcm=pcm, most=round(longest * RATE), search=round(search * RATE))
    for start, end in _apart(regions, count(pcm)):
        packing.add(start, end)
    packing.close()
    return packing.full


def _apart(regions: Iterable[Region], total: int) -> Iterator[_Span]:
    """Put regions on the grid, in order, none into another."""
    last = 0
    for region in sorted(regions, key=lambda one: (one.start, one.end)):
        start = max(round(region.start * RATE) // GRID * GRID, last)
        end = min(-(-round(region.end * RATE) // GRID) * GRID, total)
        if end > start:
            yield start, end
            last = end


_CALM = 0.01
"""Share of the mean power of its surroundings below which a tenth of a second is a pause."""


def _quietest(pcm: Path, start: int, end: int) -> tuple[int, bool]:
    """Return the middle of the quietest tenth of a second, on the grid, and whether it is a pause."""
    import numpy as np

    span = 10 * GRID
    energy = np.square(read(pcm, start, end).astype(np.float64)).reshape(-1, GRID).sum(axis=1)
    power = np.convolve(energy, np.ones(span // GRID), mode="valid")
    at = int(power.argmin())
    return start + at * GRID + span // 2, bool(power[at] <= _CALM * power.mean())
