"""Unopened vaults: audit and verification of one as it lies, also where it cannot be opened."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.core.ports import AuditReport, LogReport
from pipeline.vault.audit import audit
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier
from pipeline.vault.verify import known_id, verify


def audit_root(
    root: Path, part: tuple[int, int] | None = None, keys: Path | None = None, *, registers: Iterable[str] = ()
) -> AuditReport:
    """Audit the vault at ``root``. Nothing is changed, settled or logged.

    ``keys`` is where signing keys lie; without them the public keys in the vault must do.
    """
    return audit(root, part=part, trusted=_trusted(root, keys), registers=registers)


def verify_root(root: Path, keys: Path | None = None) -> LogReport:
    """Verify the custody log of the vault at ``root``. Nothing is changed or logged."""
    return verify(root, trusted=_trusted(root, keys))


def _trusted(root: Path, keys: Path | None) -> dict[str, Verifier] | None:
    """Return the keys that are held for the vault which the log, if not ``vault.json``, says this is."""
    vault_id = known_id(root)
    return Keys(keys, vault=root, vault_id=vault_id).trusted() if keys is not None and vault_id else None
