"""Rooms: processes that parse untrusted bytes for us, each shut in, each used for many files one after the other.

A library that crashes, hangs or is subverted costs the file that it was reading, and one process. It is handed
the file as an open descriptor: it sees no other, and no name. How many files one process may see bounds what a
subverted one could carry from one to the next.
"""

import importlib.util
import os
import socket
import sys
import threading
import weakref
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.tools import sandbox
from pipeline.tools.room import Part, Room
from pipeline.tools.sandbox import Bounds, Call

MOST_FILES = 200
"""So many files are read by one process; the next gets a new one."""

_MOST_ROOMS = 8
_CHECKOUT = Path(__file__).resolve().parents[2]


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

    def ask(self, do: str, media: Path | bytes, **how: Any) -> Generator[Part, None, None]:
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
