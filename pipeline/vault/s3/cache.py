"""Cache: local files with the bytes of a bucket's, checked when they come and bounded in all."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import Corrupt, Unavailable
from pipeline.vault.files import writing
from pipeline.vault.process import try_lock
from pipeline.vault.s3.bucket import Bucket

_LEFT_FREE = 64 << 20
"""Bytes that stay free on the disk, whatever is asked for."""
_IN_USE = 600
"""Seconds for which a file that somebody asked for without borrowing it is kept."""


class Cache:
    """Local copies in ``folder``; beyond ``most`` bytes those go that nobody asked for the longest."""

    def __init__(self, folder: Path, bucket: Bucket, *, most: int) -> None:
        self._folder = folder
        self._bucket = bucket
        self._most = most

    @contextmanager
    def lend(self, name: str, sha256: str) -> Iterator[Path]:
        """Lend a read-only file; ``FileNotFoundError`` when the store has no such key.

        Nobody makes room of it meanwhile: who borrows holds a shared lock.
        """
        fd = self._borrowed(name, sha256)
        try:
            yield self._folder / sha256
        finally:
            os.close(fd)
            with writing("the scratch disk"):
                self._make_room(0)

    def file(self, name: str, sha256: str) -> Path:
        """Return a file that stays for ten minutes at least; ``FileNotFoundError`` when there is no such key."""
        os.close(self._borrowed(name, sha256))
        return self._folder / sha256

    def _borrowed(self, name: str, sha256: str) -> int:
        kept = self._folder / sha256
        there = True
        while there:
            with writing("the scratch disk"):
                if (fd := _opened(kept)) is not None:
                    return fd
                there = self._fetch(name, sha256, kept)
        raise FileNotFoundError(name)

    def _fetch(self, name: str, sha256: str, kept: Path) -> bool:
        """Fetch a file; tell whether the store has it."""
        if (size := self._bucket.bytes_of(name)) is None:
            return False
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(size)
        if shutil.disk_usage(self._folder).free < size + _LEFT_FREE:
            raise Unavailable("the scratch disk has no room for a file of the vault", code="E-HOST-003")
        fresh = self._folder / f".{sha256}.{secrets.token_hex(4)}"
        try:
            found = self._bucket.fetch(name, fresh)
            if found is not None and found.sha256 != sha256:
                raise Corrupt(f"{Path(name).name} of a vault object is damaged", code="E-VAULT-001")
            if found is not None:
                fresh.rename(kept)
            return found is not None
        finally:
            fresh.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        """Remove files, those first that nobody asked for the longest, until ``size`` more fit."""
        there = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another is making room too
                there.append((path.stat().st_mtime, path, path.stat().st_size))
        total = sum(one[2] for one in there)
        for used, path, freed in sorted(there):
            if total + size <= self._most:
                return
            if used < time.time() - (_IN_USE if self._most else 0) and _removed(path):
                total -= freed


def _opened(kept: Path) -> int | None:
    """Borrow a file that is here."""
    try:
        fd = os.open(kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    fcntl.flock(fd, fcntl.LOCK_SH)
    if os.fstat(fd).st_nlink:
        os.utime(fd)
        return fd
    os.close(fd)  # somebody made room of it between the two calls
    return None


def _removed(path: Path) -> bool:
    """Remove a file unless somebody has borrowed it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        if not try_lock(fd):
            return False
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(fd)
