"""Layout: where an object's folder lies in its storage root (OCFL layout extension 0003)."""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from pipeline.core.canonical import canonical

EXTENSION = "0003-hash-and-id-n-tuple-storage-layout"
ROOT_FILES = {
    "0=ocfl_1.1": b"ocfl_1.1\n",
    "ocfl_layout.json": canonical(
        {"extension": EXTENSION, "description": "three folders of three digits of the identifier's SHA-256, then it"}
    ),
    f"extensions/{EXTENSION}/config.json": canonical(
        {"extensionName": EXTENSION, "digestAlgorithm": "sha256", "tupleSize": 3, "numberOfTuples": 3}
    ),
}
OBJECT_MARK = "0=ocfl_object_1.1"
OBJECT_MARK_BYTES = b"ocfl_object_1.1\n"
INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
_LONGEST = 100
_TUPLE = re.compile(r"[0-9a-f]{3}")


def object_digest(object_id: str) -> str:
    """Return the SHA-256 of an identifier: it decides the folder and the audit's part."""
    return hashlib.sha256(object_id.encode()).hexdigest()


@lru_cache(maxsize=4096)
def object_folder(root: Path, object_id: str) -> Path:
    """Return the folder of an object, whether it exists or not."""
    digest = object_digest(object_id)
    name = "".join(
        one if one.isascii() and (one.isalnum() or one in "-_") else "".join(f"%{b:02x}" for b in one.encode())
        for one in object_id
    )
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{digest}"
    return root / digest[:3] / digest[3:6] / digest[6:9] / name


def id_of(folder: Path) -> str | None:
    """Return the identifier that a folder's name spells, or ``None`` where the name was cut."""
    return unquote(folder.name) if len(folder.name) <= _LONGEST else None


def object_folders(root: Path) -> Iterator[Path]:
    """Walk every object folder of a storage root, in the order of their paths."""
    for first in _tuples(root):
        for second in _tuples(first):
            for third in _tuples(second):
                yield from sorted(one for one in third.iterdir() if one.is_dir() and not one.is_symlink())


def _tuples(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(one for one in folder.iterdir() if _TUPLE.fullmatch(one.name) and one.is_dir())
