"""OCFL 1.1 storage root: objects whose versions appear whole in one rename, or not at all.

Everything is staged outside the root on the same file system and synced first. The rename of
an object's or a version's folder is the commit and a compare-and-swap at once: it fails when
another writer was first. What follows the commit (the copy of the inventory in the object's
root, the entry in the custody log) is named in the journal and settled by whoever comes next.
"""

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt
from pipeline.vault import inventory as inv
from pipeline.vault.files import make_dirs, sync_dir, sync_tree, write_new
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause, Commit, Journal
from pipeline.vault.layout import (
    INVENTORY,
    OBJECT_MARK,
    OBJECT_MARK_BYTES,
    SIDECAR,
    id_of,
    object_folder,
    object_folders,
)
from pipeline.vault.process import ended, utc_now
from pipeline.vault.stage import Stage
from pipeline.vault.survey import survey

_TAKEN = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_TRIES = 100


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

    def has(self, object_id: str) -> bool:
        """Tell whether there is such an object."""
        return self.folder(object_id).is_dir()

    def newest(self, object_id: str) -> int:
        """Return the number of an object's newest version, without reading it; 0 when there is no such object."""
        return next(iter(inv.version_numbers(self.folder(object_id))), 0)

    def folders(self) -> Iterator[Path]:
        """Walk the folders of all objects."""
        return object_folders(self.root)

    def ids(self) -> Iterator[str]:
        """Yield the identifiers of all objects, in the order of their folders."""
        for folder in self.folders():
            yield id_of(folder) or inv.spelled_id(folder)

    def survey(self, prefix: str, part: tuple[int, int], *, original: str) -> Iterator[Surveyed]:
        """Walk the assets of one part."""
        yield from survey(self.root, prefix, part, original=original)

    def read(self, path: Path) -> bytes:
        """Read a small file that an inventory names; ``FileNotFoundError`` when it is gone."""
        return path.read_bytes()

    def size(self, path: Path) -> int:
        """Return a file's size in bytes; ``FileNotFoundError`` when it is gone."""
        return path.stat().st_size

    def file(self, path: Path, _sha256: str) -> Path:
        """Return a read-only local file with the bytes of one that an inventory names."""
        if not path.is_file():
            raise FileNotFoundError(path)
        return path

    @contextmanager
    def lend(self, path: Path, sha256: str) -> Iterator[Path]:
        """Lend a read-only local file with these bytes; ``FileNotFoundError`` when it is gone."""
        yield self.file(path, sha256)

    def confirm(self, head: Inventory, journal: Journal) -> None:
        """Wait until a version that another writer made is whole and on disk."""
        roll_forward(head.folder, journal)
        self.make_durable(head.folder)

    def mend(self, journal: Journal) -> int:
        """Roll every object's root inventory forward; return how many were behind."""
        return sum(1 for folder in self.folders() if inv.version_numbers(folder) and roll_forward(folder, journal))

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
        return commit if self._appear(whole, self.folder(object_id), commit, journal) else None

    def extend(self, old: Inventory, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Add one version to ``old``; ``None`` when another writer added that version first."""
        _, commit = self._describe(old.body, stage, cause)
        target = old.folder / f"v{commit.version}"
        return commit if self._appear(stage.version, target, commit, journal) else None

    def settle(self, commit: Commit, journal: Journal) -> None:
        """Do what is left to do after a commit, or forget one that never happened. May be repeated."""
        folder = self.folder(commit.object)
        pair = inv.read_pair(folder / f"v{commit.version}")
        if pair is not None and pair[1] == commit.inventory:
            if commit.version == 1:  # with its root's inventory, in one rename
                self.make_durable(folder)
            else:
                sync_dir(folder)
                roll_forward(folder, journal)
            self._committed(commit)
        else:
            self.prune(folder.parent)
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
        with journal.noting(commit) as durable:
            sync_tree(staged)
            durable()
            try:
                self._rename(staged, target, new=commit.version == 1)
            except OSError as err:
                disposed = isinstance(err, FileNotFoundError) and commit.version > 1 and not target.parent.exists()
                if err.errno not in _TAKEN and not disposed:
                    raise
                journal.end(commit)
                return False
            self.settle(commit, journal)
            return True

    def _rename(self, staged: Path, target: Path, *, new: bool) -> None:
        for left in reversed(range(_TRIES)):
            try:
                if new:  # an object that is gone must not begin again with a later version
                    make_dirs(target.parent, below=self.root, sync=False)  # ``settle`` waits for them all
                staged.rename(target)
            except FileNotFoundError as err:
                if not self.root.is_dir():
                    raise Corrupt(f"{self.name}/ is gone from the vault", code="E-VAULT-003") from err
                # Somebody pruned the empty folders between their making and their use.
                if not left or not new:
                    raise
            else:
                return

    def remains(self, object_id: str) -> bool:
        """Tell whether anything of an object is left, whole or not."""
        return self.folder(object_id).exists()

    def take_away(self, object_id: str, aside: Path, note: Callable[[list[str]], None]) -> None:
        """Take an object's folder out of the storage root in one rename, then remove it; ``note`` comes between."""
        folder = self.folder(object_id)
        try:
            folder.rename(aside)
        except FileNotFoundError:
            self.prune(folder.parent)
            return
        sync_dir(aside.parent)
        sync_dir(folder.parent)
        numbers = reversed(inv.version_numbers(aside))
        note([pair[1] for number in numbers if (pair := inv.read_pair(aside / f"v{number}"))])
        with ended(aside) as over:  # as any folder there without a living owner, it may be swept by others
            if over:
                shutil.rmtree(aside)
        sync_dir(aside.parent)
        self.prune(folder.parent)

    def prune(self, folder: Path) -> None:
        """Remove the folders above an object that is not there, as far as they are empty; durably."""
        while folder != self.root:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError as err:
                if err.errno not in _TAKEN:
                    raise
                break
            folder = folder.parent
        sync_dir(folder)  # or they are back, and empty, after a loss of power


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
