"""Keeping: what holds the vault to its promise, and shows that it does."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.people import Permission
from pipeline.core.ports import LogReport
from pipeline.errors import Corrupt
from pipeline.service.door import Door
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.auditing import listed
from pipeline.usecases.stock import stock

_log = logging.getLogger(__name__)


class Keeping:
    """Audits and mends."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def verify_log(
        self, *, kept: Sequence[Path] = (), certificates: Sequence[Path] = (), sealed: bool = False
    ) -> dict[str, Any]:
        """Verify every segment and checkpoint of the custody log, against notes that were ``kept`` elsewhere too."""
        self._keeper()
        roots = (*self._home.settings.timestamp_certificates, *certificates)
        report = self._home.log.verify(kept=kept, certificates=roots, sealed=sealed)
        self._door.note("verify-log", None, entries=report.entries, findings=len(report.findings))
        return verified(report)

    def recover(self) -> dict[str, Any]:
        """Finish or sweep what a crash left in the vault."""
        self._keeper()
        mended = self._home.vault.recover()
        self._door.note("recover", None, mended=mended)
        return {"mended": mended}

    def inventory(self, *, csv: Path | None = None, page: Path | None = None, **given: Any) -> dict[str, Any]:
        """Count what is preserved here, as far as the person may know of it; write it down where asked for."""
        try:
            document = stock(self._home, Access(self._home), csv=csv, page=page, **given)
        except Denied as err:
            raise self._door.denied("inventory", str(given.get("batch")), err.reason, err.code) from None
        self._door.note("inventory", None, assets=document["assets"])
        return document

    def _keeper(self) -> None:
        try:
            self._door.need("keep", Permission.AUDIT)
        except Corrupt:
            # Who may audit can no longer be read: damage must not hide itself. It can only be reported here.
            _log.warning("the register of persons is damaged; the audit goes on without asking it")


def verified(report: LogReport) -> dict[str, Any]:
    """Return a verification's document."""
    return {
        "segments": report.segments, "entries": report.entries, "checkpoints": report.checkpoints,
        "unsigned": report.unsigned, "countersignatures": report.countersignatures,
        "countersignatures_unchecked": report.unchecked, "findings": listed(report.findings),
    }  # fmt: skip
