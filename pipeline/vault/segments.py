"""Segments: reading the chains of the custody log, whole or from where a checkpoint left off."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.vault.entry import GENESIS, Entry, line_digest, parse
from pipeline.vault.process import unlocked

SEGMENTS = "log/segments"
OPENING = "segment.open"
SIGNED = "log.checkpoint"
KEY_MADE = "key.made"
QUIET = frozenset({OPENING, SIGNED})
"""Acts of the log itself: alone they are nothing new to sign."""
SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point in a segment: so many entries, so many bytes, and the digest of the last entry."""

    count: int = 0
    bytes: int = 0
    head: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Bytes after the last whole line, left by a writer that ended while it wrote. Never acknowledged."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a segment holds beyond a place. ``broken`` says what does not follow, if anything."""

    places: tuple[Place, ...]
    tail: Tail | None
    broken: str | None
    quiet: bool
    """Whether it holds nothing but acts of the log itself."""
    signed: tuple[tuple[int, str], ...]
    """The checkpoints that it says were signed: number and digest of the note."""
    keys: tuple[str, ...]
    """The keys that it says were made."""
    ended: bool
    """Whether its writer had ended before it was read: then nothing follows any more."""


def segment_names(root: Path) -> set[str]:
    """Return the names of all segments."""
    folder = root / SEGMENTS
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as there:
        return {one.name.removesuffix(SUFFIX) for one in there if one.name.endswith(SUFFIX)}


def segment_file(root: Path, name: str) -> Path:
    """Return where a segment lies."""
    return root / SEGMENTS / f"{name}{SUFFIX}"


def segment_files(root: Path) -> dict[str, Path]:
    """Return every segment by its name, in the order of the names."""
    return {name: segment_file(root, name) for name in sorted(segment_names(root))}


def read_segment(path: Path, start: Place, *, sync: bool = False) -> Reading:
    """Read the entries after ``start`` and follow their chain.

    ``sync`` waits until what is read is on disk: nothing may be signed that could still vanish.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        alive = not unlocked(fd)
        file.seek(start.bytes)
        *lines, rest = file.read().split(b"\n")
        if sync:
            os.fdatasync(fd)
    places, acts, signed, keys = [], set[str](), [], []
    broken, place = None, start
    for line in lines:
        entry = parse(line)
        if entry is None or (broken := _fault(entry, place, path)) is not None:
            broken = broken or f"line {place.count + 1} is not an entry"
            break
        acts.add(entry.act)
        if entry.act == SIGNED:
            signed.append((entry.facts.get("number", 0), str(entry.facts.get("note"))))
        elif entry.act == KEY_MADE:
            keys.append(str(entry.facts.get("key")))
        place = Place(count=place.count + 1, bytes=place.bytes + len(line) + 1, head=line_digest(line))
        places.append(place)
    tail = Tail(bytes=len(rest), sha256=hashlib.sha256(rest).hexdigest()) if rest and not alive else None
    return Reading(
        places=tuple(places), tail=tail, broken=broken, quiet=acts <= QUIET and tail is None, signed=tuple(signed),
        keys=tuple(keys), ended=not alive,
    )  # fmt: skip


def entries(root: Path) -> Iterator[tuple[str, Entry]]:
    """Yield every entry that can be read, with its segment; broken chains are for ``verify`` to find."""
    for name, path in segment_files(root).items():
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n") and (entry := parse(line[:-1])) is not None:
                    yield name, entry


def _fault(entry: Entry, place: Place, path: Path) -> str | None:
    if entry.seq != place.count or entry.prev != place.head:
        return f"entry {place.count} does not follow from the one before"
    opens = entry.act == OPENING and entry.facts.get("segment") == path.name.removesuffix(SUFFIX)
    if (place.count == 0) != opens:
        return f"entry {place.count} does not open this segment" if place.count == 0 else "it opens twice"
    return None
