"""Series: one thing's whole history, over as many objects as it takes."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import Corrupt, Unavailable
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause, Commit, Journal
from pipeline.vault.layout import INVENTORY
from pipeline.vault.shelf import Shelf
from pipeline.vault.stage import Stage
from pipeline.vault.storage import Storage

VERSIONS_PER_OBJECT = 100
"""Inventories repeat what came before, so a long history goes on in another object."""
_TRIES = 1000


class Series:
    """One thing's whole history: an object, and those in which it goes on after a hundred versions.

    The object ``ID`` goes on in ``ID:2``, that in ``ID:3``.
    """

    def __init__(self, storage: Storage, root: str, object_id: str) -> None:
        self._storage = storage
        self._store = storage.stores[root]
        self._id = object_id

    def parts(self) -> list[Inventory]:
        """Return the newest inventory of each object of the series, in order."""
        found: list[Inventory] = []
        while (head := self._store.head(self._part(len(found) + 1))) is not None:
            found.append(head)
            if head.head < VERSIONS_PER_OBJECT:  # then nothing goes on after it
                break
        return found

    def records(self, folder: str) -> Iterator[dict[str, Any]]:
        """Yield the records below a logical folder, in the order in which they were added.

        ``Corrupt`` when a file is not what was written: a record is never given out damaged.
        """
        for part in self.parts():
            before: set[str] = set()
            for version in range(1, part.head + 1):
                files = part.files(version)
                for name in sorted(files.keys() - before):
                    if name.startswith(folder):
                        yield from self._read_records(files[name], part.sha512(name))
                before = set(files)

    def add(self, fill: Callable[[Stage, list[Inventory]], None], *, cause: Cause) -> str:
        """Add one version, once per ``cause.message``; return the SHA-512 of its inventory.

        ``fill`` puts the content together; it is called again when another writer was first.
        """
        for _ in range(_TRIES):
            with self._storage.staged() as (stage, journal):
                parts = self.parts()
                if (kept := self._with_message(parts, cause.message)) is not None:
                    self._store.confirm(parts[-1], journal)
                    return kept
                fill(stage, parts)
                if (commit := self._append(parts, stage, journal, cause)) is not None:
                    return commit.inventory
        raise Unavailable(f"{self._id}: other writers were always first", code="E-VAULT-006")

    def digests(self, part: Inventory) -> list[str]:
        """Return the digests of the inventories of all versions of an object, in order."""
        return [self._digest(part, version) for version in range(1, part.head + 1)]

    def _digest(self, part: Inventory, version: int) -> str:
        if version == part.head:
            return part.digest
        return hashlib.sha512(self._store.read(part.folder / f"v{version}" / INVENTORY)).hexdigest()

    def _with_message(self, parts: list[Inventory], message: str) -> str | None:
        """Return the inventory digest of the version that carries a message."""
        for part in parts:
            for version in range(1, part.head + 1):
                if part.message(version) == message:
                    return self._digest(part, version)
        return None

    @staticmethod
    def whole(store: Shelf, path: Path, sha512: str) -> bytes:
        """Return a file of an object; ``Corrupt`` when it is not what was written."""
        try:
            data = store.read(path)
        except FileNotFoundError as err:
            raise Corrupt(f"{path.parent.name}/{path.name} of a vault object is gone", code="E-VAULT-003") from err
        if hashlib.sha512(data).hexdigest() != sha512:
            raise Corrupt(f"{path.parent.name}/{path.name} of a vault object is damaged", code="E-VAULT-001")
        return data

    def _read_records(self, path: Path, sha512: str) -> Iterator[dict[str, Any]]:
        data = self.whole(self._store, path, sha512)
        for line in data.split(b"\n")[:-1]:
            yield json.loads(line)

    def _append(self, parts: list[Inventory], stage: Stage, journal: Journal, cause: Cause) -> Commit | None:
        if parts and parts[-1].head < VERSIONS_PER_OBJECT:
            return self._store.extend(parts[-1], stage, journal, cause=cause)
        return self._store.create(self._part(len(parts) + 1), stage, journal, cause=cause)

    def _part(self, number: int) -> str:
        return self._id if number == 1 else f"{self._id}:{number}"


def json_line(record: Mapping[str, Any]) -> bytes:
    """Spell a record on one line so that it is read back exactly as it was given.

    Text stands as UTF-8. File names may hold bytes that are not UTF-8; such a record is escaped.
    """
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record, allow_nan=False, separators=(",", ":")).encode() + b"\n"
