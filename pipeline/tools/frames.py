"""Frames: every frame of a recording at a glance, in one decoding; single frames in full, by seeking."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.ports import Frames, Pixels
from pipeline.core.ports.moving import GLANCE, Instant
from pipeline.settings import Settings
from pipeline.tools.ffmpeg import call, inputs
from pipeline.tools.sandbox import run
from pipeline.tools.timeline import VideoLog

THREADS = 2
"""Threads of a decoder: undamaged video decodes to the same bits with any number, damaged video only with one."""

EXACT = ("-flags:v", "+bitexact", "-idct", "simple")
"""Decoders whose standard leaves rounding open round the same everywhere."""

SWS = "accurate_rnd+bitexact"
"""The scaler's fast paths differ between processors."""

_BATCH = 48
_EXACT = 2**53
SHOWN = re.compile(
    r"\[Parsed_showinfo_\d+ @ 0x[0-9a-f]+\] \[info\] n: *\d+ pts: *(\S+) .*"
    r" sar:(\d+)/(\d+) s:(\d+)x(\d+) .* iskey:([01])"
)

See = Callable[[Pixels, Sequence[Instant]], None]


def glance(media: Path, stream: int, see: See, settings: Settings, *, damaged: bool) -> Frames:
    """Decode one stream once and hand over every frame, small: shape (n, 3, *GLANCE), with its instant.

    Only frames that are coded by themselves are smoothed at the edges of their blocks, and only every so many
    points are looked at before the rest is averaged: nobody could tell at this size, and it makes up for the
    scaling. What is kept of a recording is decoded again, in full and exactly.
    """
    rows, columns = GLANCE
    points = f"scale={columns * 4}:{rows * 4}:flags=neighbor+{SWS}"
    scale = f"{points},scale={columns}:{rows}:flags=area+{SWS}:out_range=tv,format=yuv444p"
    threads = 1 if damaged else THREADS
    argv = [
        "ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info", "-copyts",
        "-max_error_rate", "1", *inputs(settings, threads=threads, probesize=None), *EXACT, "-skip_loop_filter",
        "nokey", "-noautorotate", "-i", "file:/in/media", "-map", f"0:{stream}", "-filter_threads", "1",
        "-vf", f"showinfo=checksum=0,{scale}", "-vsync", "passthrough", "-f", "rawvideo", "pipe:1",
    ]  # fmt: skip
    pairs = _Pairs(see=see, log=VideoLog(most=settings.limits.max_frames))
    done = run(call(argv, media, settings, on_line=pairs.hear, on_data=pairs.take))
    pairs.finish()
    log = pairs.log
    return Frames(frames=log.frames, seconds=log.seconds, errors=log.errors, clean=done.status == 0 and log.clean)


def _pts(said: str) -> int | None:
    """Read a time stamp; one that JSON could not hold exactly is no clock's."""
    return None if said == "NOPTS" or abs(int(said)) >= _EXACT else int(said)


@dataclass(slots=True, kw_only=True)
class _Pairs:
    """Puts frames and what the log says of them together; either may come first."""

    see: See
    log: VideoLog
    _bytes: bytearray = field(default_factory=bytearray)
    _instants: deque[Instant] = field(default_factory=deque)

    def hear(self, line: str) -> None:
        self.log.take(line)
        if found := SHOWN.match(line):
            pts, across, down, width, height, key = found.groups()
            sar = (int(across), int(down)) if int(across) and int(down) else (1, 1)
            self._instants.append(
                Instant(
                    pts=_pts(pts), key=key == "1", width=int(width), height=int(height),
                    sar=sar,
                )
            )  # fmt: skip
            self._hand_over(_BATCH)

    def take(self, chunk: bytes) -> None:
        self._bytes += chunk
        self._hand_over(_BATCH)

    def finish(self) -> None:
        self._hand_over(1)

    def _hand_over(self, least: int) -> None:
        import numpy as np

        size = 3 * GLANCE[0] * GLANCE[1]
        count = min(len(self._bytes) // size, len(self._instants))
        if count < least:
            return
        frames = np.frombuffer(bytes(self._bytes[: count * size]), np.uint8).reshape(count, 3, *GLANCE)
        del self._bytes[: count * size]
        self.see(frames, [self._instants.popleft() for _ in range(count)])
