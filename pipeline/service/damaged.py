"""Damaged: the vault examined also where it cannot be opened any more."""

from typing import Any

from pipeline.errors import Corrupt
from pipeline.service.app import open_app
from pipeline.service.keeping import audited, verified
from pipeline.settings import read_settings
from pipeline.usecases.access import CONDITIONS, HOLDS
from pipeline.usecases.home import PEOPLE
from pipeline.vault import audit_root, verify_root


def audit(part: tuple[int, int] | None = None) -> dict[str, Any]:
    """Audit the vault that the settings name; one too damaged to be opened is audited as it lies."""
    settings = read_settings()
    try:
        app = open_app(settings, fill=False)
    except Corrupt:
        return audited(audit_root(settings.vault, part, settings.keys, registers=[PEOPLE, CONDITIONS, HOLDS]))
    return app.keeping.audit(part=part)


def verify_log() -> dict[str, Any]:
    """Verify the custody log that the settings name, also where the vault cannot be opened."""
    settings = read_settings()
    try:
        app = open_app(settings, fill=False)
    except Corrupt:
        return verified(verify_root(settings.vault, settings.keys))
    return app.keeping.verify_log()
