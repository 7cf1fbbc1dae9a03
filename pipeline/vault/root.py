"""Vault root: its identity and format, laid down once however many commands come first together."""

import json
import uuid
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault.files import make_dirs, sync_dir, write_new, writing
from pipeline.vault.layout import ROOT_FILES
from pipeline.vault.process import locked

FORMAT = 1
IDENTITY = "vault.json"
ROOTS = ("objects", "registers")


def identity(root: Path) -> str | None:
    """Return the identifier of the vault at ``root``; ``None`` when none was laid down there."""
    try:
        data = (root / IDENTITY).read_bytes()
    except FileNotFoundError:
        return None
    try:
        body = json.loads(data)
        vault_id, version = str(uuid.UUID(body["id"])), body["format"]
    except (ValueError, KeyError, TypeError) as err:
        raise Corrupt(f"{IDENTITY} is damaged", code="E-VAULT-002") from err
    if version != FORMAT:
        raise Misconfigured(f"the vault has format {version}; this version reads {FORMAT}", code="E-VAULT-007")
    return vault_id


def initialise(root: Path) -> str:
    """Lay the vault down unless it is there; return its identifier.

    The identity is written last, in one rename: a vault that has one is complete.
    """
    if (known := identity(root)) is not None:
        return known
    with writing(f"the vault at {root}"):
        (root / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)
        with locked(root / "locks" / "init"):
            if (known := identity(root)) is not None:
                return known
            for name in ROOTS:
                _lay_root(root / name)
            for name in ("staging", "log/segments", "log/checkpoints", "log/keys"):
                make_dirs(root / name, below=root)
            vault_id = str(uuid.uuid4())
            _put(root / IDENTITY, canonical({"format": FORMAT, "id": vault_id}), fresh=root / "locks" / "fresh")
            sync_dir(root.parent)
            return vault_id


def _lay_root(root: Path) -> None:
    for name, data in ROOT_FILES.items():
        make_dirs((root / name).parent, below=root.parent)
        _put(root / name, data, fresh=root.parent / "locks" / "fresh")


def _put(path: Path, data: bytes, *, fresh: Path) -> None:
    """Write a file in one rename; what an interrupted attempt left is written over."""
    fresh.unlink(missing_ok=True)
    write_new(fresh, data)
    fresh.replace(path)
    sync_dir(path.parent)
