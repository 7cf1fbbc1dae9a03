"""Files: written so that they are on disk when the call returns, read once for both digests."""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.errors import Misconfigured, Unavailable

BUFFER = 1 << 20
_WORTH_A_THREAD = 1 << 19
"""Smaller files are digested before a second thread would have begun."""

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_CANNOT_CLONE = frozenset({errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What one reading of a file says of it."""

    sha256: str
    sha512: str
    bytes: int


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn whatever the disk says against a write into an error that says who must act."""
    try:
        yield
    except OSError as err:
        reason = f"{what}: {err.strerror or err}"
        if err.errno in _NOT_ALLOWED:  # waiting does not help
            raise Misconfigured(
                reason, code="E-VAULT-005",
                next_step=f"let who runs this write to {err.filename or 'it'}: its owner, mode, and how it is mounted",
            ) from err  # fmt: skip
        raise Unavailable(reason, code="E-HOST-003" if err.errno in _NO_SPACE else "E-VAULT-005") from err


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write every byte; a disk may take fewer at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def write_new(path: Path, data: bytes, *, mode: int = 0o444, sync: bool = True) -> None:
    """Write a file that must not exist yet, and wait until it is on disk, unless ``sync_tree`` will."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        write_all(fd, data)
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)


def sync_dir(path: Path) -> None:
    """Wait until the names in a folder are on disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_tree(root: Path) -> None:
    """Wait until everything below a folder is on disk: all files, then folders, innermost first.

    Writing begins for all files before the first is waited for, so that a journalling file
    system has one transaction to wait for and not one for each.
    """
    folders, fds = [], []
    try:
        for place, _, names in os.walk(root, topdown=False):
            folders.append(Path(place))
            for name in names:
                fds.append(os.open(Path(place, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
                if os.fstat(fds[-1]).st_size < BUFFER:  # a larger one is on its way, and would only leave the cache
                    begin_writing(fds[-1])
        for fd in fds:
            os.fsync(fd)
    finally:
        for fd in fds:
            os.close(fd)
    for folder in folders:
        sync_dir(folder)


def begin_writing(fd: int, at: int = 0, count: int = 0) -> None:
    """Have the disk take what was written of a file, or of a part of it, without waiting for it."""
    os.posix_fadvise(fd, at, count, os.POSIX_FADV_DONTNEED)  # what is not on disk yet stays in the cache


def make_dirs(path: Path, *, below: Path, sync: bool = True) -> None:
    """Make the folders from ``below`` down to ``path``; durably, unless the caller waits for them. They may exist."""
    if path == below or path.is_dir():
        return
    make_dirs(path.parent, below=below, sync=sync)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    if sync:
        sync_dir(path.parent)


def read_blocks(fd: int, *, forget: bool = False) -> Iterator[memoryview]:
    """Read a file from where it stands, in blocks that are valid until the next one is asked for.

    ``forget`` keeps a large reading from driving everything else out of the page cache.
    """
    size = os.fstat(fd).st_size
    view = memoryview(bytearray(max(1, min(BUFFER, size + 1))))
    at = 0
    while count := os.readv(fd, [view]):
        yield view[:count]
        if forget:
            os.posix_fadvise(fd, at, count, os.POSIX_FADV_DONTNEED)
        at += count


def open_regular(path: Path, flags: int = 0) -> int:
    """Open a regular file for reading; whatever else stands there is an ``OSError``, and nobody waits for a pipe."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | flags)
    except ValueError as err:  # a name that no file can have
        raise OSError(errno.EINVAL, "no file can have this name") from err
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file")
    return fd


def read_regular(path: Path) -> bytes:
    """Read a regular file as a whole; whatever else stands there is an ``OSError``."""
    with os.fdopen(open_regular(path), "rb") as file:
        return file.read()


def digest(fd: int, *, forget: bool = False) -> Digests:
    """Read an open file from its beginning to its end, once, for both digests."""
    os.lseek(fd, 0, os.SEEK_SET)
    return _digest_blocks(read_blocks(fd, forget=forget))


def digest_file(path: Path, *, forget: bool = False) -> Digests:
    """Digest a regular file; a link is an ``OSError``."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return digest(fd, forget=forget)
    finally:
        os.close(fd)


def clone(source: int, target: int) -> bool:
    """Share the blocks of ``source`` with the empty file ``target``, where the file system can."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as err:
        if err.errno in _CANNOT_CLONE:
            return False
        raise
    return True


def copy_blocks(blocks: Iterator[memoryview], target: int) -> Digests:
    """Write blocks as they come and digest them while the disk takes them."""

    def passing() -> Iterator[memoryview]:
        at = 0
        for block in blocks:
            write_all(target, block)
            begin_writing(target, at, len(block))
            at += len(block)
            yield block

    return _digest_blocks(passing())


def _digest_blocks(blocks: Iterator[memoryview]) -> Digests:
    """Take both digests of each block; a large one is given to a second thread for the dearer of the two."""
    sha256, sha512, size = hashlib.sha256(), hashlib.sha512(), 0
    for block in blocks:
        size += len(block)
        if len(block) < _WORTH_A_THREAD:
            sha256.update(block)
            sha512.update(block)
            continue
        dearer = _beside().submit(sha512.update, block)
        sha256.update(block)
        dearer.result()  # the block is valid only until the next is asked for
    return Digests(sha256=sha256.hexdigest(), sha512=sha512.hexdigest(), bytes=size)


@cache
def _beside() -> ThreadPoolExecutor:
    """Return this process's threads for digests."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="digest")


os.register_at_fork(after_in_child=_beside.cache_clear)  # a child has none of its parent's threads
