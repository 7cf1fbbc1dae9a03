"""Unopened vaults: audit and verification of one as it lies, also where it cannot be opened."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.core.ports import AuditReport, LogReport
from pipeline.errors import Misconfigured
from pipeline.vault.audit import Order, audit
from pipeline.vault.census import Part
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from pipeline.vault.s3.tree import S3Tree
from pipeline.vault.verify import known_id, verify


def audit_root(
    root: Path,
    part: tuple[int, int] | None = None,
    keys: Path | None = None,
    *,
    registers: Iterable[str] = (),
    bucket: Place | None = None,
) -> AuditReport:
    """Audit the vault at ``root``, or in a ``bucket`` with its log at ``root``. Nothing is changed, settled or logged.

    ``keys`` is where signing keys lie; without them the public keys in the vault must do.
    """
    order = Order(part=Part(n=part[0], of=part[1]) if part else Part(), registers=registers)
    tree = None if bucket is None else S3Tree(Bucket(bucket))
    return audit(root, order, trusted=_trusted(root, keys), tree=tree)


def verify_root(
    root: Path,
    keys: Path | None = None,
    *,
    public: Sequence[Path] = (),
    kept: Sequence[Path] = (),
    certificates: Sequence[Path] = (),
    sealed: bool = False,
) -> LogReport:
    """Verify the custody log of the vault at ``root``. Nothing is changed or logged.

    ``public`` are files with public keys that did not come with it; without them those in ``keys`` count.
    """
    trusted = _given(public) if public else _trusted(root, keys)
    return verify(root, trusted=trusted, kept=kept, certificates=certificates, sealed=sealed)


def _given(files: Sequence[Path]) -> dict[str, Verifier]:
    try:
        found = [Verifier.parsed(file.read_text(encoding="ascii")) for file in files]
    except (OSError, ValueError) as err:
        raise Misconfigured("a public key cannot be read", code="E-CONF-008") from err
    return {one.id: one for one in found}


def _trusted(root: Path, keys: Path | None) -> dict[str, Verifier] | None:
    """Return the keys that are held for the vault which the log, if not ``vault.json``, says this is."""
    vault_id = known_id(root)
    return Keys(keys, vault=root, vault_id=vault_id).trusted() if keys is not None and vault_id else None
