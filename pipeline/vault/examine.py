"""Examination of one vault object: every byte of it against its inventories."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.ports import Finding
from pipeline.vault.files import digest_file
from pipeline.vault.inventory import version_numbers
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR
from pipeline.vault.storage import ASSET


@dataclass(kw_only=True)
class Examined:
    """What an object turned out to hold. ``versions`` are the digests of its inventories."""

    folder: Path
    root: Path
    object_id: str | None = None
    versions: dict[int, str] = field(default_factory=dict)
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    behind: int = 0
    """How many of the findings are that the root's inventory is not yet that of the newest version."""

    @property
    def only_behind(self) -> bool:
        """Whether nothing else is wrong: so it looks in the middle of a commit."""
        return self.behind == len(self.findings)

    @property
    def asset(self) -> str | None:
        """The asset that the object belongs to, if it is one's."""
        if self.object_id is None or not self.object_id.startswith(ASSET):
            return None
        return self.object_id.removeprefix(ASSET).partition(":")[0]

    def find(self, path: Path, code: str, what: str) -> None:
        """Note what is wrong with a file or folder of the object."""
        where = path.relative_to(self.root).as_posix()
        self.findings.append(Finding(path=where, code=code, what=what, asset=self.asset))


def examine(folder: Path, root: Path, *, object_id: str | None, logged: dict[int, set[str]]) -> Examined:
    """Read every byte of an object below the vault's ``root``; ``logged`` tells which half of a pair is damaged."""
    seen = Examined(folder=folder, root=root, object_id=object_id)
    numbers = version_numbers(folder)
    if sorted(numbers) != list(range(1, len(numbers) + 1)) or not numbers:
        seen.find(folder, "E-VAULT-002", f"its versions are {sorted(numbers)}")
    known = {folder / OBJECT_MARK, folder / INVENTORY, folder / SIDECAR}
    _mark(seen)
    head: dict[str, Any] | None = None
    for number in sorted(numbers):
        known |= {folder / f"v{number}" / INVENTORY, folder / f"v{number}" / SIDECAR}
        if (body := _version(seen, number, logged.get(number, set()))) is not None:
            head = body
    if numbers:
        _root_copy(seen, folder / f"v{numbers[0]}")
    if head is not None:
        known |= _content(seen, head)
    _strangers(seen, known, head)
    return seen


def _mark(seen: Examined) -> None:
    path = seen.folder / OBJECT_MARK
    try:
        if path.read_bytes() != OBJECT_MARK_BYTES:
            seen.find(path, "E-VAULT-002", "it does not say what it should")
    except OSError as err:
        seen.find(path, "E-VAULT-002", f"cannot be read: {err.strerror}")


def _version(seen: Examined, number: int, logged: set[str]) -> dict[str, Any] | None:
    """Read one version's inventory where it is whole."""
    folder = seen.folder / f"v{number}"
    parts = {name: _bytes_or_finding(seen, folder / name) for name in (INVENTORY, SIDECAR)}
    if (data := parts[INVENTORY]) is None:
        return None
    sha512 = digest_file(folder / INVENTORY).sha512
    seen.versions[number] = sha512
    if parts[SIDECAR] is not None and parts[SIDECAR] != f"{sha512}  {INVENTORY}\n".encode():
        damaged = SIDECAR if sha512 in logged else INVENTORY
        seen.find(folder / damaged, "E-VAULT-001", "inventory and side-car do not match")
        if damaged == INVENTORY:
            del seen.versions[number]  # found already: it need not be found again against the log
    try:
        body = json.loads(data)
        if body["id"] == seen.object_id and body["head"] == f"v{number}" and body["versions"] and body["manifest"]:
            return dict(body)
    except (ValueError, KeyError, TypeError):
        pass
    seen.find(folder / INVENTORY, "E-VAULT-002", "not the inventory of this version of this object")
    return None


def _root_copy(seen: Examined, newest: Path) -> None:
    """Compare the inventory in the object's root with the newest version's, file by file."""
    for name in (INVENTORY, SIDECAR):
        root, version = _bytes_or_finding(seen, seen.folder / name), _bytes_or_none(newest / name)
        if root is not None and version is not None and root != version:
            seen.behind += 1
            seen.find(seen.folder / name, "E-VAULT-002", "differs from that of the newest version")


def _content(seen: Examined, body: dict[str, Any]) -> set[Path]:
    """Digest every file that the manifest names; return them."""
    sha256 = {path: one for one, paths in body.get("fixity", {}).get("sha256", {}).items() for path in paths}
    known = set()
    for sha512, paths in body["manifest"].items():
        for name in paths:
            path = seen.folder / name
            known.add(path)
            try:
                digests = digest_file(path, forget=True)
            except FileNotFoundError:
                seen.find(path, "E-VAULT-003", "the file is missing")
                continue
            except OSError as err:
                seen.find(path, "E-VAULT-002", f"cannot be read: {err.strerror}")
                continue
            seen.bytes += digests.bytes
            original = name == "v1/content/original" and seen.object_id != f"{ASSET}{digests.sha256}"
            if (digests.sha512, digests.sha256) != (sha512, sha256.get(name)) or original:
                seen.find(path, "E-VAULT-001", "its bytes do not match their digest")
    return known


def _strangers(seen: Examined, known: set[Path], head: dict[str, Any] | None) -> None:
    for path in walk(seen.folder):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            seen.find(path, "E-VAULT-004", "neither a file nor a folder")
        elif path.is_dir():
            if not any(path.iterdir()):
                seen.find(path, "E-VAULT-002", "an empty folder")
        elif path not in known and not (head is None and "content" in path.parts):
            seen.find(path, "E-VAULT-004", "no inventory names this file")


def walk(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder, links not followed."""
    for place, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            yield Path(place, name)


def _bytes_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _bytes_or_finding(seen: Examined, path: Path) -> bytes | None:
    if (data := _bytes_or_none(path)) is None:
        seen.find(path, "E-VAULT-002", "missing, or cannot be read")
    return data
