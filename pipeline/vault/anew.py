"""Registers written anew: what records said is replaced for good, and no file holds it any more.

The new objects stand whole in the writer's folder before the tombstone names the inventories of the
old ones; then each pair changes places in one step, and the old bytes are removed. Whoever settles the
journal does what is left. Without the tombstone nothing was decided, and the new objects are removed.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.errors import Misconfigured
from pipeline.vault import inventory as inv
from pipeline.vault.files import Digests, sync_dir, sync_tree, write_new
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import REMOVAL, Commit, Journal
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR, object_digest, object_folder
from pipeline.vault.ocfl import Store
from pipeline.vault.process import utc_now
from pipeline.vault.registers import ENTRIES, LocalRegisters
from pipeline.vault.root import DAMAGED
from pipeline.vault.series import Series, json_line
from pipeline.vault.storage import CREATE, DISPOSE, EXTEND, REGISTER, Storage, log_subject

TOMBSTONES = "tombstones"
"""The register of what was disposed of, by whose decision."""

ROOT = "registers"
_FOLDER = "anew-"
_EXCHANGE = 2  # linux/fs.h: RENAME_EXCHANGE
_HERE = -100  # fcntl.h: AT_FDCWD
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})

Change = Callable[[dict[str, Any], str], dict[str, Any]]
"""Given a record and the digest of the tombstone, returns the record as it shall stand."""


class Anew:
    """Writes registers anew, in one vault on a file system."""

    def __init__(self, storage: Storage, registers: LocalRegisters) -> None:
        self._storage = storage
        self._registers = registers

    def rewrite(self, name: str, change: Change, decision: Mapping[str, Any], actor: str) -> dict[str, Any] | None:
        """Replace records of a register for good; return its tombstone, or ``None`` where there is no such register.

        ``decision`` says who decided what and why. Nobody on this host appends meanwhile.
        """
        if not isinstance(self._storage.stores[ROOT], Store):
            raise Misconfigured("the registers of a vault in a bucket are not written anew", code="E-S3-006")
        with self._registers.alone(name), self._storage.staged() as (stage, journal):
            series = Series(self._storage, ROOT, REGISTER + name)
            if not (parts := series.parts()):
                return None
            objects = [{"id": log_subject(one.id), "inventories": series.digests(one)} for one in parts]
            stone = {
                **decision, "type": "tombstone", "schema": "tombstone/1",
                "register": object_digest(REGISTER + name), "objects": objects,
            }  # fmt: skip
            told = digest(stone)
            removal = Commit(root=ROOT, object=REGISTER + name, version=REMOVAL, inventory=told, actor=actor)
            place = stage.place.parent / f"{_FOLDER}{told}"
            try:
                commits = self._build(parts, place, lambda one: change(one, told), actor)
                with ExitStack() as begun:
                    for one in (removal, *commits):
                        begun.enter_context(journal.beginning(one))
                    self._registers.append(TOMBSTONES, [stone], key=f"anew-{told}", actor=actor)
                    self.finish(removal, journal, stone)
                    for one in commits:
                        journal.end(one)
            except BaseException:
                if not any(one.inventory == told for one in journal.left()):  # not begun: nobody else will clear it
                    shutil.rmtree(place, ignore_errors=True)
                raise
        return stone

    def finish(self, commit: Commit, journal: Journal, stone: Mapping[str, Any] | None) -> None:
        """Do what a tombstone decided, as far as it is left to do; without one forget the attempt. May be repeated."""
        name = commit.object.removeprefix(REGISTER)
        places = list(self._storage.staging.glob(f"*/{_FOLDER}{commit.inventory}"))
        with self._registers.alone(name, seconds=_PATIENCE):
            for number, old in enumerate(stone["objects"] if stone is not None else (), 1):
                object_id = commit.object if number == 1 else f"{commit.object}:{number}"
                self._storage.log.append(
                    DISPOSE, actor=commit.actor, subject=old["id"], root=ROOT, inventories=list(old["inventories"]),
                    tombstone=commit.inventory,
                )  # fmt: skip
                for place in places:
                    self._change_places(object_id, place / str(number), old["inventories"])
                self._note(object_id, set(old["inventories"]), commit.actor)
                self._forget_repairs(object_id)
            for place in places:
                shutil.rmtree(place)
        journal.end(commit)

    def _build(
        self, parts: Sequence[Inventory], place: Path, change: Callable[[dict[str, Any]], dict[str, Any]], actor: str
    ) -> list[Commit]:
        """Write the new objects, durably; return the versions that they hold."""
        place.mkdir(mode=0o700)
        commits = []
        for number, part in enumerate(parts, 1):
            folder, body, now = place / str(number), inv.first(part.id), utc_now()
            folder.mkdir(mode=0o700)
            write_new(folder / OBJECT_MARK, OBJECT_MARK_BYTES, sync=False)
            for version in range(1, part.head + 1):
                added = self._entries(part, version, folder, change)
                user = part.body["versions"][f"v{version}"]["user"]
                body = inv.extended(body, added, message=part.message(version), user=user, created=now)
                data, sidecar, sha512 = inv.spelled(body)
                for into in (folder / f"v{version}", *([folder] if version == part.head else ())):
                    write_new(into / INVENTORY, data, sync=False)
                    write_new(into / SIDECAR, sidecar, sync=False)
                commits.append(Commit(root=ROOT, object=part.id, version=version, inventory=sha512, actor=actor))
        sync_tree(place)
        sync_dir(place.parent)
        return commits

    def _entries(
        self, part: Inventory, version: int, folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Digests]:
        """Write what one version added; lines that do not change stay as they are spelled."""
        before = part.files(version - 1).keys() if version > 1 else set()
        added = {}
        for name, path in part.files(version).items():
            if name in before:
                continue
            data = self._registers.checked(path, part.sha512(name))
            if name.startswith(ENTRIES):
                data = b"".join(_changed(line, change) for line in data.split(b"\n")[:-1])
            target = folder / f"v{version}" / "content" / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_new(target, data, sync=False)
            sha256, sha512 = hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest()
            added[name] = Digests(sha256=sha256, sha512=sha512, bytes=len(data))
        return added

    def _change_places(self, object_id: str, fresh: Path, old: Sequence[str]) -> None:
        """Put a new object where the old one stands, unless that was done."""
        folder = object_folder(self._storage.root / ROOT, object_id)
        there = [pair[1] for number in inv.version_numbers(folder) if (pair := inv.read_pair(folder / f"v{number}"))]
        if there and not set(there) & set(old):
            return
        if not fresh.is_dir():  # somebody cleared it: the old one stays, and an audit names it
            return
        exchange(fresh, folder)
        sync_dir(folder.parent)
        sync_dir(fresh.parent)

    def _forget_repairs(self, object_id: str) -> None:
        place = object_folder(Path(ROOT), object_id).as_posix()
        for kept in (self._storage.root / DAMAGED).glob(f"*/{place}"):  # what was replaced in a repair is a copy, too
            shutil.rmtree(kept)

    def _note(self, object_id: str, old: set[str], actor: str) -> None:
        """Log the versions that stand there now; twice does no harm."""
        folder = object_folder(self._storage.root / ROOT, object_id)
        for number in reversed(inv.version_numbers(folder)):
            pair = inv.read_pair(folder / f"v{number}")
            if pair is not None and pair[1] not in old:
                self._storage.log.append(
                    CREATE if number == 1 else EXTEND, actor=actor, subject=log_subject(object_id), root=ROOT,
                    version=number, inventory=pair[1],
                )  # fmt: skip


_PATIENCE = 30.0
"""Seconds that a settler waits for who appends to the same register."""


def _changed(line: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    record = json.loads(line)
    after = change(record)
    return line + b"\n" if after == record else json_line(after)


def exchange(one: Path, other: Path) -> None:
    """Let two folders change places in one step, or in three where the system cannot; ``other`` may be missing."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # another C library
        call = None
    if call is not None:
        if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
            return
        number = ctypes.get_errno()
        if number not in _CANNOT and number != errno.ENOENT:
            raise OSError(number, os.strerror(number), str(other))
    aside = one.with_name(f"{one.name}-old")
    for source, target in ((other, aside), (one, other)):
        if source.exists():
            source.rename(target)
