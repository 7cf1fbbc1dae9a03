"""Vault: preserved bytes, registers and the custody log, on disk."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import Derivatives
from pipeline.errors import Misconfigured
from pipeline.vault.custody import LocalLog
from pipeline.vault.derivatives import LocalDerivatives
from pipeline.vault.ground import Ground, file_system
from pipeline.vault.keys import Keys
from pipeline.vault.local import LocalVault
from pipeline.vault.logged import untouched
from pipeline.vault.note import Verifier
from pipeline.vault.quarantine import Quarantine
from pipeline.vault.registers import LocalRegisters
from pipeline.vault.root import ELSEWHERE, initialise
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.derivatives import S3Derivatives
from pipeline.vault.s3.opening import in_bucket
from pipeline.vault.s3.place import Place
from pipeline.vault.segments import KEY_MADE
from pipeline.vault.storage import Storage
from pipeline.vault.unopened import audit_root, verify_root

__all__ = [
    "LocalDerivatives", "LocalLog", "LocalRegisters", "LocalVault", "VaultParts",
    "audit_root", "open_derivatives", "open_vault", "verify_root",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultParts:
    """An open vault. All parts may be used by any thread, and in forked children."""

    vault_id: str
    empty: bool
    """Whether, when it was opened, nothing had ever been done in it: no object, no register, no act in the log."""
    vault: LocalVault
    registers: LocalRegisters
    log: LocalLog


def open_vault(root: Path, keys: Path, *, signing: bool = True, bucket: Place | None = None) -> VaultParts:
    """Open the vault at ``root``, laid down at first use; ``keys`` is where signing keys lie.

    With a ``bucket`` the objects lie there, and at ``root`` this host's copy of the log and unfinished work.

    Without its signing key a vault is ``Misconfigured`` (E-CONF-008), unless ``signing`` is
    not wanted: then it can be read, audited and verified, as a copy elsewhere can.
    """
    ground = _ground(root, bucket)
    vault_id = ground.vault_id
    empty = untouched(root) and ground.untouched()
    ring = Keys(keys, vault=root, vault_id=vault_id)
    log = LocalLog(root, vault_id=vault_id, keys=ring, turn=ground.turn)
    if signing:

        def note(key: Verifier) -> None:
            log.append(KEY_MADE, actor="vault", subject=vault_id, key=key.id, public=key.key.hex())

        ring.ensure(used=not empty, note=note)
    storage = Storage(root, vault_id=vault_id, log=log, ground=ground)
    registers = LocalRegisters(storage)
    vault = LocalVault(storage, log=log, quarantine=Quarantine(registers))
    return VaultParts(vault_id=vault_id, empty=empty, vault=vault, registers=registers, log=log)


def _ground(root: Path, bucket: Place | None) -> Ground:
    if bucket is not None:
        return in_bucket(bucket, root)
    if (root / ELSEWHERE).exists():
        raise Misconfigured("the objects of this vault lie in a bucket, and vault_s3 is not set", code="E-S3-005")
    return file_system(root, initialise(root))


def open_derivatives(bucket: Place | None, *, keep_root: Path, scratch_root: Path) -> Derivatives:
    """Open the files made from assets, where the vault is: kept ones reach every host that can reach it."""
    here = LocalDerivatives(keep_root=keep_root, scratch_root=scratch_root)
    return here if bucket is None else S3Derivatives(here, Bucket(bucket))
