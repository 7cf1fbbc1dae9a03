"""Chain: following one segment of the custody log line by line, and telling what was done to it where it breaks."""

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.vault.entry import Scanned, scan
from pipeline.vault.files import open_regular
from pipeline.vault.process import unlocked
from pipeline.vault.segments import (
    KEY_MADE,
    KEY_RETIRED,
    KEY_REVOKED,
    OPENING,
    QUIET,
    SIGNED,
    STAMPED,
    SUFFIX,
    Place,
    Tail,
)  # fmt: skip

TOLERANCE = 120.0
"""Seconds by which a clock may be set back before that is a finding."""
_LONGEST = 1 << 24
_QUIET = frozenset(act.encode() for act in QUIET)
_OPENING = OPENING.encode()
_TOLD = frozenset(act.encode() for act in (OPENING, SIGNED, STAMPED, KEY_MADE, KEY_RETIRED, KEY_REVOKED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a chain, and its code."""

    code: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry by which the log speaks of itself: of its segments, checkpoints, keys and countersignatures."""

    count: int
    """How many entries there are up to and with it."""
    act: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place that was asked for, and when its entry was written."""

    place: Place
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a segment holds beyond a place."""

    place: Place
    """Where what follows ends."""
    marks: dict[int, Mark]
    """The places that were asked for, by their count of entries."""
    tail: Tail | None
    fault: Fault | None
    """What does not follow, if anything: nothing beyond is read."""
    backwards: str | None
    """Where the clock was set back, if it was."""
    loud: int
    """How many entries beyond ``since`` are more than the log's talk of itself."""
    told: tuple[Told, ...]
    ended: bool
    """Whether its writer had ended before it was read: then nothing follows any more."""

    @property
    def quiet(self) -> bool:
        """Whether it holds nothing but acts of the log itself."""
        return not self.loud and self.tail is None


def read_segment(
    path: Path, start: Place, *, sync: bool = False, marks: Collection[int] = (), since: int = 0
) -> Reading:
    """Read the entries after ``start`` and follow their chain, in memory that does not grow with it.

    ``sync`` waits until what is read is on disk: nothing may be signed that could still vanish.
    """
    fd = open_regular(path, os.O_NOFOLLOW)
    with os.fdopen(fd, "rb", buffering=1 << 20) as file:
        alive = not unlocked(fd)
        file.seek(start.bytes)
        chain = _Chain(path=path, start=start, marks=frozenset(marks), since=since)
        rest = chain.follow(file)
        if chain.odd is not None:
            chain.fault = _diagnosis(chain, file)
        elif chain.fault is None and start.count == 0:
            chain.fault = _opened_elsewhere(path, chain.told)
        if sync:
            os.fdatasync(fd)
    tail = Tail(bytes=len(rest), sha256=hashlib.sha256(rest).hexdigest()) if rest and not alive else None
    return Reading(
        place=chain.place(), marks=chain.found, tail=tail, fault=chain.fault, backwards=chain.backwards,
        loud=chain.loud, told=tuple(chain.told), ended=not alive,
    )  # fmt: skip


def seconds_back(earlier: str, later: str) -> float:
    """Return by how many seconds ``later`` lies before ``earlier``; 0 where it does not, or where either is no time."""
    if later >= earlier:  # RFC 3339 in UTC sorts as text
        return 0.0
    try:
        return (datetime.fromisoformat(earlier) - datetime.fromisoformat(later)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


@dataclass(kw_only=True)
class _Chain:
    """Where following has come to; ``odd`` is the line that does not follow, ``None`` in it one that is no entry."""

    path: Path
    start: Place
    marks: frozenset[int]
    since: int
    found: dict[int, Mark] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    loud: int = 0
    backwards: str | None = None
    odd: tuple[Scanned | None] | None = None
    fault: Fault | None = None
    count: int = 0
    size: int = 0
    head: bytes = b""

    def __post_init__(self) -> None:
        self.count, self.size, self.head = self.start.count, self.start.bytes, self.start.head.encode()

    def place(self) -> Place:
        """Return where it has come to."""
        return Place(count=self.count, bytes=self.size, head=self.head.decode())

    def follow(self, file: BinaryIO) -> bytes:
        """Go on to the end, or to what does not follow; return what stands behind the last newline."""
        at = b""
        for line in _lines(file):
            if line[-1:] != b"\n":
                return line
            entry = scan(line[:-1])
            if entry is None or entry.seq != self.count or entry.prev != self.head:
                self.odd = (entry,)
                return b""
            if (self.count == 0) != (entry.act == _OPENING):
                which = "does not open a segment" if self.count == 0 else "opens it a second time"
                self.fault = Fault(code="E-LOG-001", what=f"entry {self.count} {which}")
                return b""
            self.count, self.size, self.head = self.count + 1, self.size + len(line), entry.digest
            if entry.act not in _QUIET and self.count > self.since:
                self.loud += 1
            if entry.act in _TOLD:
                self._tell(entry)
            if self.count in self.marks:
                self.found[self.count] = Mark(place=self.place(), at=entry.at.decode())
            if entry.at < at and self.backwards is None:
                self._back(at.decode(), entry.at.decode())
            at = entry.at
        return b""

    def _tell(self, entry: Scanned) -> None:
        self.told.append(Told(count=self.count, act=entry.act.decode(), facts=json.loads(entry.facts)))

    def _back(self, before: str, at: str) -> None:
        if (back := seconds_back(before, at)) > TOLERANCE:
            self.backwards = f"entry {self.count - 1} was written {back:.0f} seconds before the one that it follows"


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines, none longer than an entry can be."""
    while line := file.readline(_LONGEST):
        yield line


def _diagnosis(chain: _Chain, file: BinaryIO) -> Fault:
    """Tell what was done where a line does not follow from the one before."""
    (entry,) = chain.odd or (None,)
    due = chain.count
    if entry is None:
        return Fault(code="E-LOG-001", what=f"line {due + 1} is not an entry as it was written")
    if entry.seq == due:
        return Fault(code="E-LOG-001", what=f"entry {due} does not follow from the one before")
    if entry.seq < due:
        return Fault(code="E-LOG-009", what=f"it forks: behind entry {due - 1} stands another entry {entry.seq}")
    later = (one.seq for line in _lines(file) if (one := scan(line[:-1])) is not None)
    if due in later:
        return Fault(code="E-LOG-008", what=f"entry {entry.seq} stands where entry {due} belongs, which comes later")
    return Fault(code="E-LOG-006", what=f"entries {due} to {entry.seq - 1} are missing")


def _opened_elsewhere(path: Path, told: Collection[Told]) -> Fault | None:
    """Tell whether a segment was opened under another name: a copy that may go another way, or a stranger."""
    opening = next((one.facts for one in told if one.act == OPENING), None)
    if opening is None or (other := str(opening.get("segment"))) == path.name.removesuffix(SUFFIX):
        return None
    if _first_line(path) == _first_line(path.with_name(f"{other}{SUFFIX}")):
        return Fault(code="E-LOG-009", what=f"it forks: segment {other} begins with the same entry")
    return Fault(code="E-LOG-011", what=f"it was opened as segment {other}")


def _first_line(path: Path) -> bytes | None:
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return file.readline(_LONGEST)
    except OSError:
        return None
