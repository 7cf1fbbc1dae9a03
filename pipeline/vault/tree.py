"""Tree: what an audit reads, as names and bytes below a vault's root, wherever they are kept."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pipeline.vault.files import open_regular, read_blocks

Passing = Callable[[int], None]
"""Told of every block that was read, in bytes; may wait, and may end the reading by raising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One thing that is there. ``path`` is relative to the vault's root."""

    path: str
    kind: Literal["file", "folder", "other"]
    bytes: int = 0
    links: int = 1
    """How many names a file has, this one included."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading a file to its end said of it; ``sha512`` only where it was asked for."""

    sha256: str
    sha512: str | None
    bytes: int


class Tree(Protocol):
    """Names and bytes. Whatever cannot be read is an ``OSError``; links are never followed.

    A store without folders leaves them out of ``walk`` and derives those of ``children`` from the
    names below them.
    """

    def children(self, folder: str) -> list[Node]:
        """Return what stands directly in a folder, sorted; ``FileNotFoundError`` where there is none."""
        ...

    def walk(self, folder: str) -> Iterator[Node]:
        """Yield everything below a folder, folders before what they hold."""
        ...

    def read(self, path: str) -> bytes:
        """Return a small file."""
        ...

    def digest(self, path: str, *, both: bool, passing: Passing) -> Read:
        """Read a file of any size to its end, once."""
        ...


def digest_blocks(blocks: Iterable[memoryview | bytes], *, both: bool, passing: Passing) -> Read:
    """Digest blocks as they come: SHA-256, and SHA-512 where ``both`` are wanted."""
    sha256, sha512, size = hashlib.sha256(), hashlib.sha512() if both else None, 0
    for block in blocks:
        sha256.update(block)
        if sha512 is not None:
            sha512.update(block)
        size += len(block)
        passing(len(block))
    return Read(sha256=sha256.hexdigest(), sha512=sha512.hexdigest() if sha512 else None, bytes=size)


class LocalTree:
    """A vault on a file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def children(self, folder: str) -> list[Node]:
        """Return what stands directly in a folder."""
        with os.scandir(self._root / folder) as there:
            return sorted((_node(folder, one) for one in there), key=lambda one: one.path)

    def walk(self, folder: str) -> Iterator[Node]:
        """Yield everything below a folder."""
        for one in self.children(folder):
            yield one
            if one.kind == "folder":
                yield from self.walk(one.path)

    def read(self, path: str) -> bytes:
        """Return a small file."""
        with self._opened(path) as fd:
            return b"".join(bytes(block) for block in read_blocks(fd))

    def digest(self, path: str, *, both: bool, passing: Passing) -> Read:
        """Read a file without driving everything else out of the page cache."""
        with self._opened(path) as fd:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            return digest_blocks(read_blocks(fd, forget=True), both=both, passing=passing)

    def _opened(self, path: str) -> "_Opened":
        return _Opened(self._root / path)


class _Opened:
    """A regular file, open for reading alone."""

    def __init__(self, path: Path) -> None:
        self._fd = open_regular(path, os.O_NOFOLLOW)

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _node(folder: str, one: "os.DirEntry[str]") -> Node:
    path = f"{folder}/{one.name}" if folder else one.name
    try:
        if one.is_dir(follow_symlinks=False):
            return Node(path=path, kind="folder")
        if one.is_file(follow_symlinks=False):
            seen = one.stat(follow_symlinks=False)
            return Node(path=path, kind="file", bytes=seen.st_size, links=seen.st_nlink)
    except FileNotFoundError:  # a writer removed it between listing and looking: its reading will say so
        return Node(path=path, kind="file")
    return Node(path=path, kind="other")
