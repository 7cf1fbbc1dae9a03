"""Stills: the pictures that engines look at, decoded once while an item is worked on."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.ports import LOOK, Pixels, Still
from pipeline.settings import Settings
from pipeline.tools import raw
from pipeline.tools.parsers import Parsers

if TYPE_CHECKING:
    from PIL.Image import Image

FULL = 4096
"""Pixels of the longest side of a picture in its own size: larger ones are made smaller."""

_KEPT_BYTES = 300_000_000

_State = tuple[int, int, int, int]


class Stills:
    """Decoded photographs, the latest few of them kept: the stages of one item ask one after the other."""

    def __init__(self, settings: Settings, parsers: Parsers) -> None:
        self._settings = settings
        self._parsers = parsers
        self._kept: OrderedDict[_State, Still] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self,
        photograph: Path | None,
        looks: Path | None,
        shots: Sequence[Mapping[str, Any]],
        frame: Callable[[str], Path],
    ) -> Sequence[Still]:
        """Return a photograph, then keyframes, as ``MediaTools.stills`` promises."""
        found = [self._photograph(photograph)] if photograph else []
        if looks:
            found += self._keyframes(looks, shots, frame)
        return found

    def _photograph(self, media: Path) -> Still:
        facts = media.stat()
        state = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        with self._lock:
            if state in self._kept:
                return self._kept[state]
        source, orientation = raw.source(media, self._settings)
        image = self._parsers.upright(source, longest=FULL, orientation=orientation)
        full = _pixels(image)
        still = Still(
            t=None, pts=None, time_base=None, frame=None, width=image.width, height=image.height,
            small=_pixels(_small(image)), full=lambda: full,
        )  # fmt: skip
        with self._lock:
            self._kept[state] = still
            while sum(one.full().nbytes for one in self._kept.values()) > _KEPT_BYTES and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return still

    def _keyframes(self, looks: Path, shots: Sequence[Mapping[str, Any]], frame: Callable[[str], Path]) -> list[Still]:
        import numpy as np

        small = np.load(looks, mmap_mode="r", allow_pickle=False)
        return [
            Still(
                t=shot["t"], pts=shot["pts"], time_base=shot["time_base"], frame=number, width=shot["width"],
                height=shot["height"], small=small[number], full=partial(self._frame, frame, f"frame/{number}"),
            )
            for number, shot in enumerate(shots)
        ]  # fmt: skip

    def _frame(self, frame: Callable[[str], Path], role: str) -> Pixels:
        return _pixels(self._parsers.upright(frame(role), longest=FULL))


def _small(image: "Image") -> "Image":
    import PIL.Image

    if max(image.size) <= LOOK:
        return image
    share = LOOK / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=2.0)


def _pixels(image: "Image") -> Pixels:
    import numpy as np

    found: Pixels = np.asarray(image)
    found.flags.writeable = False
    return found
