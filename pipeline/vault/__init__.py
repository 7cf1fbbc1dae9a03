"""Vault: preserved bytes, registers and the custody log, on disk."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.vault.custody import LocalLog
from pipeline.vault.derivatives import LocalDerivatives
from pipeline.vault.keys import Keys
from pipeline.vault.local import LocalVault
from pipeline.vault.logged import untouched
from pipeline.vault.registers import LocalRegisters
from pipeline.vault.root import initialise
from pipeline.vault.segments import KEY_MADE
from pipeline.vault.storage import Storage
from pipeline.vault.unopened import audit_root, verify_root

__all__ = [
    "LocalDerivatives", "LocalLog", "LocalRegisters", "LocalVault", "VaultParts",
    "audit_root", "open_vault", "verify_root",
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


def open_vault(root: Path, keys: Path, *, signing: bool = True) -> VaultParts:
    """Open the vault at ``root``, laid down at first use; ``keys`` is where signing keys lie.

    Without its signing key a vault is ``Misconfigured`` (E-CONF-008), unless ``signing`` is
    not wanted: then it can be read, audited and verified, as a copy elsewhere can.
    """
    vault_id = initialise(root)
    empty = untouched(root)
    ring = Keys(keys, vault=root, vault_id=vault_id)
    log = LocalLog(root, vault_id=vault_id, keys=ring)
    if signing:
        ring.ensure(used=not empty, note=lambda key: log.append(KEY_MADE, actor="vault", subject=vault_id, key=key))
    storage = Storage(root, vault_id=vault_id, log=log)
    return VaultParts(
        vault_id=vault_id, empty=empty, vault=LocalVault(storage, log=log), registers=LocalRegisters(storage), log=log
    )  # fmt: skip
