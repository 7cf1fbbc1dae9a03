"""Damaged: the vault examined also where it cannot be opened any more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.clock import now_text
from pipeline.errors import Corrupt, Misconfigured
from pipeline.service.app import open_app
from pipeline.service.keeping import verified
from pipeline.settings import read_settings
from pipeline.usecases.auditing import told
from pipeline.usecases.handing_out import write_verifier
from pipeline.usecases.registers import register_names
from pipeline.vault import audit_root, verify_root
from pipeline.vault.s3.place import vault_place


def audit(part: tuple[int, int] | None = None, **given: Any) -> dict[str, Any]:
    """Audit the vault that the settings name; one too damaged to be opened is audited as it lies, without a budget."""
    settings = read_settings()
    try:
        app = open_app(settings, fill=False)
    except Corrupt:
        began, names = now_text(), register_names()
        report = audit_root(settings.vault, part, settings.keys, registers=names, bucket=vault_place(settings))
        return told(report, began=began, part=part)
    return app.auditing.audit(part=part, **given)


def verify_log(
    *,
    kept: Sequence[Path] = (),
    certificates: Sequence[Path] = (),
    copy: Path | None = None,
    keys: Sequence[Path] = (),
    sealed: bool = False,
) -> dict[str, Any]:
    """Verify the custody log that the settings name, also where the vault cannot be opened, or that of a ``copy``.

    ``keys`` are public keys that a copy is checked against, else those of the key folder.
    """
    settings = read_settings()
    roots = (*settings.timestamp_certificates, *certificates)
    if copy is None:
        if keys:
            raise Misconfigured("--key goes with --copy", code="E-CONF-009")
        try:
            app = open_app(settings, fill=False)
        except Corrupt:
            copy = settings.vault
        else:
            return app.keeping.verify_log(kept=kept, certificates=certificates, sealed=sealed)
    report = verify_root(copy, settings.keys, public=keys, kept=kept, certificates=roots, sealed=sealed)
    return verified(report)


def hand_out_verifier(file: Path) -> dict[str, Any]:
    """Copy the verifier that needs only Python and ``cryptography``; it needs no vault."""
    return write_verifier(file)
