"""Local derivatives: files made from assets, by content, on this host's disks."""

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.core.model import Derivative
from pipeline.vault import source as src
from pipeline.vault.files import clone, copy_blocks, digest, make_dirs, read_blocks, sync_dir, writing
from pipeline.vault.process import Bench, PerProcess, benches, ended

_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS})
_SHA256 = re.compile(r"[0-9a-f]{64}")


class LocalDerivatives:
    """Kept files below ``keep_root``, scratch files below ``scratch_root``; these may be on other disks.

    Every promise is written at ``ports.Derivatives``.
    """

    def __init__(self, *, keep_root: Path, scratch_root: Path) -> None:
        self._keep = keep_root
        self._scratch = scratch_root / "derivatives"
        self._work = scratch_root / "work"
        self._bench: PerProcess[Bench] = PerProcess(self._begin)

    def put(self, file: Path, *, role: str, media_type: str, keep: bool) -> Derivative:
        """Take the file over. It appears under its name in one rename, whole and on disk."""
        with writing("the derivatives"), src.own(file) as fd:
            digests = digest(fd)
            target = _place(self._keep if keep else self._scratch, digests.sha256)
            if target.exists():
                _touch(target)
            else:
                os.fchmod(fd, 0o444)
                os.utime(fd)
                os.fsync(fd)
                self._move(file, fd, target)
            file.unlink(missing_ok=True)
        return Derivative(role=role, sha256=digests.sha256, bytes=digests.bytes, media_type=media_type, keep=keep)

    def get(self, sha256: str) -> Path | None:
        """Return the file, kept or scratch; never one that was put there half."""
        return next((path for path in self._places(sha256) if path.is_file()), None)

    def lend(self, sha256: str, into: Path) -> Path | None:
        """Give the file a second name in ``into``, or copy it there from another disk."""
        lent = into / sha256
        with writing("the scratch disk"):
            for path in self._places(sha256):
                _touch(path)
                try:
                    _link_or_copy(path, lent)
                except FileNotFoundError:  # not there, or dropped just now
                    if not into.is_dir():
                        raise
                else:
                    return lent
        return None

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Lend an empty folder."""
        with writing("the scratch disk"):
            bench = self._bench.get()
        with bench.place() as place:
            yield place

    def drop(self, sha256: str) -> None:
        """Forget a scratch file."""
        if _SHA256.fullmatch(sha256):
            with writing("the scratch disk"):
                _place(self._scratch, sha256).unlink(missing_ok=True)

    def erase(self, sha256: str) -> None:
        """Remove a file, kept or scratch."""
        with writing("the derivatives"):
            for path in self._places(sha256):
                if path.exists():
                    path.unlink(missing_ok=True)
                    sync_dir(path.parent)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove scratch files that nobody asked for in that time, and the workspaces of ended processes."""
        before = time.time() - older_than_seconds
        with writing("the scratch disk"):
            return self._clear() + sum(_remove_old(path, before) for path in self._scratch.glob("*/*"))

    def _places(self, sha256: str) -> Iterator[Path]:
        if _SHA256.fullmatch(sha256):
            yield from (_place(root, sha256) for root in (self._keep, self._scratch))

    def _begin(self) -> Bench:
        """Make this process's folder, and clear those of processes that have ended."""
        bench = Bench(self._work)
        self._clear()
        return bench

    def _clear(self) -> int:
        count = 0
        for other in benches(self._work):
            with ended(other) as over:
                if over:
                    shutil.rmtree(other, ignore_errors=True)  # tried again by whoever begins next
                    count += 1
        return count

    def _move(self, file: Path, fd: int, target: Path) -> None:
        target.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_dirs(target.parent, below=target.parent.parent)
        # A second name elsewhere would let somebody change what is ours: such a file is copied.
        if os.fstat(fd).st_nlink != 1 or not _renamed(file, target):
            os.lseek(fd, 0, os.SEEK_SET)
            self._copy(fd, target)
        sync_dir(target.parent)

    def _copy(self, fd: int, target: Path) -> None:
        fresh = target.with_name(f".{target.name}.{os.getpid()}.{os.urandom(4).hex()}")
        out = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        try:
            copy_blocks(src.blocks(fd), out)
            os.fsync(out)
        finally:
            os.close(out)
        fresh.rename(target)


def _place(root: Path, sha256: str) -> Path:
    return root / sha256[:2] / sha256


def _touch(path: Path) -> None:
    """Note that a file is in use, so that a sweep passes it over."""
    with suppress(FileNotFoundError, PermissionError):  # gone, or another user's: then it is swept and made again
        os.utime(path)


def _remove_old(path: Path, before: float) -> bool:
    try:
        if path.stat().st_mtime >= before:
            return False
        path.unlink()
    except FileNotFoundError:  # somebody else dropped it
        return False
    return True


def _link_or_copy(path: Path, lent: Path) -> None:
    try:
        lent.hardlink_to(path)
    except FileExistsError:  # lent before
        return
    except OSError as err:
        if err.errno not in _CANNOT_LINK:
            raise
        _copy_whole(path, lent)


def _copy_whole(path: Path, lent: Path) -> None:
    """Share the blocks of a file, or copy it; it appears under its name when it is whole."""
    fresh = lent.with_name(f".{lent.name}.{os.urandom(4).hex()}")
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        out = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        try:
            if not clone(fd, out):
                copy_blocks(read_blocks(fd), out)
        finally:
            os.close(out)
    finally:
        os.close(fd)
    fresh.rename(lent)


def _renamed(file: Path, target: Path) -> bool:
    """Move a file, unless it lies on another file system."""
    try:
        file.rename(target)
    except OSError as err:
        if err.errno != errno.EXDEV:
            raise
        return False
    return True
