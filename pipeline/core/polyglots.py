"""Polyglots: a second format inside a medium, or after its end, that another program would open instead.

Ordinary files end in odd ways: cameras add trailers, telephones a short film. Only what is surely a format is named.
"""

import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from pipeline.core.model import Media
from pipeline.core.signatures import Signature, recognise

POLYGLOT, MOTION_PHOTO, APPENDED = "polyglot", "motion_photo", "appended_data"

_ENDS = 65_536 + 22
"""Where a ZIP's directory must be found: its comment is at most 65,535 bytes long."""
_WHOLE = 32 << 20
"""Pictures up to this size are looked through; of larger ones, of films and of sound the head and the end."""
_MOST_BOXES = 10_000
_SURE: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("pdf", re.compile(rb"%PDF-[12]\.\d")),
    ("rar", re.compile(rb"Rar!\x1a\x07[\x00\x01]")),
    ("7z", re.compile(rb"7z\xbc\xaf\x27\x1c\x00[\x00-\x04]")),
    ("elf", re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")),
)
_SCRIPTS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("php", re.compile(rb"<\?php[\s(]", re.IGNORECASE)),
    ("html", re.compile(rb"<(?:script[\s>/]|html[\s>]|!doctype\s+html|iframe\s)", re.IGNORECASE)),
)
_MZ = re.compile(rb"MZ[\s\S]{58}[\x40-\xff][\x00-\x07]\x00\x00")
_MOST_PROGRAMS = 1000
_FILM = re.compile(rb"\x00\x00\x00[\x10-\x60]ftyp[A-Za-z0-9]{3}[A-Za-z0-9 ]")
_MOTION = re.compile(rb"MotionPhoto|MicroVideo|mpvd")
_NO_BOXES = frozenset({"jpeg", "png", "gif", "webp", "bmp"})
"""Pictures that are not made of the boxes that films are made of."""
_ID3 = (b"ID3", b"TAG", b"APETAGEX", b"LYRICS")


def look(file: BinaryIO, found: Signature) -> tuple[str, ...]:
    """Return the flags of a medium: ``polyglot`` and ``polyglot:<what>``, ``motion_photo``, ``appended_data``."""
    size = file.seek(0, 2)
    head, tail = _read(file, 0, _ENDS), _read(file, max(0, size - _ENDS), _ENDS)
    kinds: set[str] = set()
    flags: set[str] = set()
    if _zip_at_end(file, size, tail):
        kinds.add("zip")
    picture = found.media is Media.IMAGE
    parts = (_read(file, 0, size),) if picture and size <= _WHOLE else (head, tail)
    kinds |= {name for name, sign in (*_SURE, *(_SCRIPTS if picture else ())) for one in parts if sign.search(one)}
    kinds |= {"pe"} if any(_program(one) for one in parts) else set()
    if found.container in _NO_BOXES and any(_FILM.search(one) for one in parts):
        if any(_MOTION.search(one) for one in parts):
            flags.add(MOTION_PHOTO)
        else:
            kinds.add("mp4")
    elif found.container == "heif" and any(name == b"mpvd" for name, _, _ in boxes(file, 0, size)):
        flags.add(MOTION_PHOTO)
    end = _END_OF.get(found.container, _nowhere)(file, size)
    if end is not None and end < size:
        kinds_after, flags_after = _after(_read(file, end, _ENDS), found)
        kinds, flags = kinds | kinds_after, flags | flags_after
    named = (POLYGLOT, *(f"{POLYGLOT}:{one}" for one in sorted(kinds))) if kinds else ()
    return (*sorted(flags if not kinds else flags - {APPENDED}), *named)


def _program(data: bytes) -> bool:
    """Tell whether a program of Windows is in it: its header says where the second one stands."""
    for at in islice((one.start() for one in _MZ.finditer(data)), _MOST_PROGRAMS):
        second = at + int.from_bytes(data[at + 60 : at + 64], "little")
        if data[second : second + 4] == b"PE\x00\x00":
            return True
    return False


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _zip_at_end(file: BinaryIO, size: int, tail: bytes) -> bool:
    """Tell whether a reader of ZIP would open it: a directory's end whose directory stands where it says."""
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:  # noqa: PLR2004 (APPNOTE 4.3.16)
        return False
    entries, length, comment = struct.unpack_from("<H", tail, at + 10)[0], *struct.unpack_from("<I4xH", tail, at + 12)
    begins = size - len(tail) + at - length
    if not entries or at + 22 + comment > len(tail) or begins < 0:
        return False
    return _read(file, begins, 4) == b"PK\x01\x02"


def _after(rest: bytes, found: Signature) -> tuple[set[str], set[str]]:
    """Say what follows the end of a medium; padding and tags are nothing."""
    rest = rest.lstrip(b"\x00")
    if not rest or rest.startswith(_ID3):
        return set(), set()
    other = recognise(rest)
    if other and other.container != found.container:
        return {other.container}, set()
    return set(), {APPENDED}


def _end_of_png(file: BinaryIO, size: int) -> int | None:
    at = 8
    for _ in range(_MOST_BOXES):
        head = _read(file, at, 8)
        if len(head) < 8:  # noqa: PLR2004 (length and name of a chunk)
            return None
        at += 12 + int.from_bytes(head[:4])
        if head[4:] == b"IEND":
            return at if at <= size else None
    return None


def _end_of_riff(file: BinaryIO, size: int) -> int | None:
    head = _read(file, 0, 8)
    length = int.from_bytes(head[4:8], "little")
    if head[:4] != b"RIFF" or not 4 <= length < size - 8:  # noqa: PLR2004 (a form type at least; else it is cut, or streamed)
        return None
    end = 8 + length + length % 2
    follows = _read(file, end, 4)
    return (
        None if follows == b"RIFF" or (follows.isalnum() and follows.isascii()) else end
    )  # more of it (OpenDML, tags)


def _end_of_boxes(file: BinaryIO, size: int) -> int | None:
    at, seen = 0, set[bytes]()
    for name, start, end in boxes(file, 0, size):
        if start != at:
            break
        at, seen = end, seen | {name}
    cut = _NAME.fullmatch(_read(file, at + 4, 4))  # a box that is not all there is no other format
    return at if b"moov" in seen and at < size and not cut else None


def boxes(file: BinaryIO, at: int, until: int, *, most: int = _MOST_BOXES) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, beginning and end of the boxes of ISO media (14496-12, 4.2) that stand whole in a span."""
    for _ in range(most):
        head = _read(file, at, 16)
        name, size = head[4:8], int.from_bytes(head[:4])
        if size == 1 and len(head) == 16:  # noqa: PLR2004 (the long size follows the name)
            size = int.from_bytes(head[8:])
        elif size == 0:
            size = until - at
        if len(head) < 8 or size < 8 or at + size > until or not _NAME.fullmatch(name):  # noqa: PLR2004 (size and name)
            return
        yield name, at, at + size
        at += size


_NAME = re.compile(rb"[A-Za-z0-9 \xa9_-]{4}")


def _nowhere(_file: BinaryIO, _size: int) -> int | None:
    return None


_END_OF = {
    "png": _end_of_png, "wav": _end_of_riff, "avi": _end_of_riff, "webp": _end_of_riff, "mp4": _end_of_boxes,
    "mov": _end_of_boxes, "3gp": _end_of_boxes,
}  # fmt: skip
