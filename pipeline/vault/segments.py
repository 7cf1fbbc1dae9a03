"""Segments: where the chains of the custody log lie, and the entries that they hold."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.vault.entry import GENESIS, Entry, parse
from pipeline.vault.files import open_regular

SEGMENTS = "log/segments"
OPENING = "segment.open"
SIGNED = "log.checkpoint"
KEY_MADE, KEY_RETIRED, KEY_REVOKED = "key.made", "key.retired", "key.revoked"
STAMPED = "log.timestamp"
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


def entries(root: Path, acts: frozenset[str] | None = None) -> Iterator[tuple[str, Entry]]:
    """Yield every entry that can be read, or those of some ``acts``, with its segment.

    Broken chains and what is no file are for ``verify`` to find. Lines of other acts are not even parsed.
    """
    begins = tuple(b'{"act":"%s"' % act.encode() for act in acts) if acts is not None else (b"",)
    for name, path in segment_files(root).items():
        try:
            fd = open_regular(path)
        except OSError:  # as above
            continue
        with os.fdopen(fd, "rb") as file:
            for line in file:
                if line.startswith(begins) and line.endswith(b"\n") and (entry := parse(line[:-1])) is not None:
                    yield name, entry
