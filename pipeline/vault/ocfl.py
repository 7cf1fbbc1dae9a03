"""OCFL 1.1 storage root: objects whose versions appear whole in one rename, or not at all.

Everything is staged outside the root on the same file system and synced first. The rename of
an object's or a version's folder is the commit and a compare-and-swap at once: it fails when
another writer was first. What follows the commit (the copy of the inventory in the object's
root, the entry in the custody log) is named in the journal and settled by whoever comes next.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import Corrupt
from pipeline.vault import inventory as inv
from pipeline.vault.files import Digests, copy_blocks, digest, make_dirs, sync_dir, sync_tree, write_new
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause, Commit, Journal
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR, object_folder, object_folders
from pipeline.vault.process import utc_now

_TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_TRIES = 100


class Stage:
    """The content of one version in the making, in a folder of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.version = place / "version"
        self.content = self.version / "content"
        self.content.mkdir(parents=True, mode=0o700)
        self.added: dict[str, Digests] = {}

    def target(self, name: str) -> Path:
        """Return where a file of this name belongs, its folder made."""
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def add(self, name: str, blocks: Iterator[memoryview]) -> Digests:
        """Write a file from blocks, read-only; it is synced with the whole stage."""
        fd = os.open(self.target(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
        try:
            self.added[name] = copy_blocks(blocks, fd)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        return self.added[name]

    def add_bytes(self, name: str, data: bytes) -> Digests:
        """Write a small file."""
        return self.add(name, iter([memoryview(data)]))

    def adopt(self, name: str) -> Digests:
        """Take in a file that was put at ``target(name)`` already."""
        fd = os.open(self.target(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            self.added[name] = digest(fd)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        return self.added[name]


class Store:
    """One OCFL storage root. ``committed`` is told of every version, durably, at least once."""

    def __init__(self, root: Path, name: str, *, user: Mapping[str, str], committed: Callable[[Commit], None]) -> None:
        self.root = root
        self.name = name
        self._user = user
        self._committed = committed

    def folder(self, object_id: str) -> Path:
        """Return an object's folder."""
        return object_folder(self.root, object_id)

    def head(self, object_id: str) -> Inventory | None:
        """Read an object's newest inventory; ``None`` when there is no such object."""
        return inv.read_head(self.folder(object_id), object_id)

    def folders(self) -> Iterator[Path]:
        """Walk the folders of all objects."""
        return object_folders(self.root)

    def create(self, object_id: str, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Make an object of what was staged; ``None`` when it exists already."""
        body, commit = self._describe(inv.first(object_id), stage, cause)
        whole = stage.place / "object"
        whole.mkdir(mode=0o700)
        data, sidecar, _ = inv.spelled(body)
        write_new(whole / INVENTORY, data, sync=False)
        write_new(whole / SIDECAR, sidecar, sync=False)
        write_new(whole / OBJECT_MARK, OBJECT_MARK_BYTES, sync=False)
        stage.version.rename(whole / "v1")
        sync_tree(whole)
        return commit if self._appear(whole, self.folder(object_id), commit, journal) else None

    def extend(self, old: Inventory, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Add one version to ``old``; ``None`` when another writer added that version first."""
        _, commit = self._describe(old.body, stage, cause)
        sync_tree(stage.version)
        target = old.folder / f"v{commit.version}"
        return commit if self._appear(stage.version, target, commit, journal) else None

    def settle(self, commit: Commit, journal: Journal) -> None:
        """Do what is left to do after a commit, or forget one that never happened. May be repeated."""
        folder = self.folder(commit.object)
        pair = inv.read_pair(folder / f"v{commit.version}")
        if pair is not None and pair[1] == commit.inventory:
            if commit.version == 1:
                self.make_durable(folder)
            else:
                sync_dir(folder)
            roll_forward(folder, journal)
            self._committed(commit)
        else:
            self._prune(folder.parent)
        journal.end(commit)

    def make_durable(self, folder: Path) -> None:
        """Wait until an object that is there would still be there after a loss of power."""
        place = folder
        while place != self.root.parent:
            sync_dir(place)
            place = place.parent

    def _describe(self, old: Mapping[str, Any], stage: Stage, cause: Cause) -> tuple[dict[str, Any], Commit]:
        body = inv.extended(old, stage.added, message=cause.message, user=self._user, created=utc_now())
        data, sidecar, sha512 = inv.spelled(body)
        write_new(stage.version / INVENTORY, data, sync=False)
        write_new(stage.version / SIDECAR, sidecar, sync=False)
        return body, Commit(
            root=self.name, object=body["id"], version=int(body["head"][1:]), inventory=sha512,
            actor=cause.actor, run=cause.run,
        )  # fmt: skip

    def _appear(self, staged: Path, target: Path, commit: Commit, journal: Journal) -> bool:
        with journal.beginning(commit):
            try:
                self._rename(staged, target)
            except OSError as err:
                if err.errno not in _TAKEN:
                    raise
                journal.end(commit)
                return False
            self.settle(commit, journal)
            return True

    def _rename(self, staged: Path, target: Path) -> None:
        for left in reversed(range(_TRIES)):
            try:
                make_dirs(target.parent, below=self.root)
                staged.rename(target)
            except FileNotFoundError as err:
                if not self.root.is_dir():
                    raise Corrupt(f"{self.name}/ is gone from the vault", code="E-VAULT-003") from err
                # Somebody pruned the empty folders between their making and their use.
                if not left:
                    raise
            else:
                return

    def _prune(self, folder: Path) -> None:
        """Remove the folders above an object that never appeared, as far as they are empty."""
        while folder != self.root:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError as err:
                if err.errno not in _TAKEN:
                    raise
                return
            folder = folder.parent


def roll_forward(folder: Path, journal: Journal) -> bool:
    """Make the inventory in an object's root equal to that of its newest version; tell if it was not.

    Two writers may do so at once. Each looks again after its own writing, so that the last to
    write has seen the newest version.
    """
    changed = False
    while True:
        newest = folder / f"v{inv.version_numbers(folder)[0]}"
        if (pair := inv.read_pair(newest)) is None or inv.read_pair(folder) == pair:
            return changed
        with journal.place() as place:
            for name in (INVENTORY, SIDECAR):
                write_new(place / name, (newest / name).read_bytes())
                (place / name).replace(folder / name)
        sync_dir(folder)
        changed = True
