"""Objects between two copies of a vault: found by their name in the log, copied by version, each byte proven."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.vault.files import Digests, copy_blocks, write_new, writing
from pipeline.vault.inventory import TYPE
from pipeline.vault.layout import (
    INVENTORY,
    OBJECT_MARK,
    OBJECT_MARK_BYTES,
    SIDECAR,
    id_of,
    object_digest,
    object_folder,
)
from pipeline.vault.logged import asset_of, subject_digest
from pipeline.vault.meter import Meter
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.strand import Broken
from pipeline.vault.storage import ASSET


def folder_of(side: Side, root: str, subject: str) -> str | None:
    """Return the folder of the object that the log calls so; ``None`` where a side has none.

    The log names a register by a digest alone: its folder is the one whose name has that digest.
    """
    if subject.startswith(ASSET):
        return object_folder(Path(root), subject).as_posix()
    digest = subject_digest(subject)
    place = f"{root}/{digest[:3]}/{digest[3:6]}/{digest[6:9]}"
    for one in side.children(place):
        object_id = id_of(Path(one.name))
        if one.kind == "folder" and (
            one.name.endswith(digest) if object_id is None else object_digest(object_id) == digest
        ):
            return one.path
    return None


def sidecar_of(digest: str) -> bytes:
    """Return the side-car of an inventory with this digest."""
    return f"{digest}  {INVENTORY}\n".encode()


def newest_of(side: Side, folder: str) -> int:
    """Return the number of an object's newest version on a side, 0 where it has none."""
    names = (one.name for one in side.children(folder) if one.kind == "folder")
    return max((int(name[1:]) for name in names if name[:1] == "v" and name[1:].isdecimal()), default=0)


def has_version(side: Side, folder: str, number: int, inventory: str) -> bool:
    """Tell whether a side has a version with this inventory; ``Broken`` when it has another one."""
    there = side.read(f"{folder}/v{number}/{SIDECAR}")
    if there is not None and there != sidecar_of(inventory):
        raise Broken(f"{folder}/v{number}", "E-LOG-004", "the copy has another inventory of this version")
    return there is not None


def proven(
    side: Side, folder: str, number: int, wanted: Collection[str] | None, subject: str
) -> tuple[bytes, str, dict[str, Any]]:
    """Read a version's inventory; ``Broken`` unless it is one that is ``wanted``, or fits its side-car where none is.

    Returns its bytes, its digest, and what it says.
    """
    path, asset = f"{folder}/v{number}/{INVENTORY}", asset_of(subject)
    try:
        data = side.read(path)
    except OSError as err:
        raise Broken(path, "E-VAULT-002", f"cannot be read: {err.strerror}", asset) from err
    if data is None:
        raise Broken(path, "E-VAULT-003", "the log knows this version, and it is gone", asset)
    digest = hashlib.sha512(data).hexdigest()
    known = digest in wanted if wanted is not None else side.read(f"{folder}/v{number}/{SIDECAR}") == sidecar_of(digest)
    if not known:
        raise Broken(path, "E-VAULT-001", "the log knows another inventory of this version", asset)
    body: dict[str, Any] = json.loads(data)
    if body.get("type") != TYPE or body.get("head") != f"v{number}":
        raise Broken(path, "E-VAULT-002", "not the inventory of this version", asset)
    return data, digest, body


def manifest_of(body: Mapping[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Return an inventory's files: path in the object → SHA-512 and SHA-256."""
    sha256 = {path: one for one, paths in body.get("fixity", {}).get("sha256", {}).items() for path in paths}
    found = {path: (sha512, sha256.get(path)) for sha512, paths in body["manifest"].items() for path in paths}
    if any({"", ".", ".."} & set(path.split("/")) for path in found):
        raise Broken(str(body.get("id")), "E-VAULT-002", "its inventory names a path that leads elsewhere")
    return found


def fetch(
    source: Side, path: str, into: Path, digests: tuple[str, str | None], *, meter: Meter, asset: str | None
) -> Digests:
    """Copy one file's bytes to this machine, digested on the way; ``Broken`` when they are not those proven."""
    with writing("the copy"):
        fd = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            found = copy_blocks(_reading(source, path, meter, asset), fd)
        finally:
            os.close(fd)
    if found.sha512 != digests[0] or digests[1] not in (None, found.sha256):
        raise Broken(path, "E-VAULT-001", "its bytes do not match their digest", asset)
    return found


def _reading(source: Side, path: str, meter: Meter, asset: str | None) -> Iterator[memoryview]:
    """Read a file; what its disk says against it is a finding, unlike what the target's disk says."""
    try:
        for block in source.blocks(path):
            meter.passing(len(block))
            yield block
    except FileNotFoundError as err:
        raise Broken(path, "E-VAULT-003", "the file is missing", asset) from err
    except OSError as err:
        raise Broken(path, "E-VAULT-002", f"cannot be read: {err.strerror}", asset) from err


def copy_version(
    source: Side,
    target: Side,
    folder: str,
    number: int,
    *,
    wanted: Collection[str] | None,
    subject: str,
    meter: Meter,
    whole: bool = True,
) -> int | None:
    """Copy one version, the object with it where it is the first; return its bytes, or ``None`` when it was there.

    Without ``whole`` the rest of the object is there, and the first version alone is copied.
    ``Broken`` when the source's copy is not what the log proves: nothing has reached the target then.
    """
    asset, first = asset_of(subject), number == 1 and whole
    data, digest, body = proven(source, folder, number, wanted, subject)
    with target.staged() as place, writing("the copy"):
        staged = place / "object"
        staged.mkdir(mode=0o700)
        before, files = ("v1/" if first else ""), dict[str, Digests]()
        for path, digests in manifest_of(body).items():
            if path.startswith(f"v{number}/"):
                name = before + path.removeprefix(f"v{number}/")
                (staged / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                files[name] = fetch(source, f"{folder}/{path}", staged / name, digests, meter=meter, asset=asset)
        small = {f"{before}{INVENTORY}": data, f"{before}{SIDECAR}": sidecar_of(digest)}
        if first:
            (staged / "v1").mkdir(exist_ok=True, mode=0o700)
            small |= {INVENTORY: data, SIDECAR: sidecar_of(digest), OBJECT_MARK: OBJECT_MARK_BYTES}
        for name, content in small.items():
            write_new(staged / name, content, sync=False)
            files[name] = _digests(content)
        made = target.adopt(staged, folder if first else f"{folder}/v{number}", files)
    if not first and number >= newest_of(target, folder):
        roll(target, folder, data, digest)
    return sum(one.bytes for one in files.values()) if made else None


def roll(target: Side, folder: str, data: bytes, digest: str) -> None:
    """Make the inventory in an object's root that of its newest version, unless it is."""
    if target.read(f"{folder}/{SIDECAR}") != sidecar_of(digest) or target.read(f"{folder}/{INVENTORY}") != data:
        target.put(f"{folder}/{INVENTORY}", data)
        target.put(f"{folder}/{SIDECAR}", sidecar_of(digest))


def _digests(data: bytes) -> Digests:
    return Digests(sha256=hashlib.sha256(data).hexdigest(), sha512=hashlib.sha512(data).hexdigest(), bytes=len(data))
