"""Resident: exiftool kept in its room for many files, one after the other, each copied in and asked about alone.

Starting it costs fifty times what reading a photograph does. The room is the same as for one call: no
network, no writing, nothing of the vault in it. What differs is that one process sees several files;
how long it may stay, and what ends it early, bounds what a subverted one could carry from one to the next.
"""

import os
import secrets
import selectors
import signal
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from pipeline.core.halt import ended_by
from pipeline.errors import PipelineError
from pipeline.settings import Settings
from pipeline.tools import sandbox
from pipeline.tools.sandbox import MEDIA, Bounds, Call

MOST_FILES = 100
"""So many files are read by one process; the next gets a new one."""

MOST_BYTES = 32_000_000
"""Larger files are not copied, but read where they lie by a process of their own."""

_SECONDS = 10.0
"""A file that takes longer is left to a process of its own, with all the time that the settings allow."""

_CHUNK = 1 << 20
_STALE_SECONDS = 600.0


class _Process(Protocol):
    pid: int
    returncode: int | None
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self) -> int: ...
    def poll(self) -> int | None: ...


class Resident:
    """One process and the file that it sees, which only we can write and which has no name."""

    def __init__(self, process: _Process, file: int) -> None:
        self._process = process
        self._file = file
        self.asked = 0

    def ask(self, options: Sequence[str], media: Path | None, most: int) -> bytes | None:
        """Return what it says of a file; ``None`` when it is not to be asked again: its answer is not to be used."""
        if media is not None and not self._put(media):
            return None
        self.asked += 1
        end = f"{{ready{(number := secrets.randbelow(1 << 31))}}}\n".encode()
        words = [*options, *([MEDIA] if media else []), f"-execute{number}"]
        try:
            with ended_by(self.end):
                assert self._process.stdin
                self._process.stdin.write("".join(f"{word}\n" for word in words).encode())
                self._process.stdin.flush()
                answer = self._read(end, most)
        except (BrokenPipeError, ValueError):  # it has ended, or was ended
            return None
        os.ftruncate(self._file, 0)
        return answer.removesuffix(end) if answer is not None else None

    def _put(self, media: Path) -> bool:
        """Copy the file in, over the one before."""
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        with media.open("rb") as file:
            left = os.fstat(file.fileno()).st_size
            while left and (sent := os.sendfile(self._file, file.fileno(), None, min(left, _CHUNK))):
                left -= sent
        return left == 0

    def _read(self, end: bytes, most: int) -> bytes | None:
        """Read up to its last line, in time and within bounds."""
        assert self._process.stdout
        answer, deadline = bytearray(), time.monotonic() + _SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not answer.endswith(end):
                left = deadline - time.monotonic()
                if left <= 0 or len(answer) > most or not selector.select(left):
                    return None
                chunk = os.read(self._process.stdout.fileno(), _CHUNK)
                if not chunk:
                    return None
                answer += chunk
        return bytes(answer)

    def end(self) -> None:
        """End it, with all that it may have started. May be repeated."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and return when it is gone."""
        self.end()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # what was not sent to it yet is lost with it
                    pipe.close()
        os.close(self._file)


class Residents:
    """The few processes that are kept, at most one for each processor; made when first needed."""

    def __init__(self, settings: Settings, argv: Sequence[str]) -> None:
        self._settings = settings
        self._argv = argv
        self._free = threading.Semaphore(len(os.sched_getaffinity(0)))
        self._idle: list[Resident] = []
        self._lock = threading.Lock()
        # A program ends with the thread that started it: those who ask come and go, this one stays.
        self._starter: ThreadPoolExecutor | None = None
        self._pid = os.getpid()
        self.close = weakref.finalize(self, _close, self._idle, self._pid)

    def ask(self, options: Sequence[str], media: Path) -> bytes | None:
        """Return exiftool's answer on one file; ``None`` when it must be asked in the ordinary way."""
        size = media.stat().st_size
        if not 0 < size <= MOST_BYTES or self._pid != os.getpid() or not self.close.alive:
            return None
        with self._free, self._lent() as one:
            answer = one.ask(options, media, self._settings.limits.answer_bytes) if one else None
            # A file that exiftool calls broken may be an attempt on it: nothing else is read by that process.
            if one and answer is not None and one.asked < MOST_FILES and b'"ExifTool:Error"' not in answer:
                with self._lock:
                    self._idle.append(one)
            elif one:
                one.close()
        return answer or None

    @contextmanager
    def _lent(self) -> Iterator[Resident | None]:
        with self._lock:
            one = self._idle.pop() if self._idle else None
            if one is None and self._starter is None:
                self._starter = ThreadPoolExecutor(1, thread_name_prefix="resident")
        try:
            one = one or self._start()
            yield one
        except BaseException:
            if one:
                one.close()
            raise

    def _start(self) -> Resident | None:
        assert self._starter
        try:
            return self._starter.submit(_start, self._argv, self._settings).result()
        except PipelineError:
            return None  # the ordinary way says why


def _start(argv: Sequence[str], settings: Settings) -> Resident | None:
    """Start one on an empty file, whose name is taken away as soon as the room is built."""
    if sandbox.isolation(settings.isolation) != "bwrap":
        return None
    folder = settings.scratch / "rooms"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(folder)
    name = folder / secrets.token_hex(8)
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    limits = settings.limits
    bounds = Bounds(
        seconds=_SECONDS * MOST_FILES, memory=limits.memory_bytes, file_bytes=0, answer_bytes=limits.answer_bytes
    )
    one: Resident | None = None
    try:
        one = Resident(sandbox.stay(Call(argv=argv, bounds=bounds, policy=settings.isolation, media=name)), file)
        if one.ask(["-ver"], None, limits.answer_bytes) is None:
            one.close()
            return None
    except BaseException:
        one.close() if one else os.close(file)
        raise
    finally:
        name.unlink()
    return one


def _sweep(folder: Path) -> None:
    """Remove the empty files of processes that ended while a room was built."""
    for left in folder.iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - _STALE_SECONDS:
                left.unlink()


def _close(idle: list[Resident], pid: int) -> None:
    while idle and os.getpid() == pid:  # a forked child ends nothing of its parent's
        idle.pop().close()
