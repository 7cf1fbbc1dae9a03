"""Storage: both roots of a vault, what this process has begun in them, and the mending of what others left."""

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.ports import CustodyLog
from pipeline.errors import Misconfigured
from pipeline.vault.files import writing
from pipeline.vault.ground import Ground, file_system
from pipeline.vault.journal import REMOVAL, Commit, Journal, pending
from pipeline.vault.layout import object_digest
from pipeline.vault.moves import finish
from pipeline.vault.process import Bench, PerProcess, benches, ended
from pipeline.vault.root import ROOTS
from pipeline.vault.stage import Stage

ASSET = "urn:evidence:asset:"
ORIGINAL = "original"
FIRST = f"v1/content/{ORIGINAL}"
"""Where in an asset's object its bytes lie, on a file system."""

REGISTER = "urn:evidence:register:"
CREATE, EXTEND = "vault.create", "vault.version"
"""The acts that name a version and the digest of its inventory."""

DISPOSE = "vault.dispose"
"""The act that names an object, the inventories of all its versions, and the digest of its tombstone."""


def log_subject(object_id: str) -> str:
    """Name an object in the custody log: a register's own name stays out of it."""
    return object_id if object_id.startswith(ASSET) else f"{REGISTER}sha256:{object_digest(object_id)}"


def _log_run(run: str) -> str:
    """Name a run in the custody log, by its digest where it might be somebody's address."""
    return f"sha256:{hashlib.sha256(run.encode()).hexdigest()}" if "@" in run else run


class _Held(threading.local):
    """The locks of registers that a thread holds: taken twice, a lock would wait for itself."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()


class Storage:
    """The two OCFL storage roots under ``root`` and one process's way of writing to them."""

    def __init__(self, root: Path, *, vault_id: str, log: CustodyLog, ground: Ground | None = None) -> None:
        ground = ground or file_system(root, vault_id)
        self.root = root
        self.ground = ground
        self.log = log
        self.remove: Callable[[Commit, Journal], None] = _cannot_remove
        user = {"name": "Evidence Media Pipeline", "address": f"urn:evidence:vault:{vault_id}"}
        self.stores = {name: ground.shelf(root / name, name, user=user, committed=self._record) for name in ROOTS}
        self.held = _Held()
        self._journal: PerProcess[Journal] = PerProcess(self._begin)

    @property
    def staging(self) -> Path:
        """Where unfinished things lie, on the same file system."""
        return self.root / "staging"

    def _begin(self) -> Journal:
        return Journal(Bench(self.staging))

    def _record(self, commit: Commit) -> None:
        run = {} if commit.run is None else {"run": _log_run(commit.run)}
        self.log.append(
            CREATE if commit.version == 1 else EXTEND,
            actor=commit.actor,
            subject=log_subject(commit.object),
            root=commit.root,
            version=commit.version,
            inventory=commit.inventory,
            **run,
        )
        self.ground.noted()

    @contextmanager
    def staged(self) -> Iterator[tuple[Stage, Journal]]:
        """Lend an empty stage, after settling whatever this process or a dead one left undone."""
        with writing("the vault"):
            self.settle()
            journal = self._journal.get()
            with journal.place() as place:
                yield Stage(place), journal

    def settle(self) -> int:
        """Finish what this process could not and what ended processes left; return how many commits."""
        count = 0
        if not any(benches(self.staging)):
            return count
        journal = self._journal.get()
        for commit in sorted(journal.left(), key=_last_removals):
            self._settle(commit, journal)
            count += 1
        for bench in benches(self.staging):
            if bench == journal.folder:
                continue
            with ended(bench) as over:
                if not over:
                    continue
                for commit in sorted(pending(bench), key=_last_removals):
                    self._settle(commit, journal)
                    count += 1
                finish(bench, lambda sha256: Path(self.stores["objects"].folder(ASSET + sha256), FIRST))
                shutil.rmtree(bench)
        return count

    def _settle(self, commit: Commit, journal: Journal) -> None:
        if commit.version == REMOVAL:
            self.remove(commit, journal)
        else:
            self.stores[commit.root].settle(commit, journal)

    def recover(self) -> int:
        """Settle what was left, then roll every object's root inventory forward; return how many were mended."""
        count = self.settle()
        return count + sum(store.mend(self._journal.get()) for store in self.stores.values())


def _last_removals(commit: Commit) -> bool:
    """Put removals last: their tombstone may be among the commits before them."""
    return commit.version == REMOVAL


def _cannot_remove(commit: Commit, _journal: Journal) -> None:
    raise Misconfigured(f"{commit.object}: its removal must be finished by who opens the whole vault")
