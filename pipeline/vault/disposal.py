"""Disposal: the end of an asset's bytes; its tombstone and the log's entry stand before anything is removed.

In this order: the journal, the tombstone in its register, the log's entries, one rename that takes an
object away whole, the removal of its files. Whoever settles the journal does what is left. Without
the tombstone nothing was decided, and nothing is removed.
"""

import json
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.errors import Corrupt
from pipeline.vault.anew import ROOT as REGISTERS
from pipeline.vault.anew import TOMBSTONES, Anew
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import REMOVAL, Commit, Journal
from pipeline.vault.layout import object_folder
from pipeline.vault.registers import LocalRegisters
from pipeline.vault.root import DAMAGED
from pipeline.vault.series import Series
from pipeline.vault.storage import ASSET, DISPOSE, REGISTER, Storage
from pipeline.vault.tree import Tree

SCHEMA = "tombstone/1"
_DERIVATIVES = "derivatives/"
_ENTRIES = re.compile(r".*/v[1-9][0-9]*/content/(?:[0-9a-f]{12}/)?entries/[0-9]+\.jsonl")


class Disposal:
    """Takes assets away, in one vault on a file system."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._store = storage.stores["objects"]
        self._registers = LocalRegisters(storage)
        self.anew = Anew(storage, self._registers)
        storage.remove = self.finish

    def dispose(self, asset: str, about: Mapping[str, Any], decision: Mapping[str, Any], actor: str) -> dict[str, Any]:
        """Remove every version of an asset for good; return its tombstone. May be repeated.

        ``about`` is what the asset was, ``decision`` who decided what and why.
        """
        series = self._series(asset)
        parts = series.parts()
        if not parts:
            return self._stone_of(asset)
        objects = [{"id": one.id, "inventories": series.digests(one)} for one in parts]
        stone = {
            **decision, "type": "tombstone", "schema": SCHEMA, "asset": asset, **about, "objects": objects,
            "derivatives": _derivatives(parts),
        }  # fmt: skip
        commit = Commit(root="objects", object=ASSET + asset, version=REMOVAL, inventory=digest(stone), actor=actor)
        with self._storage.staged() as (_, journal), journal.beginning(commit):
            self._registers.append(TOMBSTONES, [stone], key=f"dispose-{commit.inventory}", actor=actor)
            self.finish(commit, journal)
        return stone

    def finish(self, commit: Commit, journal: Journal) -> None:
        """Do what a tombstone decided, as far as it is left to do; without one forget the attempt."""
        stone = next((one for one in self._registers.read(TOMBSTONES) if digest(one) == commit.inventory), None)
        if commit.root == REGISTERS:
            self.anew.finish(commit, journal, stone)
            return
        for one in stone["objects"] if stone is not None else ():
            self._note(commit, one["id"], one["inventories"])
        if stone is not None:
            for object_id in self._there(commit.object):
                self._take_away(commit, object_id)
        journal.end(commit)

    def _note(self, commit: Commit, object_id: str, inventories: Sequence[str]) -> None:
        self._storage.log.append(
            DISPOSE, actor=commit.actor, subject=object_id, root=commit.root, inventories=list(inventories),
            tombstone=commit.inventory,
        )  # fmt: skip

    def _there(self, first: str) -> Iterator[str]:
        """Yield the objects of a series, the first first: once that is gone nobody adds to it."""
        number, object_id = 1, first
        while self._store.remains(object_id) or number == 1:
            yield object_id
            number += 1
            object_id = f"{first}:{number}"

    def _take_away(self, commit: Commit, object_id: str) -> None:
        """Take an object out of the storage root, then remove it.

        Versions that another writer added after the tombstone was written are noted as gone, too.
        """
        aside = self._storage.staging / f"gone-{secrets.token_hex(8)}"
        self._store.take_away(object_id, aside, lambda found: self._note(commit, object_id, found))
        place = object_folder(Path(commit.root), object_id).as_posix()
        for kept in (self._storage.root / DAMAGED).glob(f"*/{place}"):  # what was replaced in a repair is a copy, too
            shutil.rmtree(kept)

    def _stone_of(self, asset: str) -> dict[str, Any]:
        stones = [one for one in self._registers.read(TOMBSTONES) if one.get("asset") == asset]
        if not stones:
            raise Corrupt(f"no asset {asset[:80]} is preserved here", code="E-VAULT-003")
        return stones[-1]

    def _series(self, asset: str) -> Series:
        return Series(self._storage, "objects", ASSET + asset)


def _derivatives(parts: Sequence[Inventory]) -> list[str]:
    """Return the digests of the derivatives that go with an asset."""
    names = (name for part in parts for name in part.files(part.head))
    return sorted({name.removeprefix(_DERIVATIVES) for name in names if name.startswith(_DERIVATIVES)})


def tombstones(tree: Tree) -> dict[str, dict[str, Any]]:
    """Read the tombstones of a vault as it lies, by digest; what cannot be read is not there."""
    found: dict[str, dict[str, Any]] = {}
    part, name = 1, REGISTER + TOMBSTONES
    while files := _files(tree, object_folder(Path("registers"), name).as_posix()):
        for stone in (one for file in files for one in _stones(tree, file)):
            found[digest(stone)] = stone
        part += 1
        name = f"{REGISTER}{TOMBSTONES}:{part}"
    return found


def _files(tree: Tree, folder: str) -> list[str]:
    try:
        return sorted(one.path for one in tree.walk(folder) if one.kind == "file" and _ENTRIES.fullmatch(one.path))
    except OSError:  # the audit of the register names it
        return []


def _stones(tree: Tree, file: str) -> Iterator[dict[str, Any]]:
    try:
        lines = tree.read(file).split(b"\n")[:-1]
    except OSError:  # as above
        return
    for line in lines:
        try:
            stone = json.loads(line)
        except (ValueError, RecursionError):  # as above
            continue
        if isinstance(stone, dict):
            yield stone
