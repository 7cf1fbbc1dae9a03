"""Prints: how the hashes of windows and of sound are spelled in a fingerprint, and read again."""

import base64
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PDQ, WINDOWS, CHROMAPRINT = "pdq", "pdq-windows", "chromaprint"

FLAT = "flat"
"""Flag of a picture without enough contrast to be told from others, or of sound that does not change."""

GOOD = 50
"""The least quality of a PDQ that tells pictures apart, as its authors advise."""

TURNS = ("rotated-90", "rotated-180", "rotated-270", "upside-down", "mirrored", "transposed", "transposed-180")
"""What was done to a picture, in the order in which PDQ tells it; angles anticlockwise."""

PERIOD = 1365 / 11025
"""Seconds between two values of a chromaprint."""
REACH = 2.6
"""Seconds of sound that one value stands for, about."""

_WINDOW = struct.Struct("<3H32s32s")
_WHOLE = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A square window of a picture and its PDQ, as is and mirrored; the place as shares of the longer side."""

    x: float
    y: float
    half: float
    value: bytes
    mirrored: bytes


def spell_windows(windows: Iterable[Window]) -> str:
    """Write windows as base64: each x, y, half (16 bits, of the longer side), the PDQ, the PDQ mirrored."""
    packed = (
        _WINDOW.pack(*(min(round(one * _WHOLE), _WHOLE) for one in (it.x, it.y, it.half)), it.value, it.mirrored)
        for it in windows
    )
    return base64.b64encode(b"".join(packed)).decode()


def read_windows(text: str) -> list[Window]:
    """Read windows back."""
    return [
        Window(x=x / _WHOLE, y=y / _WHOLE, half=half / _WHOLE, value=value, mirrored=mirrored)
        for x, y, half, value, mirrored in _WINDOW.iter_unpack(base64.b64decode(text))
    ]


def spell_sound(values: Sequence[int]) -> str:
    """Write a raw chromaprint as base64: 32 bits a value, the least byte first."""
    return base64.b64encode(struct.pack(f"<{len(values)}I", *values)).decode()


def read_sound(text: str) -> tuple[int, ...]:
    """Read a raw chromaprint back."""
    data = base64.b64decode(text)
    return struct.unpack(f"<{len(data) // 4}I", data)


def changes(values: Sequence[int]) -> int:
    """Count the different values of a chromaprint: silence and a steady tone have next to none."""
    return len(set(values))
