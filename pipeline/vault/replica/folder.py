"""Folder: a copy of a vault on a file system; unfinished things lie in its ``staging/``, a rename makes them appear."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Unavailable
from pipeline.vault.files import Digests, make_dirs, read_blocks, sync_dir, sync_tree, write_new, writing
from pipeline.vault.process import claimed, try_lock
from pipeline.vault.tree import LocalTree, Node, digest_blocks

STAGING = "staging"
_TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_TRIES = 100


class Folder:
    """A vault's files below ``root``. Every promise is written at ``Side``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)
        self._tree = LocalTree(root)

    def children(self, folder: str) -> list[Node]:
        """Return what stands in a folder."""
        try:
            return self._tree.children(folder)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def read(self, path: str) -> bytes | None:
        """Return a small file."""
        try:
            return self._tree.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def blocks(self, path: str, start: int = 0) -> Iterator[memoryview]:
        """Read a file without driving everything else out of the page cache."""
        fd = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.lseek(fd, start, os.SEEK_SET)
            yield from read_blocks(fd, forget=start == 0)
        finally:
            os.close(fd)

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Lend a folder on the same file system."""
        with writing("the copy"):
            make_dirs(self.root / STAGING, below=self.root)
            lock = None
            while lock is None:  # a writer of this vault may settle what it takes for left behind
                place = self.root / STAGING / f"copy-{secrets.token_hex(8)}"
                lock = claimed(place)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)  # what resists is swept by the next run
            os.close(lock)

    def adopt(self, staged: Path, folder: str, files: Mapping[str, Digests]) -> bool:
        """Make a folder appear in one rename."""
        target = self.root / folder
        with writing("the copy"):
            for name in files:
                (staged / name).chmod(0o444)
            sync_tree(staged)
            for name, digests in files.items():
                _read_back(staged / name, digests)
            for left in reversed(range(_TRIES)):
                make_dirs(target.parent, below=self.root)
                try:
                    staged.rename(target)
                except FileNotFoundError:  # somebody removed the empty folders above it meanwhile
                    if not left:
                        raise
                except OSError as err:
                    if err.errno in _TAKEN:
                        return False
                    raise
                else:
                    break
            sync_dir(target.parent)
        return True

    def adopt_file(self, staged: Path, path: str, digests: Digests) -> None:
        """Make a file appear in one rename, over what may be there."""
        target = self.root / path
        with writing("the copy"):
            fd = os.open(staged, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
            _read_back(staged, digests)
            make_dirs(target.parent, below=self.root)
            staged.replace(target)
            sync_dir(target.parent)

    def put(self, path: str, data: bytes) -> None:
        """Write a small file in one rename."""
        target = self.root / path
        with writing("the copy"):
            make_dirs(self.root / STAGING, below=self.root)
            fresh = self.root / STAGING / f"fresh-{secrets.token_hex(8)}"
            try:
                write_new(fresh, data)
                make_dirs(target.parent, below=self.root)
                fresh.replace(target)
            finally:
                fresh.unlink(missing_ok=True)
            sync_dir(target.parent)

    def set_aside(self, path: str, into: str) -> None:
        """Move what is there; its bytes are not touched."""
        source, target = self.root / path, self.root / into
        if not os.path.lexists(source):
            return
        with writing("the vault"):
            make_dirs(target.parent, below=self.root)
            source.rename(target)
            sync_dir(target.parent)
            sync_dir(source.parent)

    def remove(self, folder: str) -> None:
        """Take a folder out in one rename, then remove it."""
        target = self.root / folder
        with writing("the copy"), self.staged() as place:
            try:
                target.rename(place / "gone")
            except FileNotFoundError:
                return
            sync_dir(place)
            while (target := target.parent) != self.root / Path(folder).parts[0]:
                sync_dir(target)
                try:
                    target.rmdir()
                except OSError as err:
                    if err.errno in _TAKEN:
                        return
                    raise
            sync_dir(target)

    def forget(self, path: str) -> None:
        """Remove a file of our own."""
        with writing("the copy"):
            try:
                (self.root / path).unlink()
            except FileNotFoundError:
                return
            sync_dir((self.root / path).parent)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock in the copy, and clear what ended runs left."""
        with writing("the copy"):
            make_dirs(self.root, below=Path(self.root.anchor))
            self.lay(("locks", STAGING))
            fd = os.open(self.root / "locks" / "copy", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not try_lock(fd):
                raise Unavailable("another process is writing to this copy", code="E-REPLICA-003")
            for left in (*(self.root / STAGING).glob("copy-*"), *(self.root / STAGING).glob("fresh-*")):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield
        finally:
            os.close(fd)

    def lay(self, folders: tuple[str, ...]) -> None:
        """Make folders that a vault always has."""
        with writing("the copy"):
            for name in folders:
                make_dirs(self.root / name, below=self.root)


def _read_back(path: Path, expected: Digests) -> None:
    """Read from the disk, not from memory, what was written to it; one digest is enough for that."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        found = digest_blocks(read_blocks(fd, forget=True), both=False, passing=lambda _: None)
        if (found.sha256, found.bytes) != (expected.sha256, expected.bytes):
            raise Unavailable("the disk gave back other bytes than were written", code="E-VAULT-005")
    finally:
        os.close(fd)
