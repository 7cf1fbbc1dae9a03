"""Glances: what is remembered of every frame that went by, and where the view changed."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.core.cuts import AROUND, Change, Views, changes, views
from pipeline.core.ports.moving import Instant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 256
"""Frames that are judged at once: the answer is the same for any number."""

_BLACK_LUMA, _BLACK_SPREAD = 36.0, 8.0


@dataclass(slots=True)
class Seen:
    """A few numbers for every frame, so that ten hours of them fit; ``cuts`` are first frames of new views.

    ``pts`` is that of the frame before where ``timed`` is 0. ``sharp`` and ``change`` are in steps of luma: between
    neighbouring points of the frame, and between it and the frame before.
    """

    pts: "array[int]" = field(default_factory=lambda: array("q"))
    timed: bytearray = field(default_factory=bytearray)
    key: bytearray = field(default_factory=bytearray)
    luma: "array[float]" = field(default_factory=lambda: array("f"))
    spread: "array[float]" = field(default_factory=lambda: array("f"))
    sharp: "array[float]" = field(default_factory=lambda: array("f"))
    change: "array[float]" = field(default_factory=lambda: array("f"))
    sizes: list[tuple[int, Instant]] = field(default_factory=list)
    cuts: dict[int, Change] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pts)

    def instant(self, index: int) -> Instant:
        """Return the n-th frame's instant."""
        size = next(one for first, one in reversed(self.sizes) if first <= index)
        pts = self.pts[index] if self.timed[index] else None
        return Instant(pts=pts, key=bool(self.key[index]), width=size.width, height=size.height, sar=size.sar)

    def after_key(self, index: int) -> int:
        """Count the frames since the last that is coded by itself; all of them where there is none."""
        return index - max(self.key.rfind(1, 0, index + 1), 0)

    def black(self, index: int) -> bool:
        """Tell whether there is nothing to see."""
        return self.luma[index] < _BLACK_LUMA and self.spread[index] < _BLACK_SPREAD


class Glances:
    """Takes every frame of a recording once, in order, and finds where the view changes."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._views: Views | None = None
        self._first = 0
        self._judged = 0

    def take(self, frames: "NDArray[np.uint8]", instants: Sequence[Instant]) -> None:
        """Look at some frames: shape (n, 3, *GLANCE), with their instants."""
        seen = self.seen
        for at, one in enumerate(instants, len(seen)):
            seen.pts.append(one.pts if one.pts is not None else seen.pts[-1] if seen.pts else 0)
            seen.timed.append(one.pts is not None)
            seen.key.append(one.key)
            last = seen.sizes[-1][1] if seen.sizes else None
            if last is None or (last.width, last.height, last.sar) != (one.width, one.height, one.sar):
                seen.sizes.append((at, one))
        fresh = views(frames, before=self._views)
        for name in ("luma", "spread", "sharp", "change"):
            getattr(seen, name).frombytes(getattr(fresh, name).tobytes())
        self._views = self._views.joined(fresh) if self._views else fresh
        if len(seen) - self._judged >= _CHUNK + AROUND:
            self._judge(len(seen) - AROUND)

    def finish(self) -> Seen:
        """Judge the last frames and return all that was seen."""
        self._judge(len(self.seen))
        return self.seen

    def _judge(self, until: int) -> None:
        if self._views is None:
            return
        for at, change in changes(self._views, self._judged - self._first, until - self._first).items():
            self.seen.cuts[at + self._first] = change
        self._judged = until
        drop = max(0, until - 2 * AROUND - self._first)
        self._views = self._views.without(drop)
        self._first += drop
