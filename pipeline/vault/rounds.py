"""Rounds: which objects audits have read and when, as the custody log tells; what is due first.

An audit names what it read by the first twenty digits of the SHA-256 of an object's identifier: one
object, or a range ``from-to``. A range speaks of the objects that were in the log before ``before``,
so that it does not cover what came later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.vault.entry import Entry

READ, FOUND = "audit.read", "audit.found"
"""The acts: what was read, and an object of which something was found wrong."""

DIGITS = 20
MARGIN = timedelta(hours=1)
"""Clocks of writers may differ; what is younger than this when an audit begins is named singly."""

_PER_ENTRY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one audit says to have read: ``since`` it began to, recorded ``at``."""

    at: str
    since: str
    first: str
    last: str
    before: str | None
    """``None`` where one object is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The last check of an object. ``since`` is when the audit had read the log: later writes are newer."""

    at: str
    since: str


@dataclass(kw_only=True)
class Rounds:
    """All that audits have claimed, in the order of the log's files."""

    claims: list[Claim] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    """Subject in the log → when something was last found wrong with it."""

    def add(self, entry: Entry) -> None:
        """Take in an entry of an audit."""
        if entry.act == FOUND and entry.subject is not None:
            self.found[entry.subject] = max(entry.at, self.found.get(entry.subject, ""))
            return
        since, before = str(entry.facts.get("since")), entry.facts.get("before")
        ranges = entry.facts.get("ranges")
        for one in ranges if isinstance(ranges, list) else ():
            first, dash, last = str(one).partition("-")
            self.claims.append(
                Claim(at=entry.at, since=since, first=first, last=last or first, before=str(before) if dash else None)
            )

    def last(self, created: Mapping[str, str]) -> dict[str, Checked]:
        """Return the last check of each object that has one; ``created`` tells when it came into the log."""
        order = sorted(created)
        found: dict[str, Checked] = {}
        for claim in sorted(self.claims, key=lambda one: one.at, reverse=True):
            if len(found) == len(order):
                break
            for digits in order[bisect_left(order, claim.first) : bisect_right(order, claim.last)]:
                # One that was disposed of and came again was made after what is said of the one before it.
                if digits not in found and created[digits] <= (claim.before or claim.at):
                    found[digits] = Checked(at=claim.at, since=claim.since)
        return found


def ranges(read: Iterable[str], created: Mapping[str, str], order: Sequence[str], before: str) -> list[str]:
    """Spell what was read as few ranges, and singly what is too young for one.

    ``order`` are all known objects, sorted: a range must not reach over one that was not read.
    """
    done = set(read)
    found: list[str] = []
    first = last = ""
    for digits in order:
        young = created[digits] > before
        if young:
            found += [digits] if digits in done else []
        elif digits in done:
            first, last = first or digits, digits
        elif first:
            found.append(first if first == last else f"{first}-{last}")
            first = ""
    if first:
        found.append(first if first == last else f"{first}-{last}")
    return found


def entries_of(spelled: Sequence[str]) -> Iterable[list[str]]:
    """Cut a long list into pieces that each fit into one entry."""
    return (list(spelled[at : at + _PER_ENTRY]) for at in range(0, len(spelled), _PER_ENTRY))


def earlier(at: str, by: timedelta) -> str:
    """Return a time of the log, moved back."""
    return spelled_time(datetime.fromisoformat(at) - by)


def spelled_time(at: datetime) -> str:
    """Spell a time as the log does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def due(last: Checked | None, *, written: str | None, found: str | None, rotation: timedelta) -> tuple[int, str]:
    """Say how soon an object is to be read; the smaller, the sooner.

    What was never checked comes first, then what was not for longest. What was found wrong, or was
    written since, counts as checked one rotation earlier: it comes sooner, and keeps nothing else waiting for ever.
    """
    if last is None:
        return 0, ""
    risky = (written is not None and written > last.since) or (found is not None and found >= last.since)
    return 1, earlier(last.at, rotation) if risky else last.at
