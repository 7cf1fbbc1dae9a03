"""Noting: what an audit read and what it found, put into the custody log, without losing it on the way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.core.ports import CustodyLog
from pipeline.vault.marks import Marks, settle
from pipeline.vault.rounds import FOUND, MARGIN, READ, Checked, entries_of, ranges, spelled_time

_FLUSH = 20_000


@dataclass(kw_only=True)
class Noting:
    """The notes of one audit: object by object into a file of marks, and from there into the log, many at a time."""

    root: Path
    log: CustodyLog
    actor: str
    run: str
    since: str
    created: Mapping[str, str]
    """Everything that this audit might read: digits → when it was made."""
    checked: dict[str, Checked] = field(default_factory=dict)
    """What is in the log."""
    _waiting: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._marks = Marks(self.root, actor=self.actor, since=self.since)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._marks.close()

    def read(self, digits: str) -> None:
        """Note that an object was read, and that whatever is wrong with it is in the log."""
        self._marks.add(digits)
        self._waiting.append(digits)
        if len(self._waiting) >= _FLUSH:
            self.flush()

    def found(self, subject: str, codes: Collection[str]) -> None:
        """Note that something is wrong with an object."""
        self.log.append(FOUND, actor=self.actor, subject=subject, run=self.run, codes=sorted(codes))

    def flush(self) -> None:
        """Put what was read into the log."""
        before = spelled_time(datetime.fromisoformat(self.since) - MARGIN)
        spelled = ranges(self._waiting, self.created, sorted(self.created), before)
        for some in entries_of(spelled):
            self.log.append(READ, actor=self.actor, run=self.run, since=self.since, before=before, ranges=some)
        now = spelled_time(datetime.now(tz=datetime.fromisoformat(self.since).tzinfo))
        self.checked |= dict.fromkeys(self._waiting, Checked(at=now, since=self.since))
        self._marks.clear()
        self._waiting.clear()


def settle_marks(root: Path, log: CustodyLog) -> int:
    """Put into the log what audits that were killed had read; return how many objects that were."""

    def note(actor: str, since: str, digits: list[str]) -> None:
        for some in entries_of(digits):
            log.append(READ, actor=actor, run="killed", since=since, before=None, ranges=some)

    return settle(root, note)
