"""Side: a vault's files as names and bytes, where they are copied from or to: a folder, or a place in a bucket."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pipeline.vault.files import Digests
from pipeline.vault.tree import Node


class Side(Protocol):
    """One copy of a vault. Paths are relative to its root, with ``/`` between their parts.

    Whatever a side writes is on disk, whole, and read back when the call returns, and it appears
    in one step: who looks sees the old or the new. What cannot be written is ``Unavailable`` or
    ``Misconfigured``; what cannot be read an ``OSError``.
    """

    url: str
    """How it is named in the settings and in messages; never in the log."""

    def children(self, folder: str) -> list[Node]:
        """Return what stands directly in a folder, sorted; nothing where there is none."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a small file; ``None`` when it is not there."""
        ...

    def blocks(self, path: str, start: int = 0) -> Iterator[memoryview]:
        """Read a file of any size from a byte on; ``FileNotFoundError`` when it is not there."""
        ...

    def staged(self) -> AbstractContextManager[Path]:
        """Lend an empty folder on this machine for what is going to be adopted."""
        ...

    def adopt(self, staged: Path, folder: str, files: Mapping[str, Digests]) -> bool:
        """Take a staged folder over under a new name; ``False`` when there is something already.

        ``files`` says what was written into it: anything else on reading it back is ``Unavailable``.
        """
        ...

    def adopt_file(self, staged: Path, path: str, digests: Digests) -> None:
        """Take one staged file over, in the place of what may be there."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write a small file, in the place of what may be there."""
        ...

    def set_aside(self, path: str, into: str) -> None:
        """Move a file or a folder to another name of this side. Nothing is done where there is none."""
        ...

    def remove(self, folder: str) -> None:
        """Remove an object for good, with the folders above it that are empty then. May be repeated."""
        ...

    def forget(self, path: str) -> None:
        """Remove one file that is no evidence: a marker, a note of work. May be repeated."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Hold this side as its only writer; ``Unavailable`` when somebody else does."""
        ...

    def lay(self, folders: tuple[str, ...]) -> None:
        """Make empty folders, where there is such a thing."""
        ...
