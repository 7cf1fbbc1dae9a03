"""Processes: what belongs to one of them alone, and how others see that it has ended."""

import fcntl
import hashlib
import os
import secrets
import shutil
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.errors import Unavailable
from pipeline.vault.files import sync_dir
from pipeline.vault.moves import left

T = TypeVar("T")


def utc_now() -> str:
    """Return the time as RFC 3339 with milliseconds, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def host() -> str:
    """Return this host's opaque name: 12 hex digits of the SHA-256 of its node name."""
    return hashlib.sha256(os.uname().nodename.encode()).hexdigest()[:12]


def writer_name() -> str:
    """Return a new name for a writer: when it began, on which host, and chance."""
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{began}-{host()}-{secrets.token_hex(6)}"


class PerProcess(Generic[T]):
    """A thing made at first use in a process, and made anew in a forked child.

    What the parent holds (a file position, a lock, a chain of digests) must never be shared
    with a child, or both would write the same place.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._pid = 0
        self._value: T | None = None
        self.lock = threading.RLock()
        me = weakref.ref(self)

        def renew() -> None:
            if (alive := me()) is not None:
                alive.lock = threading.RLock()  # another thread of the parent may have held it

        os.register_at_fork(after_in_child=renew)

    def get(self) -> T:
        """Return this process's own."""
        with self.lock:
            if self._value is None or self._pid != os.getpid():
                self._value, self._pid = self._make(), os.getpid()
            return self._value

    def forget(self, value: T | None = None) -> None:
        """Make it anew at the next use; where ``value`` is given, only if that is still the one in use."""
        with self.lock:
            if value is None or self._value is value:
                self._value = None


@contextmanager
def locked(path: Path, *, seconds: float | None = None) -> Iterator[None]:
    """Hold the advisory lock of a file, made if need be; it ends with the process at the latest.

    With ``seconds`` nobody waits longer for it (``Unavailable``, E-VAULT-006).
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = None if seconds is None else time.monotonic() + seconds
        while end is not None and not try_lock(fd):
            if time.monotonic() > end:
                raise Unavailable("another process is at work there", code="E-VAULT-006")
            time.sleep(_LOOK_AGAIN)
        if end is None:
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def try_lock(fd: int) -> bool:
    """Take the lock of an open file, unless somebody alive holds it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlocked(fd: int) -> bool:
    """Tell whether nobody alive holds the lock of an open file; those who look do not hinder each other."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True


class Bench:
    """One process's folder for unfinished things, with a journal that is locked while it lives.

    The lock, not a process number, says who is alive: it holds across containers and, where
    the file system keeps locks, across hosts.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self.folder = root / writer_name()
            if (journal := claimed(self.folder)) is not None:
                self.journal = journal
                break
        sync_dir(self.folder)
        sync_dir(root)
        weakref.finalize(self, _leave, self.folder, self.journal, os.getpid())

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Lend an empty folder; whatever is left in it afterwards is removed."""
        place = self.folder / secrets.token_hex(8)
        place.mkdir(mode=0o700)
        try:
            yield place
        finally:
            try:
                place.rmdir()
            except OSError:  # something is left in it
                shutil.rmtree(place, ignore_errors=True)  # what resists is swept when this process has ended


JOURNAL = "journal"
_LOOK_AGAIN = 0.05


def claimed(folder: Path) -> int | None:
    """Make a folder for unfinished things that nobody clears while what is returned is open.

    ``None`` when somebody cleared it between its making and its locking.
    """
    folder.mkdir(mode=0o700)
    path = folder / JOURNAL
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    if try_lock(fd) and _same_file(fd, path):
        return fd
    os.close(fd)
    return None


def _leave(folder: Path, journal: int, pid: int) -> None:
    """Clear a bench at the end of its process, unless its journal or a note of a move names something left to do."""
    # A forked child shares the open file: its closing leaves the parent's lock and folder alone.
    if os.getpid() == pid and not os.fstat(journal).st_size and not left(folder):
        shutil.rmtree(folder, ignore_errors=True)
    os.close(journal)


def benches(root: Path) -> Iterator[Path]:
    """Every process's folder below ``root``, of the living and the dead, oldest first."""
    if root.is_dir():
        yield from sorted(one for one in root.iterdir() if one.is_dir())


@contextmanager
def ended(bench: Path) -> Iterator[bool]:
    """Tell whether the process of a bench has ended; nobody else clears it meanwhile."""
    try:
        fd = os.open(bench / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:  # cleared by somebody else
        yield False
        return
    try:
        yield try_lock(fd) and _same_file(fd, bench / JOURNAL)
    finally:
        os.close(fd)


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
