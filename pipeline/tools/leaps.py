"""Leaps: bytes that gave no sound, in files whose clock only counts frames."""

import mmap
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from pipeline.core.mpeg_audio import adts_frame, mpeg_frame

_SYNC = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")
_HEADER = 7
_MOST_FALSE = 1_000_000
_SUSPECT = 1024
_LONGEST = 8192
_TAGS = (b"ID3", b"TAG", b"APETAGEX")
_LIKELY = 1.5
"""Factor by which frames of a varying bit rate may lead the estimate astray."""


@dataclass(slots=True, kw_only=True)
class Leaps:
    """Follows where in the file each piece of sound stood; a frame's header tells where the next one should stand.

    Tags between frames are no loss.
    """

    file: BinaryIO
    frame: Callable[[bytes], int]
    found: dict[int, int] = field(default_factory=dict)
    """Samples decoded before → bytes lost."""
    _first: int | None = None
    _last: int = 0
    _before: int = 0

    def take(self, position: int, decoded: int) -> None:
        """Note that the sound after ``decoded`` samples was read at ``position``."""
        if self._first is None:
            self._first = position
        elif position - self._last > _SUSPECT and (lost := self._lost(position)):
            self.found[decoded] = lost
        if position > self._last:
            self._last, self._before = position, decoded

    def _lost(self, position: int) -> int:
        self.file.seek(self._last)
        head = self.file.read(_LONGEST + len(_TAGS[-1]))
        size = self.frame(head)
        if not size or head[size:].startswith(_TAGS):
            return 0
        return max(position - self._last - size, 0)

    def settle(self, decoded: int) -> None:
        """Find what is still to be found, when decoding is over."""

    def samples(self, missing: int | None) -> list[tuple[int, int]]:
        """Return (samples decoded before, samples lost): by the mean rate, or by what is missing where that agrees."""
        lost = sum(self.found.values())
        read = self._last - (self._first or 0) - lost
        if not lost or read <= 0:
            return []
        each = self._before / read
        if missing and lost * each / _LIKELY <= missing <= lost * each * _LIKELY:
            each = missing / lost
        return [(at, round(size * each)) for at, size in sorted(self.found.items())]


class Strides(Leaps):
    """Leaps in ADTS, whose demuxer steps over what it does not know and counts none of it: frames are walked here."""

    def take(self, position: int, decoded: int) -> None:
        """Note nothing: such positions leave out what was stepped over."""

    def settle(self, decoded: int) -> None:
        """Walk from frame to frame, and note before which sample the chain breaks, and for how many bytes."""
        if not decoded:
            return
        breaks: dict[int, int] = {}
        frames = at = read = 0
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while (following := self._next(data, at)) is not None:
                if frames and following > at and not data[at : at + len(_TAGS[-1])].startswith(_TAGS):
                    breaks[frames] = following - at
                size = self.frame(data[following : following + _HEADER])
                at, read, frames = following + size, read + size, frames + 1
        self._last, self._before = read + sum(breaks.values()), decoded
        self.found = {decoded * before // frames: lost for before, lost in breaks.items()}

    def _next(self, data: mmap.mmap, at: int) -> int | None:
        """Return where the next frame begins that a frame, a tag or the end follows; chance makes headers too."""
        for tried, match in enumerate(_SYNC.finditer(data, at)):
            start = match.start()
            if tried > _MOST_FALSE:
                return None
            if (size := self.frame(data[start : start + _HEADER])) and self._goes_on(data, start + size):
                return start
        return None

    def _goes_on(self, data: mmap.mmap, at: int) -> bool:
        head = data[at : at + len(_TAGS[-1])]
        return at == len(data) or self.frame(head) > 0 or head.startswith(_TAGS)


def leaps(container: str, file: BinaryIO) -> Leaps | None:
    """Follow a file of a format (ffprobe's name) without a clock; ``None`` for those with one.

    Without a clock a demuxer counts the frames that it finds, and destroyed ones take no time.
    """
    if container == "aac":
        return Strides(file=file, frame=adts_frame)
    return Leaps(file=file, frame=mpeg_frame) if container == "mp3" else None
