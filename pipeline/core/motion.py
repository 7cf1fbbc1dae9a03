"""Motion: the short film that a telephone hides in a photograph."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CHUNK = 1 << 20
_BRANDS = frozenset({b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V ", b"3gp4", b"3gp5", b"avc1", b"hvc1", b"MSNV"})
_FILM_BOXES = frozenset({
    b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta",
})  # fmt: skip
_LARGEST_TYPE_BOX = 1024
_SMALLEST_FILM = 64
_HEADER, _LARGE_HEADER = 8, 16
_HEIC_FILM = b"mpvd"
_MOST_STARTS, _MOST_BOXES = 1_000, 100_000
"""A file made to be long to read is not read to its end; real ones stay far below."""


def embedded_film(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Return offset and length of an MP4 film behind or within a photograph; ``None`` where there is none.

    Google and Samsung append it to a JPEG (Samsung behind a mark of its own) and put it into a box of HEIC. Only
    what is a film by its own structure counts, whatever the tags of the photograph say about it.
    """
    file.seek(0)
    head = file.read(12)
    budget = iter(range(_MOST_BOXES))
    if head[4:8] == b"ftyp":
        return _in_boxes(file, size, budget)
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    for at in _type_boxes(file):
        if length := _film(file, at, size, budget):
            return at, length
    return None


def copy_film(file: BinaryIO, size: int, to: Path) -> bool:
    """Write the embedded film to a file of its own; false where there is none."""
    found = embedded_film(file, size)
    if found is None:
        return False
    with to.open("wb") as out:
        file.seek(found[0])
        left = found[1]
        while left and (chunk := file.read(min(left, _CHUNK))):
            out.write(chunk)
            left -= len(chunk)
    return True


def _type_boxes(file: BinaryIO) -> list[int]:
    """Return where the type of a film seems to be stated, after the photograph's own start."""
    found: list[int] = []
    at, before = 0, b""
    file.seek(0)
    while len(found) < _MOST_STARTS and (chunk := file.read(_CHUNK)):
        window, start = before + chunk, at - len(before)
        place = window.find(b"ftyp")
        while place >= 0:
            if place >= 4 and window[place + 4 : place + 8] in _BRANDS:  # noqa: PLR2004 - the size stands before it
                found.append(start + place - 4)
            place = window.find(b"ftyp", place + 1)
        at += len(chunk)
        before = window[-12:]
    return sorted(set(found))[:_MOST_STARTS]


def _film(file: BinaryIO, start: int, size: int, budget: Iterator[int]) -> int | None:
    """Follow the boxes from ``start``; return their length when they are a film: type, index and media."""
    at, kinds = start, set()
    while next(budget, None) is not None and (found := _box(file, at, size)):
        kind, length = found
        if kind == b"ftyp" and (at > start or length > _LARGEST_TYPE_BOX):
            break
        if kind not in _FILM_BOXES:
            break
        kinds.add(kind)
        at += length
    enough = {b"ftyp", b"moov"} <= kinds or {b"ftyp", b"moof"} <= kinds
    return at - start if enough and at - start >= _SMALLEST_FILM else None


def _in_boxes(file: BinaryIO, size: int, budget: Iterator[int]) -> tuple[int, int] | None:
    at = 0
    while next(budget, None) is not None and (found := _box(file, at, size)):
        kind, length = found
        if kind == _HEIC_FILM and (film := _film(file, at + _HEADER, min(size, at + length), budget)):
            return at + _HEADER, film
        at += length
    return None


def _box(file: BinaryIO, at: int, size: int) -> tuple[bytes, int] | None:
    """Read a box's type and length; ``None`` at the end and where none can be. The last may be cut off."""
    file.seek(at)
    head = file.read(_LARGE_HEADER)
    if len(head) < _HEADER or at + _HEADER > size:
        return None
    length, kind = struct.unpack_from(">I4s", head)
    if length == 1 and len(head) == _LARGE_HEADER:
        length = struct.unpack_from(">Q", head, _HEADER)[0]
    elif length == 0:
        length = size - at
    if length < _HEADER:
        return None
    return kind, min(length, size - at)
