"""Films made of boxes, by hand."""

import struct


def box(name: bytes, *parts: bytes) -> bytes:
    """Return a box with what is in it."""
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + name + data


def track(*, outside: bool) -> bytes:
    """Return a track whose data lies in this file, or in another."""
    reference = (
        box(b"url ", bytes(3) + b"\x00" + b"file:///etc/passwd\x00") if outside else box(b"url ", b"\x00\x00\x00\x01")
    )
    entries = box(b"dref", bytes(4), struct.pack(">I", 1), reference)
    return box(b"trak", box(b"mdia", box(b"minf", box(b"dinf", entries))))


def reference_film(*parts: bytes) -> bytes:
    """Return a QuickTime film of these parts."""
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", *parts)
