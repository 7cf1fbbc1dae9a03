"""In a bucket: a copy of a vault on an S3 store, under the same names; a put makes each file appear whole."""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import Unavailable
from pipeline.vault.files import Digests, read_blocks, writing
from pipeline.vault.layout import INVENTORY, SIDECAR
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.tree import Node


class InBucket:
    """A vault's files below a bucket's prefix; ``scratch`` is where files lie on their way. Promises: ``Side``.

    A version counts when its side-car is there, which is put last.
    """

    def __init__(self, bucket: Bucket, *, scratch: Path) -> None:
        self._bucket = bucket
        self._scratch = scratch
        self.url = bucket.place.url

    def children(self, folder: str) -> list[Node]:
        """Return what stands in a folder; folders are what names have in common."""
        folders, keys = self._bucket.level(f"{folder}/" if folder else "")
        found = [Node(path=one.removesuffix("/"), kind="folder") for one in folders]
        found += [Node(path=one.name, kind="file", bytes=one.bytes) for one in keys]
        return sorted(found, key=lambda one: one.path)

    def read(self, path: str) -> bytes | None:
        """Return a small file."""
        return self._bucket.get(path)

    def blocks(self, path: str, start: int = 0) -> Iterator[memoryview]:
        """Fetch a file, then read it from this machine's disk."""
        with self.staged() as place:
            if self._bucket.fetch(path, place / "file") is None:
                raise FileNotFoundError(path)
            with (place / "file").open("rb") as file:
                file.seek(start)
                yield from read_blocks(file.fileno())

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """Lend a folder on the scratch disk."""
        with writing("the scratch disk"):
            place = self._scratch / f"copy-{secrets.token_hex(8)}"
            place.mkdir(mode=0o700, parents=True)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)  # swept with the scratch disk

    def adopt(self, staged: Path, folder: str, files: Mapping[str, Digests]) -> bool:
        """Put every file, inventories and side-cars last; what an interrupted run put before is put again."""
        for name in sorted(files, key=_last):
            self._bucket.put_file(f"{folder}/{name}", staged / name, files[name])
        return True

    def adopt_file(self, staged: Path, path: str, digests: Digests) -> None:
        """Put one file."""
        self._bucket.put_file(path, staged, digests)

    def put(self, path: str, data: bytes) -> None:
        """Put a small file and read it back."""
        self._bucket.put(path, data)
        if self._bucket.get(path) != data:
            raise Unavailable(f"{self.url}: other bytes arrived than were sent", code="E-S3-004")

    def set_aside(self, path: str, into: str) -> None:
        """Copy every file to the other name, then delete it here."""
        names = [key.name for key in self._bucket.keys(f"{path}/")]
        if self._bucket.bytes_of(path) is not None:
            names.append(path)
        for name in names:
            with self.staged() as place:
                if (digests := self._bucket.fetch(name, place / "file")) is not None:
                    self._bucket.put_file(into + name.removeprefix(path), place / "file", digests)
                    self._bucket.delete(name)

    def remove(self, folder: str) -> None:
        """Delete an object, its side-cars first: without it nothing there is a version."""
        names = [key.name for key in self._bucket.keys(f"{folder}/")]
        for name in sorted(names, key=_last, reverse=True):
            self._bucket.delete(name)

    def forget(self, path: str) -> None:
        """Delete a file of our own."""
        self._bucket.delete(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do nothing: a store has no lock that ends with its holder, and every put may be repeated."""
        yield

    def lay(self, folders: tuple[str, ...]) -> None:
        """Do nothing: there are no folders."""


def _last(name: str) -> tuple[int, str]:
    """Sort content before what makes it count: the side-car of the version itself is the very last."""
    last = name.rpartition("/")[2]
    return (2 if last == SIDECAR else 1 if last == INVENTORY else 0), name
