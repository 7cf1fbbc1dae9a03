"""Census: which objects stand in the storage roots, in one part of them, and what stands there that is none."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.examine import Found
from pipeline.vault.layout import INVENTORY, ROOT_FILES, id_of, object_folder
from pipeline.vault.logged import ObjectKey
from pipeline.vault.storage import ASSET, REGISTER, log_subject
from pipeline.vault.tree import Node, Tree

DIGITS = 9
"""Of an object's digest, so many decide where its folder lies, and in which part of an audit it is."""

_TUPLE = re.compile(r"[0-9a-f]{3}")
Find = Callable[[str, str, str], None]
"""Told of what is wrong: path, code, what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part ``n`` of ``of`` (from 1) of all objects, cut by the digests of their identifiers."""

    n: int = 1
    of: int = 1

    def holds(self, digest: str) -> bool:
        """Tell whether an object with this digest is in this part."""
        return self._slot(digest[:DIGITS]) == self.n - 1

    def touches(self, prefix: str) -> bool:
        """Tell whether any digest that begins so is in this part."""
        return self._slot(prefix.ljust(DIGITS, "0")) < self.n <= self._slot(prefix.ljust(DIGITS, "f")) + 1

    def _slot(self, digits: str) -> int:
        return int(digits, 16) * self.of >> 4 * DIGITS


@dataclass(kw_only=True)
class Census:
    """What a walk over names found."""

    tree: Tree
    part: Part
    find: Find
    objects: dict[ObjectKey, Found] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    """Folders with nothing in them."""

    def count(self, root: str) -> None:
        """Find the objects of one storage root, and name what is none."""
        try:
            there = self.tree.children(root)
        except OSError:
            self.find(root, "E-VAULT-003", "the folder is missing")
            return
        self._root_files(root)
        ours = {f"{root}/{file.split('/')[0]}" for file in ROOT_FILES}
        for one in there:
            if one.path in ours and one.kind == "other":
                self.find(one.path, "E-VAULT-004", "neither a file nor a folder")
        self._level(root, [one for one in there if one.path not in ours])

    def _root_files(self, root: str) -> None:
        files = {f"{root}/{file}": data for file, data in ROOT_FILES.items()}
        for path, data in files.items():
            try:
                if self.tree.read(path) != data:
                    self.find(path, "E-VAULT-001", "it is not as it was written")
            except OSError as err:
                self.find(path, "E-VAULT-002", f"cannot be read: {err.strerror}")
        folders = {path.rpartition("/")[0] for path in files}
        try:
            for one in self.tree.walk(f"{root}/extensions"):
                if (one.path not in files and one.path not in folders) or one.kind == "other":
                    self.find(one.path, "E-VAULT-004", "not a part of the vault")
        except OSError as err:
            self.find(f"{root}/extensions", "E-VAULT-002", f"cannot be read: {err.strerror}")

    def _level(self, root: str, nodes: list[Node]) -> None:
        """Look at folders of three digits, one in the other."""
        for one in nodes:
            if one.kind != "folder" or not _TUPLE.fullmatch(one.name):
                self.find(one.path, "E-VAULT-004", "not a part of the vault")
                continue
            digits = one.path[len(root) + 1 :].replace("/", "")
            if not self.part.touches(digits):
                continue
            below = self._children(one.path)
            if len(digits) < DIGITS:
                self._level(root, below)
            else:
                self._objects(root, below)

    def _children(self, folder: str) -> list[Node]:
        try:
            there = self.tree.children(folder)
        except FileNotFoundError:  # a writer made it, and took it away when it was not the first
            return []
        except OSError as err:
            self.find(folder, "E-VAULT-002", f"cannot be read: {err.strerror}")
            return []
        if not there:
            self.empty.append(folder)
        return there

    def _objects(self, root: str, nodes: list[Node]) -> None:
        for one in nodes:
            if one.kind != "folder":
                self.find(one.path, "E-VAULT-004", "not a part of the vault")
                continue
            object_id = id_of(Path(one.path)) or self._spelled_id(root, one.path)
            ours = object_id is not None and object_id.startswith(ASSET if root == "objects" else REGISTER)
            if object_id is None or not ours or object_folder(Path(root), object_id).as_posix() != one.path:
                self.find(one.path, "E-VAULT-004", "not an object of ours")
            else:
                self.objects[root, log_subject(object_id)] = Found(folder=one.path, object_id=object_id)

    def _spelled_id(self, root: str, folder: str) -> str | None:
        """Read the identifier of an object whose folder cannot spell it; the folder's name tells whether it is that."""
        for place in (f"{folder}/v1", folder):
            try:
                object_id = str(json.loads(self.tree.read(f"{place}/{INVENTORY}")).get("id"))
            except (OSError, ValueError, AttributeError, RecursionError):
                continue
            if object_folder(Path(root), object_id).as_posix() == folder:
                return object_id
        return None
