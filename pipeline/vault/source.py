"""Sources: files read without touching them; those of others are refused when they move under us."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import PipelineError, Refused, Unavailable
from pipeline.vault.files import read_blocks

_REASONS = {
    errno.ENOENT: ("E-SUBMIT-001", "nothing exists at this path"),
    errno.ENOTDIR: ("E-SUBMIT-001", "nothing exists at this path"),
    errno.ELOOP: ("E-SUBMIT-005", "a symbolic link"),
    errno.ENXIO: ("E-SUBMIT-003", "a socket or a device"),
    errno.ENODEV: ("E-SUBMIT-003", "a device"),
}


_UNREADABLE = "E-SUBMIT-002"


@contextmanager
def opened(path: Path, *, follow: bool = False) -> Iterator[int]:
    """Open a regular file for reading alone; ``Refused`` says why it cannot be had.

    Never waits for a FIFO's other end, and follows a link only where that was asked for. The
    time of last access stays as it was where the system lets us.
    """
    fd = _open(path, 0 if follow else os.O_NOFOLLOW)
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            raise Refused("a directory", code="E-SUBMIT-004")
        if not stat.S_ISREG(mode):
            raise Refused("not a regular file", code="E-SUBMIT-003")
        yield fd
    finally:
        os.close(fd)


@contextmanager
def own(path: Path) -> Iterator[int]:
    """Open a file that we wrote ourselves. What is wrong with it is our fault, never the material's."""
    try:
        with opened(path) as fd:
            yield fd
    except Refused as err:
        if err.code == _UNREADABLE:
            raise Unavailable(f"a file of our own: {err.reason}", code="E-VAULT-005") from err
        raise PipelineError(f"a file of our own: {err.reason}", code="E-STAGE-001") from err


@contextmanager
def steady(fd: int) -> Iterator[None]:
    """Refuse a file that changed between entering and leaving."""
    before = _fingerprint(fd)
    yield
    if _fingerprint(fd) != before:
        raise Refused("the file changed while it was read", code="E-SUBMIT-006")


def blocks(fd: int) -> Iterator[memoryview]:
    """Read the source; a failing disk of somebody else is a refusal, not our fault."""
    expected, seen = os.fstat(fd).st_size, 0
    try:
        for block in read_blocks(fd):
            seen += len(block)
            yield block
    except OSError as err:
        raise Refused(f"reading stopped at byte {seen}: {err.strerror}", code=_UNREADABLE) from err
    if seen != expected:
        raise Refused("the file changed while it was read", code="E-SUBMIT-006")


def _open(path: Path, how: int) -> int:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | how
    try:
        return os.open(path, flags | os.O_NOATIME)
    except PermissionError:  # only its owner may read without a trace
        pass
    except OSError as err:
        raise _refusal(err) from err
    try:
        return os.open(path, flags)
    except OSError as err:
        raise _refusal(err) from err


def _refusal(err: OSError) -> Refused:
    code, reason = _REASONS.get(err.errno or 0, (_UNREADABLE, f"the file cannot be read: {err.strerror}"))
    return Refused(reason, code=code)


def _fingerprint(fd: int) -> tuple[int, int, int, int]:
    seen = os.fstat(fd)
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns
