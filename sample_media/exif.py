"""EXIF: a position and a time put into a JPEG by adding one segment; the picture's own bytes stay as they are."""

import struct
from collections.abc import Sequence
from fractions import Fraction

_ASCII, _LONG, _RATIONAL, _BYTE = 2, 4, 5, 1
_DESCRIPTION, _EXIF_IFD, _GPS_IFD = 0x010E, 0x8769, 0x8825
_TAKEN, _ZONE = 0x9003, 0x9011

_Entry = tuple[int, int, int, bytes]


def geotagged(jpeg: bytes, *, lat: float, lon: float, taken: str, zone: str, note: str) -> bytes:
    """Return the JPEG with WGS 84 degrees, a time (``YYYY:MM:DD HH:MM:SS``) and its zone (``+HH:MM``) in EXIF."""
    if not jpeg.startswith(b"\xff\xd8"):
        raise ValueError("not a JPEG")
    payload = b"Exif\0\0" + _tiff(lat, lon, taken, zone, note)
    segment = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    return jpeg[:2] + segment + jpeg[2:]


def _tiff(lat: float, lon: float, taken: str, zone: str, note: str) -> bytes:
    gps = [
        (0, _BYTE, 4, bytes((2, 3, 0, 0))),
        _text(1, "N" if lat >= 0 else "S"),
        (2, _RATIONAL, 3, _degrees(lat)),
        _text(3, "E" if lon >= 0 else "W"),
        (4, _RATIONAL, 3, _degrees(lon)),
        _text(18, "WGS-84"),
    ]
    exif = [_text(_TAKEN, taken), _text(_ZONE, zone)]

    def root(exif_at: int, gps_at: int) -> list[_Entry]:
        return [_text(_DESCRIPTION, note), _pointer(_EXIF_IFD, exif_at), _pointer(_GPS_IFD, gps_at)]

    exif_at = 8 + len(_ifd(root(0, 0), 8))
    gps_at = exif_at + len(_ifd(exif, exif_at))
    header = b"II" + struct.pack("<HI", 42, 8)
    return header + _ifd(root(exif_at, gps_at), 8) + _ifd(exif, exif_at) + _ifd(gps, gps_at)


def _ifd(entries: Sequence[_Entry], at: int) -> bytes:
    """Lay out a directory that starts at offset ``at``: entries first, then the values too long for them."""
    table = struct.pack("<H", len(entries))
    tail = b""
    tail_at = at + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        if len(value) <= 4:
            field = value.ljust(4, b"\0")
        else:
            field = struct.pack("<I", tail_at + len(tail))
            tail += value + b"\0" * (len(value) % 2)
        table += struct.pack("<HHI", tag, kind, count) + field
    return table + struct.pack("<I", 0) + tail


def _text(tag: int, value: str) -> _Entry:
    data = value.encode("ascii") + b"\0"
    return tag, _ASCII, len(data), data


def _pointer(tag: int, at: int) -> _Entry:
    return tag, _LONG, 1, struct.pack("<I", at)


def _degrees(value: float) -> bytes:
    """Write degrees, minutes and hundredths of seconds, as cameras do."""
    hundredths = round(abs(Fraction(str(value))) * 360_000)
    degrees, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    return struct.pack("<6I", degrees, 1, minutes, 1, rest, 100)
