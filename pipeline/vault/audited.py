"""Audited: what the custody log alone tells of audits: last checks, and the state of a rotation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.core.ports import Coverage
from pipeline.vault.logged import Logged, asset_of, digits_of
from pipeline.vault.segments import entries

AUDITED = "audit"
"""The act of an audit as a whole, beside what it read: part ``n`` of ``of``, and whether it was complete."""


def last_times(root: Path) -> dict[str, str]:
    """Return the last check of every asset that had one (RFC 3339), the oldest of its objects."""
    logged = Logged.read(root)
    created = created_of(logged)
    last = logged.rounds.last(created)
    found: dict[str, str] = {}
    for key in logged.versions:
        digits, asset = digits_of(key), asset_of(key[1])
        if asset is None or digits not in created:
            continue
        at = last[digits].at if digits in last else ""
        found[asset] = min(at, found.get(asset, at))
    return {asset: at for asset, at in found.items() if at}


def created_of(logged: Logged) -> dict[str, str]:
    """Return what should be there: the digits under which audits name an object → when it was made."""
    return {digits_of(key): logged.times[key][0] for key in logged.versions if logged.expected(key)}


def coverage(root: Path) -> Coverage:
    """Say how far audits have covered the vault."""
    logged = Logged.read(root)
    created = created_of(logged)
    last = logged.rounds.last(created)
    return Coverage(known=len(created), checked=len(last), oldest=min((one.at for one in last.values()), default=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A rotation through ``of`` slices: when each was last read wholly."""

    of: int
    done: Mapping[int, datetime]
    began: datetime | None = None
    """When the first of them was begun."""

    @classmethod
    def read(cls, root: Path, of: int) -> "Rotation":
        """Read it from the log."""
        done: dict[int, datetime] = {}
        began: datetime | None = None
        for _, entry in entries(root, frozenset({AUDITED})):
            facts = entry.facts
            at = datetime.fromisoformat(entry.at)
            if facts.get("of") != of or not isinstance(n := facts.get("n"), int):
                continue
            began = min(at, began or at)
            if facts.get("complete") is True:
                done[n] = max(at, done.get(n, at))
        return cls(of=of, done=done, began=began)

    def due(self, now: datetime) -> list[int]:
        """Return the slices to read now: one for each day since the last was read, those waiting longest first."""
        order = sorted(range(1, self.of + 1), key=lambda n: (n in self.done, self.done.get(n, now), n))
        newest = max(self.done.values(), default=None)
        days = (now.date() - newest.date()).days if newest is not None else 1
        return order[: max(1, min(days, self.of))]

    def overdue(self, now: datetime) -> int:
        """Count the slices that were not read wholly for longer than the rotation, with a day's grace."""
        limit = now - timedelta(days=self.of + 1)
        never = self.began is not None and self.began < limit
        return sum(self.done[n] < limit if n in self.done else never for n in range(1, self.of + 1))
