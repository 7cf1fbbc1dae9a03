"""Wave header: the length that a RIFF WAVE file promises, which decoders replace by what is left of it."""

from typing import BinaryIO

_ELSEWHERE = 0xFFFF_FFFF
_UNKNOWN = frozenset({0, 0x7FFF_FFFF, _ELSEWHERE})
"""Sizes that a recorder writes while it does not know the length yet."""
_FMT_BYTES, _DS64_BYTES = 16, 16
_MOST_CHUNKS = 10_000


def promised_seconds(wave: BinaryIO) -> float | None:
    """Return data size over byte rate, as the header states them (RIFF, RF64; EBU Tech 3306); else ``None``.

    ``wave`` is read from its start and must seek.
    """
    rate = long_size = None
    head = wave.read(12)
    if head[:4] not in {b"RIFF", b"RF64", b"BW64"} or head[8:12] != b"WAVE":
        return None
    for _ in range(_MOST_CHUNKS):
        chunk = wave.read(8)
        if len(chunk) < 8:  # noqa: PLR2004 (name and size)
            return None
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"data":
            size = long_size if long_size is not None and size == _ELSEWHERE else size
            return size / rate if rate and size not in _UNKNOWN else None
        start = wave.tell()
        body = wave.read(min(size, 40))
        if name == b"ds64" and len(body) >= _DS64_BYTES:
            long_size = int.from_bytes(body[8:16], "little")
        if name == b"fmt " and len(body) >= _FMT_BYTES:
            rate = int.from_bytes(body[8:12], "little")
        wave.seek(start + size + size % 2)
    return None
