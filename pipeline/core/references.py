"""References: films of QuickTime whose pictures and sound lie in other files."""

from typing import BinaryIO

from pipeline.core.polyglots import boxes

_INSIDE = 1
"""The flag of a data reference that means this file itself (ISO/IEC 14496-12, 8.7.2)."""
_MOST_ENTRIES, _MOST_TRACKS, _MOST_INSIDE = 16, 1000, 64
"""A file made to be long to read is not read to its end; real films stay far below."""
_PATH = (b"mdia", b"minf", b"dinf", b"dref")


def tracks_elsewhere(file: BinaryIO) -> tuple[int, int]:
    """Return how many tracks say that their data lies in other files, and how many tracks there are.

    A film that only lists other films (``rmra``) is one track that lies elsewhere.
    """
    size = file.seek(0, 2)
    outside = tracks = 0
    for name, start, end in boxes(file, 0, size):
        if name != b"moov":
            continue  # a second index is looked at, too: programs differ in which they follow
        for inner, begin, close in boxes(file, start + 8, end, most=_MOST_TRACKS):
            if tracks >= _MOST_TRACKS:
                return outside, tracks
            if inner == b"rmra":
                outside, tracks = outside + 1, tracks + 1
            elif inner == b"trak":
                tracks += 1
                outside += _outside(file, begin + 8, close)
    return outside, tracks


def _outside(file: BinaryIO, at: int, until: int) -> bool:
    for wanted in _PATH:
        found = next(
            ((start, end) for name, start, end in boxes(file, at, until, most=_MOST_INSIDE) if name == wanted), None
        )
        if found is None:
            return False
        at, until = found[0] + 8, found[1]
    file.seek(at + 4)
    count = min(int.from_bytes(file.read(4)), _MOST_ENTRIES)
    at += 8
    flags = []
    for _ in range(count):
        file.seek(at)
        head = file.read(12)
        length = int.from_bytes(head[:4])
        if len(head) < 12 or length < 12 or at + length > until:  # noqa: PLR2004 (size, name, version and flags)
            break
        flags.append(int.from_bytes(head[9:12]))
        at += length
    return bool(flags) and not any(one & _INSIDE for one in flags)
