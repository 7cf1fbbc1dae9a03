"""Watch: the reading of a running program, bounded in memory and in time."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Protocol

from pipeline.core.halt import ended_by
from pipeline.errors import Refused
from pipeline.tools.walls import Bounds

_KEPT = 16 * 1024
_LINE = 4 * 1024
_CHUNK = 64 * 1024
_GRACE = 5.0
_LOOK = 1.0
_DECODED = b"pts_time:"
"""What ffmpeg says of each frame and each piece of sound that it has decoded."""


class Running(Protocol):
    """A started program: the part of ``subprocess.Popen`` that is watched."""

    pid: int
    returncode: int | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def wait(self) -> int:
        """Wait for its end and return its status."""
        ...


@dataclass(slots=True, kw_only=True)
class Watch:
    """Reads what a program says, no more than allowed, until it has ended or its time is over."""

    program: str
    bounds: Bounds
    on_line: Callable[[str], None] | None
    process: Running
    on_data: Callable[[bytes], None] | None = None
    written: Callable[[], int] = lambda: 0
    """How many bytes the program has left in files so far."""
    _moved: float = 0.0
    _size: int = 0
    answer: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    line: bytearray = field(default_factory=bytearray)

    def until_the_end(self) -> None:
        """Read on until the program has ended; ``Refused`` when it takes or says too much."""
        self._moved = time.monotonic()
        deadline = self._moved + self.bounds.seconds
        ended = os.pidfd_open(self.process.pid)
        try:
            with ended_by(self._kill_group):
                self._read(deadline, ended)
        finally:
            os.close(ended)

    def _read(self, deadline: float, ended: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(ended, selectors.EVENT_READ)
            for pipe in self._pipes():
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    seconds = f"{self.bounds.seconds:g} s"
                    raise Refused(f"{self.program} did not finish within {seconds}", code="E-MEDIA-005")
                self._check_progress()
                for key, _ in selector.select(min(left, _LOOK)):
                    if key.fd == ended:
                        # The leader is gone: whatever it left behind would keep the pipes open.
                        self._kill_group()
                        selector.unregister(ended)
                    elif not self._take(key.fd):
                        selector.unregister(key.fileobj)

    def _check_progress(self) -> None:
        """Raise when nothing more was decoded for too long: complaints alone are no progress."""
        stall = self.bounds.stall
        if stall is None or time.monotonic() - self._moved < stall:
            return
        if (size := self.written()) == self._size:
            raise Refused(f"{self.program} got no further within {stall:g} s", code="E-MEDIA-005")
        self._size, self._moved = size, time.monotonic()

    def _pipes(self) -> list[IO[bytes]]:
        return [pipe for pipe in (self.process.stdout, self.process.stderr) if pipe]

    def _take(self, pipe: int) -> bool:
        chunk = os.read(pipe, _CHUNK)
        if self.process.stderr and pipe == self.process.stderr.fileno():
            self._hear(chunk)
            if _DECODED in chunk:
                self._moved = time.monotonic()
            return bool(chunk)
        self._moved = time.monotonic()
        if self.on_data:
            self.on_data(chunk)
        else:
            self.answer += chunk
            if len(self.answer) > self.bounds.answer_bytes:
                most = self.bounds.answer_bytes
                raise Refused(f"{self.program} answered more than {most} bytes", code="E-MEDIA-004")
        return bool(chunk)

    def _hear(self, chunk: bytes) -> None:
        self.kept = (self.kept + chunk)[-_KEPT:]
        if not self.on_line:
            return
        *lines, rest = (self.line + chunk).split(b"\n")
        if not chunk and rest:
            lines, rest = [rest], bytearray()
        for line in lines:
            self.on_line(line[:_LINE].decode(errors="backslashreplace"))
        self.line = rest[:_LINE]

    def kill(self) -> None:
        """End every process of the call, and return when they are gone."""
        self._kill_group()
        until = time.monotonic() + _GRACE
        with selectors.DefaultSelector() as selector:
            for pipe in self._pipes():
                selector.register(pipe, selectors.EVENT_READ)
            # The last process to die closes the pipes.
            while selector.get_map() and (left := until - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    if not os.read(key.fd, _CHUNK):
                        selector.unregister(key.fileobj)
        for pipe in self._pipes():
            pipe.close()
        self.process.wait()

    def _kill_group(self) -> None:
        # Not reaped yet, so the number still means this group; with bwrap, its death empties the room.
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
