"""Vault root: its identity and format, laid down once however many commands come first together."""

import json
import uuid
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault.files import make_dirs, read_regular, sync_dir, write_new, writing
from pipeline.vault.layout import ROOT_FILES
from pipeline.vault.process import locked

FORMAT = 1
IDENTITY = "vault.json"
REPLICA = "replica.json"
"""Marks a copy that only replication writes to."""
DAMAGED = "damaged"
"""Where what was replaced in a repair is kept, under the path that it had."""
ELSEWHERE = "s3.json"
"""In the local part of a vault in a bucket: which bucket that is."""
ROOTS = ("objects", "registers")
LOG_FOLDERS = ("log/segments", "log/checkpoints", "log/keys")


def identity(root: Path) -> str | None:
    """Return the identifier of the vault at ``root``; ``None`` when none was laid down there."""
    try:
        data = read_regular(root / IDENTITY)
    except FileNotFoundError:
        return None
    except OSError as err:
        raise Corrupt(f"{IDENTITY} cannot be read: {err.strerror}", code="E-VAULT-002") from err
    return parse_identity(data)


def parse_identity(data: bytes) -> str:
    """Return the identifier that the bytes of an identity give."""
    try:
        body = json.loads(data)
        vault_id, version = str(uuid.UUID(body["id"])), body["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise Corrupt(f"{IDENTITY} is damaged", code="E-VAULT-002") from err
    if version != FORMAT:
        raise Misconfigured(f"the vault has format {version}; this version reads {FORMAT}", code="E-VAULT-007")
    return vault_id


def spelled_identity(vault_id: str) -> bytes:
    """Return the bytes of a vault's identity."""
    return canonical({"format": FORMAT, "id": vault_id})


def held(root: Path) -> str | None:
    """Name something that the vault at ``root`` holds: an object or a part of the log; ``None`` when nothing."""
    ours = {file.partition("/")[0] for file in ROOT_FILES}
    for name in ROOTS:
        if found := [path for path in _children(root / name) if path.name not in ours]:
            return found[0].relative_to(root).as_posix()
    for name in LOG_FOLDERS:
        if found := _children(root / name):
            return found[0].relative_to(root).as_posix()
    return None


def initialise(root: Path, *, vault_id: str | None = None) -> str:
    """Lay the vault down where there is none; return its identifier, which is ``vault_id`` where that is given.

    The identity is written last, in one rename: a vault that has one is complete, and one that
    holds anything had one. Where that is gone it is ``Corrupt``, and nothing is changed.
    """
    if (root / REPLICA).exists():
        raise Misconfigured(f"{root} is a replica", code="E-REPLICA-004")
    if (known := _known(root)) is not None:
        return known
    with writing(f"the vault at {root}"):
        (root / "locks").mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)
        with locked(root / "locks" / "init"):
            if (known := _known(root)) is not None:
                return known
            for name in ROOTS:
                _lay_root(root / name)
            for name in ("staging", *LOG_FOLDERS):
                make_dirs(root / name, below=root)
            vault_id = vault_id or str(uuid.uuid4())
            _put(root / IDENTITY, spelled_identity(vault_id), fresh=root / "locks" / "fresh")
            sync_dir(root.parent)
            return vault_id


def _known(root: Path) -> str | None:
    known = identity(root)
    if known is None and (what := held(root)) is not None:
        known = identity(root)  # somebody may have laid it down between the two looks
        if known is None:
            raise Corrupt(
                f"{IDENTITY} is gone from a vault that holds {what}", code="E-VAULT-003",
                next_step=f"restore {IDENTITY} from the replica or a copy; "
                "the vault's id also stands in the first entry of every log segment",
            )  # fmt: skip
    return known


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


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
