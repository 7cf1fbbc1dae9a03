"""Timeline: where decoded sound and frames stand in time, read from the decoder's own log."""

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipeline.core.ports.media import RATE
from pipeline.errors import Refused
from pipeline.tools.leaps import Leaps

_WIDTH = 2
_HOLE = RATE // 10
_HOLE_AFTER_ERROR = RATE // 50  # a single frame: no jitter where the decoder says that it dropped something
_NOTED = 3 * RATE // 10  # a clock that drifts is made good in smaller steps, and nothing was lost
_SET_BACK = RATE
_MOST_SILENCE = 6 * 3600 * RATE
_RECOVERED = RATE // 2
_IN_FLIGHT = 16  # frames that a decoder may still hold when the last packet fails

_LEVEL = re.compile(r"(?:\[[^\]]* @ 0x[0-9a-f]+\] )?\[(error|fatal|panic)\] ")
_SOUND = re.compile(
    r"\[Parsed_ashowinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n:\d+ pts:(\S+) pts_time:\S+ (?:pos:(\S+) )?.*nb_samples:(\d+) "
)
_FRAME = re.compile(r"\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n: *\d+ pts: *\S+ +pts_time:(\S+)")


@dataclass(slots=True, kw_only=True)
class _Step:
    """A step of the clock: after how many samples, how far, and where the next piece must stand to confirm it."""

    at: int
    ahead: int
    next: int
    troubled: bool


@dataclass(slots=True, kw_only=True)
class AudioLog:
    """Follows the decoding of one sound stream: errors, and holes to be filled with silence.

    The container's clock says where each piece belongs. A step ahead of a tenth of a second or
    more is a hole. A clock that is set back, or that leaps further than all holes together may
    last (six hours), says nothing true about time: sound is then put end to end. Sound is never
    thrown away to fit a clock. A step counts when the next piece follows on from it: ffmpeg
    mistimes the one piece at which a stream changes its rate. Where the clock only counts frames,
    ``leaps`` tells by the bytes what was lost.
    """

    start: float | None
    leaps: Leaps | None = None
    most: float = float("inf")
    """Seconds of sound from which on the recording is refused."""
    errors: int = 0
    holes: list[tuple[int, int]] = field(default_factory=list)
    """(samples decoded before it, samples of silence)."""
    _decoded: int = 0
    _silence: int = 0
    _shift: int | None = None
    _step: _Step | None = None
    _last_error: int | None = None
    _grave: set[int] = field(default_factory=set)

    @property
    def estimated(self) -> bool:
        """Whether the length of a hole was judged by its bytes."""
        return bool(self.leaps and self.leaps.found)

    @property
    def lost(self) -> tuple[tuple[float, float], ...]:
        """The holes in which sound was lost, in seconds of what ``place`` gives."""
        found, before = [], 0
        for at, silence in self.holes:
            if silence >= _NOTED or at in self._grave:
                found.append(((at + before) / RATE, (at + before + silence) / RATE))
            before += silence
        return tuple(found)

    @property
    def clean(self) -> bool:
        """Whether decoding went well to the end: half a second of sound or more after the last error."""
        return self._last_error is None or self._decoded - self._last_error >= _RECOVERED

    def take(self, line: str) -> None:
        """Read one line of the log."""
        if found := _SOUND.match(line):
            self._sound(found[1], found[2] or "", int(found[3]))
        elif _LEVEL.match(line):
            self.errors += 1
            self._last_error = self._decoded

    def finish(self, promised: float | None = None) -> None:
        """Believe a step before the last piece, which nothing can confirm; then place what the clock passed over."""
        if self._step:
            self._make(self._step)
        if self.leaps:
            self.leaps.settle(self._decoded)
        if self.leaps and self.leaps.found:
            holes = {at: silence for at, silence in self.holes if at not in self.leaps.found}
            missing = None if promised is None else round(promised * RATE) - self._decoded - sum(holes.values())
            for at, silence in self.leaps.samples(missing):
                if silence >= _HOLE_AFTER_ERROR:
                    holes[at] = min(silence, _MOST_SILENCE - sum(holes.values()))
                    self._grave.add(at)
            self.holes = sorted(holes.items())

    def _sound(self, pts: str, position: str, samples: int) -> None:
        if self.leaps and position.isdigit():
            self.leaps.take(int(position), self._decoded)
        if pts.lstrip("-").isdigit():
            self._place(int(pts), samples)
        elif self._step:
            self._step.next += samples
        self._decoded += samples
        if self._decoded > self.most * RATE:
            raise Refused(f"more than {self.most:g} s of sound", code="E-MEDIA-004")

    def _place(self, pts: int, samples: int) -> None:
        if self._shift is None:
            self._shift = -(pts if self.start is None else round(self.start * RATE))
        if self._step and abs(pts - self._step.next) < _HOLE:
            self._make(self._step)
        self._step = None
        ahead = pts + self._shift - self._decoded - self._silence
        troubled = self._last_error == self._decoded
        if ahead >= (_HOLE_AFTER_ERROR if troubled else _HOLE) or ahead < -_SET_BACK:
            self._step = _Step(at=self._decoded, ahead=ahead, next=pts + samples, troubled=troubled)

    def _make(self, step: _Step) -> None:
        assert self._shift is not None
        if 0 < step.ahead <= _MOST_SILENCE - self._silence:
            self.holes.append((step.at, step.ahead))
            self._silence += step.ahead
            if step.troubled:
                self._grave.add(step.at)
        else:
            self._shift -= step.ahead


@dataclass(slots=True, kw_only=True)
class VideoLog:
    """Follows the decoding of one picture stream."""

    most: float = float("inf")
    """Frames from which on the film is refused."""
    frames: int = 0
    errors: int = 0
    _first: float | None = None
    _last: float = 0.0
    _since_error: int | None = None

    @property
    def seconds(self) -> float:
        """From the first frame shown to the last."""
        return max(0.0, self._last - self._first) if self._first is not None else 0.0

    @property
    def clean(self) -> bool:
        """Whether decoding went well to the end: some frames after the last error, those in flight aside."""
        return self._since_error is None or self._since_error > _IN_FLIGHT

    def take(self, line: str) -> None:
        """Read one line of the log."""
        if found := _FRAME.match(line):
            self._frame(found[1])
        elif _LEVEL.match(line):
            self.errors += 1
            self._since_error = 0

    def _frame(self, at: str) -> None:
        self.frames += 1
        if self.frames > self.most:
            raise Refused(f"more than {self.most:g} frames", code="E-MEDIA-004")
        if self._since_error is not None:
            self._since_error += 1
        if at != "NOPTS":
            self._last = float(at)
            self._first = self._last if self._first is None else self._first


def place(pcm: Path, holes: list[tuple[int, int]]) -> int:
    """Put silence into the holes of a PCM file and return its length in samples."""
    if holes:
        wider = pcm.with_name(pcm.name + ".wider")
        with pcm.open("rb") as source, wider.open("wb") as target:
            read = 0
            for at, silence in holes:
                _copy(source, target, (at - read) * _WIDTH)
                read = at
                target.seek(silence * _WIDTH, os.SEEK_CUR)
            shutil.copyfileobj(source, target)
            target.truncate()
        wider.replace(pcm)
    return pcm.stat().st_size // _WIDTH


def _copy(source: IO[bytes], target: IO[bytes], length: int) -> None:
    while length and (chunk := source.read(min(length, 1 << 20))):
        target.write(chunk)
        length -= len(chunk)
