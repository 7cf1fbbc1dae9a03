"""Streams: what a prober says of one stream, read as numbers or as nothing."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

_RATIO = re.compile(r"-?[0-9]{1,19}(?:[/.][0-9]{1,19})?")
_EXACT = 2**53
_LATEST = 1e10
"""Seconds: three centuries. Clocks that run on for so long were never set."""
_STILL_ROLES = frozenset({"attached_pic", "still_image", "timed_thumbnails"})


def number(value: Any) -> float | None:
    """Return a finite number, however it was written; ``None`` for anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


def whole(value: Any) -> int | None:
    """Return a whole number; ``None`` for anything that is no number, or one that JSON cannot hold exactly."""
    found = number(value)
    return int(found) if found is not None and abs(found) < _EXACT else None


def ratio(value: Any) -> Fraction | None:
    """Return a fraction such as ``30000/1001``; ``None`` for zero, which stands for "unknown"."""
    if not _RATIO.fullmatch(str(value)):  # an exponent would be computed, whatever it costs
        return None
    try:
        return Fraction(str(value)) or None
    except ZeroDivisionError:
        return None


def seconds(stream: Mapping[str, Any]) -> float | None:
    """Return the duration that a stream declares, in seconds; Matroska writes it into a tag, as ``HH:MM:SS.n``."""
    if (told := number(stream.get("duration"))) is not None:
        return told
    parts = str((stream.get("tags") or {}).get("DURATION") or "").split(":")
    clock = [number(part) for part in parts]
    if len(clock) != 3 or None in clock:  # noqa: PLR2004 (hours, minutes, seconds)
        return None
    hours, minutes, rest = (part or 0.0 for part in clock)
    return number(hours * 3600 + minutes * 60 + rest)


def beginning(shape: Mapping[str, Any]) -> Fraction:
    """Return the seconds at which a container's clock begins; 0 where it says none, or one that no clock shows."""
    start = number(shape.get("start_time")) or 0.0
    return Fraction(str(start)) if abs(start) < _LATEST else Fraction(0)


def counted(streams: Iterable[Mapping[str, Any]], index: int) -> int | None:
    """Return how many frames a stream of the container says that it holds."""
    return next((whole(one.get("nb_frames")) for one in streams if one.get("index") == index), None)


def still(roles: Iterable[str]) -> bool:
    """Tell whether a picture stream is a cover or a thumbnail, by its dispositions: no moving picture."""
    return not _STILL_ROLES.isdisjoint(roles)


def roles(stream: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the dispositions of a stream that are set."""
    return tuple(sorted(name for name, on in (stream.get("disposition") or {}).items() if on))


def rotation(stream: Mapping[str, Any]) -> int | None:
    """Return how far to turn the picture clockwise to show it upright; ``None`` when nothing says.

    ffprobe gives the display matrix's angle counter-clockwise, the older tag a clockwise one.
    """
    for data in stream.get("side_data_list") or []:
        if (angle := number(data.get("rotation"))) is not None:
            return round(-angle) % 360
    turned = number((stream.get("tags") or {}).get("rotate"))
    return round(turned) % 360 if turned is not None else None
