"""Ground: what an open vault stands on: a file system, or a bucket with this host's disk beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import Finding
from pipeline.vault.custody import Turn
from pipeline.vault.ocfl import Store
from pipeline.vault.shelf import Shelf
from pipeline.vault.tree import LocalTree, Tree


def _nothing() -> None:
    """Do nothing: all that a vault on a file system needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """``root`` is where log, locks and journals lie, on this host in any case."""

    root: Path
    vault_id: str
    untouched: Callable[[], bool]
    """Tells whether nothing has ever been kept elsewhere than at ``root``."""
    shelf: Callable[..., Shelf]
    """Makes a storage root."""
    tree: Tree
    turn: Turn | None = None
    noted: Callable[[], None] = _nothing
    """Told after each entry about a version."""
    refresh: Callable[[], None] = _nothing
    """Brings the log at ``root`` up to date."""
    judge: Callable[[Sequence[Finding]], Sequence[Finding]] = tuple
    """Adds to an audit's findings what is wrong beside the storage roots, and takes away what other hosts explain."""


def file_system(root: Path, vault_id: str) -> Ground:
    """Return the ground of a vault whose objects lie below ``root``."""
    return Ground(root=root, vault_id=vault_id, untouched=lambda: True, shelf=Store, tree=LocalTree(root))
