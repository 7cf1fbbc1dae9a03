"""Inventory: an object's own account of its versions, and how it is read and extended (OCFL 1.1)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt
from pipeline.vault.files import Digests, read_regular
from pipeline.vault.layout import INVENTORY, SIDECAR

TYPE = "https://ocfl.io/1.1/spec/#inventory"
_VERSION = re.compile(r"v([1-9][0-9]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One inventory as read from ``folder``; ``digest`` is the SHA-512 of its bytes."""

    folder: Path
    digest: str
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The object's identifier."""
        return str(self.body["id"])

    @property
    def head(self) -> int:
        """The number of the newest version."""
        return int(self.body["head"][1:])

    def message(self, version: int) -> str:
        """Say why a version was made; it holds the key under which it may be asked for again."""
        return str(self.body["versions"][f"v{version}"]["message"])

    def files(self, version: int) -> dict[str, Path]:
        """Return the files of a version: logical name → where the bytes lie."""
        manifest = self.body["manifest"]
        return {
            name: self.folder / manifest[sha512][0]
            for sha512, names in self.body["versions"][f"v{version}"]["state"].items()
            for name in names
        }

    def sha512(self, name: str) -> str:
        """Return the digest of a file of the newest version."""
        state = self.body["versions"][self.body["head"]]["state"]
        return next(str(sha512) for sha512, names in state.items() if name in names)


def parsed(data: bytes) -> dict[str, Any]:
    """Read an inventory that somebody else may have written; ``ValueError`` when it has not the form of one."""
    try:
        body = json.loads(data)
        states = [one["state"] for one in body["versions"].values()]
        maps = [body["manifest"], *body.get("fixity", {}).values(), *states]
        lists = [names for one in maps for names in one.values()]
        texts = [body["id"], body["head"], *(name for names in lists for name in names)]
    except (KeyError, TypeError, AttributeError, RecursionError) as err:
        raise ValueError("not an inventory") from err
    whole = all(isinstance(one, str) for one in texts) and all(isinstance(one, list) for one in lists)
    if not (whole and body["manifest"] and body["versions"]):
        raise ValueError("not an inventory")
    return dict(body)


def first(object_id: str) -> dict[str, Any]:
    """Return the inventory of an object without versions, to be extended."""
    return {
        "id": object_id, "type": TYPE, "digestAlgorithm": "sha512", "head": "v0",
        "manifest": {}, "fixity": {"sha256": {}}, "versions": {},
    }  # fmt: skip


def extended(
    body: Mapping[str, Any],
    added: Mapping[str, Digests],
    *,
    message: str,
    user: Mapping[str, str],
    created: str,
    attempt: str = "",
) -> dict[str, Any]:
    """Return an inventory with one more version that adds files and keeps all others.

    ``attempt``, ending in ``/``, sets the content apart from that of other writers of the same
    version, where content becomes visible before the version does.
    """
    head, number = str(body["head"]), int(body["head"][1:]) + 1
    old = body["versions"][head]["state"] if number > 1 else {}
    state = {sha512: list(names) for sha512, names in old.items()}
    manifest = {sha512: list(paths) for sha512, paths in body["manifest"].items()}
    fixity = {sha256: list(paths) for sha256, paths in body["fixity"]["sha256"].items()}
    for name, digests in added.items():
        path = f"v{number}/content/{attempt}{name}"
        state.setdefault(digests.sha512, []).append(name)
        manifest.setdefault(digests.sha512, []).append(path)
        fixity.setdefault(digests.sha256, []).append(path)
    version = {"created": created, "message": message, "user": dict(user), "state": state}
    return {
        **body, "head": f"v{number}", "manifest": manifest, "fixity": {"sha256": fixity},
        "versions": {**body["versions"], f"v{number}": version},
    }  # fmt: skip


def spelled(body: Mapping[str, Any]) -> tuple[bytes, bytes, str]:
    """Return an inventory's bytes, its side-car's bytes, and its SHA-512."""
    data = canonical(body)
    sha512 = hashlib.sha512(data).hexdigest()
    return data, f"{sha512}  {INVENTORY}\n".encode(), sha512


def version_numbers(folder: Path) -> list[int]:
    """Return the numbers of the version folders that are there, newest first; empty without the object."""
    try:
        names = [one.name for one in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((int(hit[1]) for name in names if (hit := _VERSION.fullmatch(name))), reverse=True)


def read_pair(folder: Path) -> tuple[bytes, str] | None:
    """Return an inventory and its digest where it matches the side-car beside it."""
    try:
        data, sidecar = read_regular(folder / INVENTORY), read_regular(folder / SIDECAR)
    except FileNotFoundError:
        return None
    sha512 = hashlib.sha512(data).hexdigest()
    return (data, sha512) if sidecar == f"{sha512}  {INVENTORY}\n".encode() else None


def spelled_id(folder: Path) -> str:
    """Read the identifier of an object whose folder's name was cut."""
    numbers = version_numbers(folder)
    pair = (read_pair(folder / f"v{numbers[0]}") if numbers else None) or read_pair(folder)
    if pair is None:
        raise Corrupt(f"{folder.name}: the inventory is damaged", code="E-VAULT-002")
    return str(json.loads(pair[0])["id"])


def read_head(folder: Path, object_id: str) -> Inventory | None:
    """Read an object's newest inventory, ``None`` when there is no such object.

    The newest version folder decides, since it appears in one rename. Where its own copy is
    damaged the object's root copy may stand in; where both are, the object is ``Corrupt``.
    """
    numbers = version_numbers(folder)
    if not numbers:
        if folder.exists():
            raise Corrupt(f"{object_id}: no version is left", code="E-VAULT-002")
        return None
    for place in (folder / f"v{numbers[0]}", folder):
        if (pair := read_pair(place)) is None:
            continue
        try:
            body = json.loads(pair[0])
            ours = body["id"] == object_id and body["head"] == f"v{numbers[0]}"
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if ours:
            return Inventory(folder=folder, digest=pair[1], body=body)
    raise Corrupt(f"{object_id}: the inventory of version {numbers[0]} is damaged", code="E-VAULT-002")
