"""Auditing: the vault read, byte by byte, by whoever may, and what was found damaged kept apart."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.people import Permission
from pipeline.core.ports import Budget, Progress
from pipeline.errors import Corrupt
from pipeline.exports.audit_page import write_audit_page
from pipeline.service.door import Door
from pipeline.usecases import auditing

_log = logging.getLogger(__name__)


class Auditing:
    """Audits, and the quarantine."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def audit(
        self, *, part: tuple[int, int] | None = None, budget: Budget | None = None, both: bool = False,
        page: Path | None = None, progress: Progress | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Read preserved bytes, compare them with their digests and with the log; put damage into quarantine."""
        self._keeper()
        began, budget = now_text(), budget or Budget()
        report = auditing.run(self._home, part, budget, both=both, progress=progress)
        quarantine = auditing.put_away(self._home, report)
        self._home.log.checkpoint()
        document = auditing.told(report, began=began, part=part, budget=budget, quarantine=quarantine)
        if page is not None:
            write_audit_page(document, page, vault=self._home.vault_id, reader=self._home.reader)
        return document

    def rotate(self, *, now: datetime | None = None, progress: Progress | None = None) -> dict[str, Any]:
        """Read what is due today, so that everything is read once in the time that the settings say."""
        self._keeper()
        settings, now = self._home.settings, now or datetime.now(UTC)
        budget = Budget(max_rate=settings.audit_max_rate, until=now + timedelta(hours=settings.audit_hours))
        document = auditing.rotate(self._home, budget, now=now, progress=progress)
        self._home.log.checkpoint()
        return document

    def standing(self, assets: Sequence[str] = ()) -> dict[str, Any]:
        """Say when assets were last read, and how far audits have come."""
        self._keeper()
        return auditing.standing(self._home, assets)

    def quarantine(self) -> dict[str, Any]:
        """List what is in quarantine, and why."""
        self._keeper()
        document = auditing.quarantined(self._home)
        self._door.note("quarantine-list", None, assets=len(document["quarantine"]))
        return document

    def release(self, asset: str, *, reason: str) -> dict[str, Any]:
        """Let an asset out of quarantine after its repair."""
        self._door.need("quarantine-release", Permission.CUSTODY)
        document = auditing.release(self._home, asset, reason=reason)
        self._door.note("quarantine-release", document["asset"])
        return document

    def _keeper(self) -> None:
        try:
            self._door.need("keep", Permission.AUDIT)
        except Corrupt:
            # Who may audit can no longer be read: damage must not hide itself. It can only be reported here.
            _log.warning("the register of persons is damaged; the audit goes on without asking it")
