"""Split: a vault whose objects lie in a bucket and whose log lies on this host, as one side."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.vault.files import Digests
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.in_bucket import InBucket
from pipeline.vault.replica.side import Side
from pipeline.vault.root import DAMAGED, ROOTS
from pipeline.vault.tree import Node

_THERE = frozenset({*ROOTS, DAMAGED})


class Split:
    """What lies in storage roots is the bucket's, all else the folder's but ``there``. Promises: ``Side``."""

    def __init__(self, here: Folder, bucket: InBucket, *, there: frozenset[str] = frozenset()) -> None:
        self._here = here
        self._there = bucket
        self._names = _THERE | there
        self.url = bucket.url

    def children(self, folder: str) -> list[Node]:
        """Return what stands in a folder."""
        return self._of(folder).children(folder)

    def read(self, path: str) -> bytes | None:
        """Return a small file."""
        return self._of(path).read(path)

    def blocks(self, path: str, start: int = 0) -> Iterator[memoryview]:
        """Read a file."""
        return self._of(path).blocks(path, start)

    def staged(self) -> AbstractContextManager[Path]:
        """Lend a folder on the scratch disk."""
        return self._there.staged()

    def adopt(self, staged: Path, folder: str, files: Mapping[str, Digests]) -> bool:
        """Take a staged folder over."""
        return self._of(folder).adopt(staged, folder, files)

    def adopt_file(self, staged: Path, path: str, digests: Digests) -> None:
        """Take a staged file over."""
        self._of(path).adopt_file(staged, path, digests)

    def put(self, path: str, data: bytes) -> None:
        """Write a small file."""
        self._of(path).put(path, data)

    def set_aside(self, path: str, into: str) -> None:
        """Move what is there."""
        self._of(path).set_aside(path, into)

    def remove(self, folder: str) -> None:
        """Remove an object."""
        self._of(folder).remove(folder)

    def forget(self, path: str) -> None:
        """Remove a file of our own."""
        self._of(path).forget(path)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the folder's lock."""
        return self._here.alone()

    def lay(self, folders: tuple[str, ...]) -> None:
        """Make folders on this host."""
        self._here.lay(tuple(one for one in folders if one not in _THERE))

    def _of(self, path: str) -> Side:
        return self._there if path.partition("/")[0] in self._names else self._here
