"""Shelf: what one storage root is asked for, wherever it lies."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pipeline.core.ports import Surveyed
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause, Commit, Journal
from pipeline.vault.stage import Stage


class Shelf(Protocol):
    """One OCFL storage root. A version of an object in it is whole, or it is not there.

    Paths are those that an inventory gives; what is asked for under one and is gone is
    ``FileNotFoundError``.
    """

    name: str

    def folder(self, object_id: str) -> Path:
        """Return an object's folder, or what all its keys begin with."""
        ...

    def has(self, object_id: str) -> bool:
        """Tell whether there is such an object."""
        ...

    def head(self, object_id: str) -> Inventory | None:
        """Read an object's newest inventory; ``None`` when there is no such object."""
        ...

    def newest(self, object_id: str) -> int:
        """Return the number of an object's newest version; 0 when there is no such object."""
        ...

    def ids(self) -> Iterator[str]:
        """Yield the identifiers of all objects, in the order of their folders."""
        ...

    def survey(self, prefix: str, part: tuple[int, int], *, original: str) -> Iterator[Surveyed]:
        """Yield the assets of part ``n`` of ``t`` (from 1), in the order of their folders."""
        ...

    def read(self, path: Path) -> bytes:
        """Read a small file."""
        ...

    def size(self, path: Path) -> int:
        """Return a file's size in bytes."""
        ...

    def file(self, path: Path, sha256: str, /) -> Path:
        """Return a read-only local file with these bytes."""
        ...

    def lend(self, path: Path, sha256: str, /) -> AbstractContextManager[Path]:
        """Lend a read-only local file with these bytes."""
        ...

    def create(self, object_id: str, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Make an object of what was staged; ``None`` when it exists already."""
        ...

    def extend(self, old: Inventory, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Add one version to ``old``; ``None`` when another writer added that version first."""
        ...

    def settle(self, commit: Commit, journal: Journal) -> None:
        """Do what is left to do of a commit that was begun, or forget it. May be repeated."""
        ...

    def confirm(self, head: Inventory, journal: Journal) -> None:
        """Wait until a version that another writer made is whole and durable."""
        ...

    def mend(self, journal: Journal) -> int:
        """Roll every object's root inventory forward; return how many were behind."""
        ...

    def make_durable(self, folder: Path) -> None:
        """Wait until an object that is there would still be there after a loss of power."""
        ...

    def remains(self, object_id: str) -> bool:
        """Tell whether anything of an object is left, whole or not."""
        ...

    def take_away(self, object_id: str, aside: Path, note: Callable[[list[str]], None]) -> None:
        """Remove an object for good, ``note`` told of its inventories' digests before a byte goes. May be repeated.

        ``aside`` is a new name in the staging folder, for a root that takes objects away in one rename.
        """
        ...
