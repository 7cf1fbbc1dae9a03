"""Begun commits: the inventory of each, on this host's disk until nothing is left to do for it."""

from pathlib import Path

from pipeline.vault.files import sync_dir, write_new
from pipeline.vault.journal import Commit

_NOTED, _READY = ".noted", ".ready"


class Begun:
    """Inventories about to be put, below a folder of the vault's local part.

    ``noted`` while content goes up, ``ready`` when all of it is there: from then on the commit
    may have happened, or may still happen by a request that is on its way.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, commit: Commit, data: bytes) -> None:
        """Keep an inventory before anything of its version goes up."""
        write_new(self._path(commit, _NOTED), data)
        sync_dir(self._folder)

    def ready(self, commit: Commit) -> None:
        """Say that all content is there."""
        self._path(commit, _NOTED).rename(self._path(commit, _READY))
        sync_dir(self._folder)

    def read(self, commit: Commit) -> tuple[bytes | None, bool]:
        """Return the inventory, if it was kept, and whether all content is there."""
        for suffix in (_READY, _NOTED):
            try:
                return self._path(commit, suffix).read_bytes(), suffix == _READY
            except FileNotFoundError:
                continue
        return None, False

    def end(self, commit: Commit) -> None:
        """Forget it."""
        for suffix in (_NOTED, _READY):
            self._path(commit, suffix).unlink(missing_ok=True)

    def _path(self, commit: Commit, suffix: str) -> Path:
        return self._folder / f"commit-{commit.inventory[:32]}{suffix}"
