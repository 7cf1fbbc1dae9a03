"""Rooms: processes that parse untrusted bytes for us, each shut in, each used for many files one after the other.

A library that crashes, hangs or is subverted costs the file that it was reading, and one process. It is handed
the file as an open descriptor: it sees no other, and no name. How many files one process may see bounds what a
subverted one could carry from one to the next.
"""

import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from pipeline.core.halt import ended_by
from pipeline.errors import Misconfigured, PipelineError, Refused, Unavailable
from pipeline.settings import Settings
from pipeline.tools import sandbox
from pipeline.tools.sandbox import Bounds, Call

MOST_FILES = 200
"""So many files are read by one process; the next gets a new one."""

_MOST_ROOMS = 8
_WORDS = 65_536
_ENDS = {"refused": Refused, "unavailable": Unavailable}
_CHECKOUT = Path(__file__).resolve().parents[2]
_SHELL = 128

Part = tuple[Any, bytes]
"""What is said, and the bytes that go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Craft:
    """What a room is for: the module that answers in it, and the libraries that it loads."""

    module: str
    libraries: tuple[str, ...]


PICTURES = Craft(module="pipeline.parsing.room", libraries=("PIL", "exifread", "numpy", "pillow_heif"))
NAMES = Craft(module="pipeline.parsing.naming", libraries=("pygfried",))


_BEGIN = """
import importlib.util, runpy, sys
sys.path[:0], sys.argv[0] = {library!r}, "room"
found = importlib.util.spec_from_file_location(
    "pipeline", {package!r} + "/__init__.py", submodule_search_locations=[{package!r}]
)
sys.modules["pipeline"] = importlib.util.module_from_spec(found)
runpy.run_module({module!r}, run_name="__main__")
"""
"""Our package is found by its own place: what lies beside it is not to be seen."""


class _Process(Protocol):
    pid: int
    returncode: int | None
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int: ...
    def poll(self) -> int | None: ...


class Room:
    """One process, and the socket on which it is asked."""

    def __init__(self, process: _Process, asked: socket.socket, seconds: float) -> None:
        self._process = process
        self._asked = asked
        self._seconds = seconds
        self.files = 0
        self.sound = True

    def ask(self, question: Mapping[str, Any], media: int, most: int) -> Iterator[Part]:
        """Yield the parts of an answer about an open file, none larger than ``most`` bytes."""
        self.files += 1
        self.sound = False  # until the end was heard
        answer = os.memfd_create("answer", os.MFD_CLOEXEC)
        try:
            with ended_by(self.end):
                self._say(json.dumps(question).encode(), [media, answer])
                while "end" not in (heard := self._hear()):
                    yield _read(answer, heard["text"], heard["data"], most)
                    self._say(b"more", [])
        finally:
            os.close(answer)
        self.sound = True
        if heard["end"] == "fault":
            raise PipelineError(heard["reason"], code="E-STAGE-001")
        if raised := _ENDS.get(heard["end"]):
            raise raised(heard["reason"], code=heard["code"])

    def greet(self) -> None:
        """Wait until it has loaded what it needs; what goes wrong until then is no file's fault."""
        try:
            self._hear()
        except Refused as err:
            self.close()
            raise Misconfigured(f"what parses could not be started: {err.reason}", code="E-CONF-003") from err

    def _say(self, words: bytes, fds: list[int]) -> None:
        try:
            socket.send_fds(self._asked, [words], fds)
        except OSError as err:
            raise self._ended() from err

    def _hear(self) -> Mapping[str, Any]:
        try:
            words = self._asked.recv(_WORDS)
        except TimeoutError:
            self.end()
            raise Refused("reading it took too long", code="E-MEDIA-005") from None
        except OSError as err:
            raise self._ended() from err
        if not words:
            raise self._ended()
        try:
            return dict(json.loads(words))
        except (ValueError, TypeError) as err:
            self.end()
            raise Refused("what was to read it answers nonsense", code="E-MEDIA-006") from err

    def _ended(self) -> PipelineError:
        """Say why the process is gone."""
        with suppress(Exception):  # it may still be ending
            self._process.wait(timeout=self._seconds)
        self.end()
        status = self._process.wait()
        number = -status if status < 0 else status - _SHELL
        if number in {signal.SIGKILL, signal.SIGTERM}:
            return Unavailable("what was reading it was killed by the system", code="E-HOST-005")
        if number == signal.SIGXCPU:
            return Refused("reading it took more processor time than allowed", code="E-MEDIA-005")
        name = signal.Signals(number).name if number in set(signal.Signals) else f"status {status}"
        return Refused(f"what was reading it ended with {name}", code="E-MEDIA-006")

    def end(self) -> None:
        """End it, with all that it may have started. May be repeated."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it and return when it is gone."""
        self.end()
        self._process.wait()
        self._asked.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


