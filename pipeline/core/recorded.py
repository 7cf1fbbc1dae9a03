"""Recorded: when material says that it was made, with the zone it says so in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_STAMP = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?\Z")
_OFFSET = re.compile(r"\A([+-])(\d\d):?(\d\d)\Z")
_EARLIEST = 1826
"""The year of the oldest surviving photograph: before it there is only a clock that was never set."""

# (tag, tag of its zone, zone where nobody says one). Makers' own zoned stamps come first; QuickTime's
# atom is UTC by its standard, and often local time by its cameras, so it comes last.
_STAMPS: tuple[tuple[str, str | None, str | None], ...] = (
    ("com.apple.quicktime.creationdate", None, None),
    ("Keys:CreationDate", None, None),
    ("ExifIFD:DateTimeOriginal", "ExifIFD:OffsetTimeOriginal", None),
    ("EXIF:DateTimeOriginal", "EXIF:OffsetTimeOriginal", None),
    ("XMP-exif:DateTimeOriginal", None, None),
    ("XMP:DateTimeOriginal", None, None),
    ("ExifIFD:CreateDate", "ExifIFD:OffsetTimeDigitized", None),
    ("EXIF:CreateDate", "EXIF:OffsetTimeDigitized", None),
    ("format:creation_time", None, None),
    ("QuickTime:CreateDate", None, "Z"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A stated time: as UTC where a zone is known, as written, the zone, and the tag that says so."""

    value: str | None
    original: str
    zone: str | None
    tag: str


def recorded(raw: Mapping[str, str]) -> Recorded | None:
    """Return the best stated time in raw tags (``tool:group:tag`` → text); ``None`` when none makes sense."""
    short = {key.partition(":")[2]: (key, value) for key, value in raw.items()}
    for tag, zone_tag, assumed in _STAMPS:
        names = [name for name in short if name == tag or name.endswith(f":{tag}")]
        for name in sorted(names):
            key, original = short[name]
            zone = short.get(zone_tag, ("", ""))[1] if zone_tag else None
            if found := read_stamp(original, zone or assumed, key):
                return found
    return None


def read_stamp(original: str, zone: str | None, tag: str) -> Recorded | None:
    """Read one time as EXIF, XMP, QuickTime or ISO 8601 write it; ``None`` when it is no time."""
    match = _STAMP.match(original.strip())
    if match is None:
        return None
    *numbers, fraction, own = match.groups()
    zone = own or (zone.strip() if zone else None)
    try:
        at = datetime(*(int(one) for one in numbers), tzinfo=_zone(zone))  # type: ignore[arg-type,misc]  # six numbers
        utc = at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
    if at.year < _EARLIEST or (at.year, at.month, at.day) in {(1904, 1, 1), (1970, 1, 1)}:
        return None
    parts = f".{fraction}" if fraction and fraction.strip("0") else ""
    value = f"{utc:%Y-%m-%dT%H:%M:%S}{parts}Z" if utc else None
    return Recorded(value=value, original=original, zone=zone if at.tzinfo else None, tag=tag)


def _zone(text: str | None) -> timezone | None:
    if text == "Z":
        return UTC
    match = _OFFSET.match(text or "")
    if match is None:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-size if match[1] == "-" else size)
