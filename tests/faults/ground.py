"""Ground: a small vault with keys and a replica, how it is looked at, and how it is put back as it was."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ocfl

from pipeline.core.model import Enrichment, Kind, Maker, Outcome
from pipeline.core.people import founding
from pipeline.core.ports import Finding
from pipeline.vault import VaultParts, audit_root, open_vault, verify_root
from pipeline.vault.root import ROOTS

DATA = b"what was seen" * 500
KEPT = b"a derivative" * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A folder with all that an act touches."""

    root: Path

    @property
    def vault(self) -> Path:
        """The vault."""
        return self.root / "vault"

    @property
    def keys(self) -> Path:
        """Where its signing keys lie."""
        return self.root / "keys"

    @property
    def replica(self) -> Path:
        """A copy of it."""
        return self.root / "replica"

    def open(self) -> VaultParts:
        """Open the vault, as any command does."""
        return open_vault(self.vault, self.keys)

    def file(self, data: bytes = DATA, name: str = "source.bin") -> Path:
        """Write a file beside the vault."""
        path = self.root / name
        path.write_bytes(data)
        return path

    def found(self) -> Path:
        """Lay a vault down in which something has been done already; one asset has a version of its own."""
        self.root.mkdir()
        parts = self.open()
        bystander = parts.vault.preserve(self.file(b"bystander", "bystander.bin")).id
        said = Enrichment(
            asset=bystander, kind=Kind.FORMAT, maker=Maker(stage="identify", version=1), basis=(), outcome=Outcome.DONE,
            made_at="2026-01-01T00:00:00Z", body={"media_type": "application/octet-stream"},
        )  # fmt: skip
        parts.vault.write_back(bystander, "earlier", [said.as_json()], {})
        parts.registers.append(
            "people", founding("p-0123456789ab", "custodian", datetime(2026, 1, 1, tzinfo=UTC)), key="founding"
        )
        parts.log.checkpoint()
        return self.vault

    def put_back(self, spare: Path) -> None:
        """Make everything as it was."""
        shutil.rmtree(self.root)
        shutil.copytree(spare, self.root, symlinks=True)


def held(root: Path, keys: Path) -> dict[str, Any]:
    """Return all that a vault answers: every asset's bytes by their digest, records, registers."""
    parts = open_vault(root, keys, signing=False)
    assets = {}
    for asset in parts.vault.assets():
        with parts.vault.original(asset) as path:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        assets[str(asset)] = [sha256 == asset, list(parts.vault.records(asset))]
    return {"assets": assets, "registers": {name: list(parts.registers.read(name)) for name in parts.registers.names()}}


def show_whole(root: Path, keys: Path) -> None:
    """Raise unless audit, verification of the log and an independent validator find nothing."""
    findings = [*audit_root(root, None, keys).findings, *verify_root(root, keys).findings]
    assert findings == [], told(findings)
    for name in ROOTS:
        assert ocfl.StorageRoot(root=str(root / name)).validate(), f"an outside validator refuses {name}"


def show_swept(root: Path) -> None:
    """Raise if anything unfinished was left lying."""
    left = [one for one in (root / "staging").rglob("*") if one.is_file() and one.name != "journal"]
    assert left == [], left


def told(findings: Iterable[Finding]) -> str:
    """Spell findings."""
    return "; ".join(f"{one.code} {one.path}: {one.what}" for one in findings)


def same(one: Any, other: Any) -> bool:
    """Compare what came through JSON with what did not."""
    return bool(json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str))