class Rooms:
    """The few rooms that are kept, at most one for each processor; made when first needed."""

    def __init__(self, settings: Settings, craft: Craft = PICTURES) -> None:
        self._settings = settings
        self._craft = craft
        self._free = threading.Semaphore(min(_MOST_ROOMS, max(2, len(os.sched_getaffinity(0)))))
        self._idle: list[Room] = []
        self._lock = threading.Lock()
        # A program ends with the thread that started it: those who ask come and go, this one stays.
        self._starter: ThreadPoolExecutor | None = None
        self._pid = os.getpid()
        self.close = weakref.finalize(self, _close, self._idle, self._pid)

    def ask(self, do: str, media: Path | bytes, **how: Any) -> Iterator[Part]:
        """Yield the parts of the answer about a file, or about bytes that were found in one.

        Raises what the parser raised: ``Refused`` with its code, also when it crashed (E-MEDIA-006) or took
        too long (E-MEDIA-005).
        """
        with self._free, _open(media) as fd, self._lent() as room:
            yield from room.ask({"do": do, "how": how}, fd, self._settings.limits.answer_bytes + _pixels(how))

    def one(self, do: str, media: Path | bytes, **how: Any) -> Part:
        """Return an answer that has one part."""
        (part,) = self.ask(do, media, **how)
        return part

    @contextmanager
    def _lent(self) -> Iterator[Room]:
        if self._pid != os.getpid():  # a forked child has rooms of its own
            self._pid, self._idle, self._starter = os.getpid(), [], None
            self.close = weakref.finalize(self, _close, self._idle, self._pid)
        with self._lock:
            room = self._idle.pop() if self._idle else None
            if room is None and self._starter is None:
                self._starter = ThreadPoolExecutor(1, thread_name_prefix="room")
        if room is None:
            assert self._starter
            room = self._starter.submit(_start, self._settings, self._craft).result()
        try:
            yield room
        finally:
            if room.sound and room.files < MOST_FILES and self.close.alive:
                with self._lock:
                    self._idle.append(room)
            else:
                room.close()


def _pixels(how: Mapping[str, Any]) -> int:
    longest = int(how.get("longest", 0))
    return 3 * longest * longest


@contextmanager
def _open(media: Path | bytes) -> Iterator[int]:
    if isinstance(media, bytes):
        fd = os.memfd_create("material", os.MFD_CLOEXEC)
        try:
            with os.fdopen(os.dup(fd), "wb") as file:
                file.write(media)
            yield fd
        finally:
            os.close(fd)
        return
    fd = os.open(media, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        yield fd
    finally:
        os.close(fd)


def _read(answer: int, text: int, data: int, most: int) -> Part:
    """Read a part; the other side may lie about lengths, and may write while we read."""
    if not (isinstance(text, int) and isinstance(data, int) and 0 < text <= most and 0 <= data <= most):
        raise Refused("the answer about it is too large", code="E-MEDIA-004")
    said = os.pread(answer, text, 0)
    rest = bytearray()
    while len(rest) < data and (more := os.pread(answer, data - len(rest), text + len(rest))):
        rest += more
    if len(rest) != data:
        raise Refused("the answer about it is not whole", code="E-MEDIA-006")
    try:
        return json.loads(said), bytes(rest)
    except ValueError as err:
        raise Refused("the answer about it is no JSON", code="E-MEDIA-006") from err


def _libraries(names: Sequence[str]) -> list[Path]:
    """Return the folders in which the libraries lie; nothing is imported for that."""
    found = {Path(where).parent for name in names for where in _search(name)}
    return sorted(found)


def _search(name: str) -> Sequence[str]:
    spec = importlib.util.find_spec(name)
    places = [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.origin else ())] if spec else []
    if not places:
        raise Misconfigured(f"the library {name} is missing", code="E-CONF-002")
    return places[:1]


def _start(settings: Settings, craft: Craft) -> Room:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    limits = settings.limits
    ours.settimeout(limits.tool_seconds)
    library = _libraries(craft.libraries)
    code = _BEGIN.format(
        library=[str(one) for one in library], package=str(_CHECKOUT / "pipeline"), module=craft.module
    )  # fmt: skip
    bounds = Bounds(
        seconds=limits.tool_seconds * MOST_FILES, memory=limits.picture_memory_bytes,
        file_bytes=limits.picture_memory_bytes, answer_bytes=limits.answer_bytes,
    )  # fmt: skip
    # -I and -S: nothing of the environment, no site's own start-up code.
    argv = [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", code, str(theirs.fileno())]
    call = Call(
        argv=argv, bounds=bounds, policy=settings.isolation, fds=(theirs.fileno(),),
        reads=(_CHECKOUT / "pipeline", *library, Path(sys.base_prefix)),
    )  # fmt: skip
    try:
        room = Room(sandbox.stay(call), ours, limits.tool_seconds)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    room.greet()
    return room


def _close(idle: list[Room], pid: int) -> None:
    while idle and os.getpid() == pid:  # a forked child ends nothing of its parent's
        idle.pop().close()
