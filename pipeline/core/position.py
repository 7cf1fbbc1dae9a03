"""Position: what metadata says of where something was made, read strictly or not at all.

A position needs both coordinates, each with its hemisphere, in range. Zeros in both, numbers that
stand for "unknown" and halves of a position are no place on Earth.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Source = Literal[
    "exif", "xmp", "container", "gps_track", "sidecar", "written", "mention", "sign", "filename", "geocoder"
]  # fmt: skip

NOWHERE = 1e-4
"""Degrees: around 0/0 it is a receiver without a fix, not the Gulf of Guinea; and the same place said twice."""

GPS_ERROR_M = 10.0
"""Error of a telephone's fix in the open, where the file states none."""

DEGREE_M = 111_320.0
"""Metres of a degree of latitude."""

RANGE_ERROR_M = 5.0
"""Of civil GPS; times the dilution of precision it gives the error of a fix."""

_DATUM_ERROR_M = 1000.0
_STEPS = (1.0, 0.1, 1 / 60, 0.01, 1 / 600, 1e-3, 1 / 3600, 1e-4, 1 / 36_000, 1e-5)
_ISO_6709 = re.compile(r"([+-]\d{2,3}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?(?:CRS[\w.:]{1,40})?/?")
_PLAIN = re.compile(r"(-?\d{1,3}(?:\.\d+)?)[\s,]+(-?\d{1,3}(?:\.\d+)?)(?:[\s,]+-?\d+(?:\.\d+)?)?")
_LOCI = re.compile(r"\bLat=(-?\d{1,3}(?:\.\d+)?) Lon=(-?\d{1,3}(?:\.\d+)?)\b")
_XMP = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?\s*([NSEW])")
_SIGNS = {"N": 1, "S": -1, "E": 1, "W": -1}
_STILL = ("GPS", "EXIF", "XMP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position as written: WGS 84 degrees, a radius in metres, and what else the file says of it.

    ``notes``: ``void_fix`` (the receiver itself says that it had none), ``other_datum``.
    """

    lat: float
    lon: float
    radius_m: float
    source: Source
    text: str
    notes: tuple[str, ...] = ()


def positions(raw: Mapping[str, str]) -> tuple[Position, ...]:
    """Find every position in raw tags (``tool:group:tag`` → text), each fact once, EXIF first."""
    tags = [(*_names(key), value.strip()) for key, value in raw.items()]
    exif = {tag: value for group, tag, value in tags if group in {"GPS", "EXIF"}}
    xmp = {tag: value for group, tag, value in tags if group.startswith("XMP")}
    found = [_still(exif, "exif", _exif_degrees), _still(xmp, "xmp", _xmp_degrees)]
    found += [_container(tag, value) for group, tag, value in tags if not group.startswith(_STILL)]
    kept: list[Position] = []
    for one in found:
        if one is not None and not any(_same(one, other) for other in kept):
            kept.append(one)
    return tuple(kept)


def written_step(coordinates: tuple[float, float]) -> float:
    """Return the coarsest step, in degrees, in which both coordinates are whole: how finely they were written."""
    for step in _STEPS:
        if all(abs(one / step - round(one / step)) * step < 1e-7 for one in coordinates):  # noqa: PLR2004 (a centimetre)
            return step
    return _STEPS[-1]


def _names(key: str) -> tuple[str, str]:
    *_, group, tag = ("", *key.split(":"))
    return group, tag


def _same(one: Position, other: Position) -> bool:
    near = abs(one.lat - other.lat) <= NOWHERE and abs(one.lon - other.lon) <= NOWHERE
    return one.source == other.source and near


def on_earth(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """Return the pair if it is a place on Earth: both there, in range, and not the 0/0 of a receiver without a fix."""
    if lat is None or lon is None or not (math.isfinite(lat) and math.isfinite(lon)):
        return None
    if abs(lat) > 90 or abs(lon) > 180 or (abs(lat) < NOWHERE and abs(lon) < NOWHERE):  # noqa: PLR2004 (WGS 84)
        return None
    return lat, lon


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


# --- EXIF and XMP: the same tags, written differently


def _exif_degrees(tags: Mapping[str, str], which: str, hemispheres: str) -> float | None:
    """EXIF writes a magnitude and the hemisphere apart: without the second it is half a coordinate."""
    value = _number(tags.get(f"GPS{which}"))
    side = tags.get(f"GPS{which}Ref", "").strip()[:1].upper()
    if value is None or value < 0 or not side or side not in hemispheres:
        return None
    return value * _SIGNS[side]


def _xmp_degrees(tags: Mapping[str, str], which: str, hemispheres: str) -> float | None:
    """XMP writes the hemisphere into the value; a signed number has it in its sign."""
    text = tags.get(f"GPS{which}", "")
    if match := _XMP.fullmatch(text):
        degrees, minutes, seconds, side = match.groups()
        parts = float(degrees), float(minutes), float(seconds or 0)
        if side not in hemispheres or max(parts[1:]) >= 60:  # noqa: PLR2004 - minutes and seconds
            return None
        return (parts[0] + parts[1] / 60 + parts[2] / 3600) * _SIGNS[side]
    return _number(text)


def xmp_pair(tags: Mapping[str, str]) -> tuple[float, float] | None:
    """Read the position of XMP tags, named without their group; ``None`` without one."""
    return on_earth(_xmp_degrees(tags, "Latitude", "NS"), _xmp_degrees(tags, "Longitude", "EW"))


def _still(
    tags: Mapping[str, str], source: Source, read: Callable[[Mapping[str, str], str, str], float | None]
) -> Position | None:
    place = on_earth(read(tags, "Latitude", "NS"), read(tags, "Longitude", "EW"))
    if place is None:
        return None
    notes = []
    radius = max(written_step(place) * DEGREE_M / 2, _stated_error(tags) or GPS_ERROR_M)
    if tags.get("GPSStatus", "").upper().startswith("V"):
        notes.append("void_fix")
    datum = re.sub(r"[^A-Z0-9]", "", tags.get("GPSMapDatum", "").upper())
    if datum and not datum.startswith(("WGS84", "WGS1984", "UNKNOWN")):
        notes.append("other_datum")
        radius = max(radius, _DATUM_ERROR_M)
    names = ("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef")
    text = " ".join(tags[name] for name in names if tags.get(name))
    return Position(lat=place[0], lon=place[1], radius_m=radius, source=source, text=text, notes=tuple(notes))


def _stated_error(tags: Mapping[str, str]) -> float | None:
    error = _number(tags.get("GPSHPositioningError"))
    if error is not None and 0 < error < DEGREE_M:
        return error
    dilution = _number(tags.get("GPSDOP"))
    return dilution * RANGE_ERROR_M if dilution is not None and 0 < dilution < DEGREE_M else None


# --- containers: ISO 6709 text, or what a tool made of it


def _container(tag: str, value: str) -> Position | None:
    name = tag.casefold()
    if "location" not in name and name != "gpscoordinates":
        return None
    # Bare numbers are a position only where the tool itself writes one: others say where something is in the picture.
    plain = _PLAIN.fullmatch(value) if name == "gpscoordinates" else None
    match = _ISO_6709.fullmatch(value) or plain or _LOCI.search(value)
    place = on_earth(float(match[1]), float(match[2])) if match else None
    if match is None or place is None:
        return None
    digits = max(len(part.partition(".")[2]) for part in (match[1], match[2]))
    radius = max(10.0**-digits * DEGREE_M / 2, GPS_ERROR_M)
    return Position(lat=place[0], lon=place[1], radius_m=radius, source="container", text=value)
