"""Keeping: what holds the vault to its promise, and shows that it does."""

import logging
from collections.abc import Sequence
from typing import Any

from pipeline.core.people import Permission
from pipeline.core.ports import AuditReport, Finding, LogReport
from pipeline.errors import Corrupt
from pipeline.service.door import Door
from pipeline.usecases import rebuild
from pipeline.usecases.access import CONDITIONS, HOLDS
from pipeline.usecases.batches import PREFIX
from pipeline.usecases.home import PEOPLE

_log = logging.getLogger(__name__)


class Keeping:
    """Audits, mends and rebuilds."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def audit(self, *, part: tuple[int, int] | None = None) -> dict[str, Any]:
        """Read preserved bytes, compare them with their digests and with the log."""
        self._keeper()
        names = [PEOPLE, CONDITIONS, HOLDS, *(f"{PREFIX}{ref}" for ref in self._home.catalogue.batches())]
        report = self._home.vault.audit(part, registers=names)
        self._door.note("audit", None, checked=report.checked, findings=len(report.findings))
        return audited(report)

    def verify_log(self) -> dict[str, Any]:
        """Verify every segment and checkpoint of the custody log."""
        self._keeper()
        report = self._home.log.verify()
        self._door.note("verify-log", None, entries=report.entries, findings=len(report.findings))
        return verified(report)

    def recover(self) -> dict[str, Any]:
        """Finish or sweep what a crash left in the vault."""
        self._keeper()
        mended = self._home.vault.recover()
        self._door.note("recover", None, mended=mended)
        return {"mended": mended}

    def rebuild(self, what: str) -> dict[str, Any]:
        """Make the catalogue or the index again from the vault."""
        self._door.need("rebuild", Permission.AUDIT)
        made = {"catalogue": rebuild.rebuild_catalogue, "index": rebuild.rebuild_index}[what](self._home)
        self._door.note(f"rebuild-{what}", None, assets=made["assets"])
        return made

    def _keeper(self) -> None:
        try:
            self._door.need("keep", Permission.AUDIT)
        except Corrupt:
            # Who may audit can no longer be read: damage must not hide itself. It can only be reported here.
            _log.warning("the register of persons is damaged; the audit goes on without asking it")


def audited(report: AuditReport) -> dict[str, Any]:
    """Return an audit's document."""
    return {"checked": report.checked, "bytes": report.bytes, "findings": _listed(report.findings)}


def verified(report: LogReport) -> dict[str, Any]:
    """Return a verification's document."""
    return {
        "segments": report.segments, "entries": report.entries, "checkpoints": report.checkpoints,
        "findings": _listed(report.findings),
    }  # fmt: skip


def _listed(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"asset": one.asset, "path": one.path, "code": one.code, "what": one.what} for one in findings]
