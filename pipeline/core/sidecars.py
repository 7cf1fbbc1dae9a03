"""Side-cars: positions in the files that drones, receivers and archives lay beside a recording.

A side-car is untrusted: it is read within a size, without entities, and what does not parse gives nothing.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from xml.etree import ElementTree as ET

from pipeline.core.position import GPS_ERROR_M, on_earth, xmp_pair
from pipeline.core.tracks import Fix

MOST_FIXES = 200_000
"""Fixes that are read of one side-car."""

ENDINGS = frozenset({".srt", ".xmp", ".gpx", ".json"})
"""What cameras, drones and archives write beside a recording."""

_SLACK = 1.0  # subtitles end a little after the last frame
_ANOTHER_TIME = "another_time"
_TIME = re.compile(r"(\d{1,3}):(\d\d):(\d\d)[,.](\d{1,3})\s*-->")
_NAMED = re.compile(
    r"\[\s*latitude\s*:\s*(-?\d{1,3}\.\d+)\s*\]\s*\[\s*longt?itude\s*:\s*(-?\d{1,3}\.\d+)\s*[\],]", re.IGNORECASE
)
# Old models write the longitude first; the home point is not where the camera is.
_BRACKETS = re.compile(r"(?<![A-Z])GPS\s*\(\s*(-?\d{1,3}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)\s*,", re.IGNORECASE)
_LETTERS = re.compile(
    r"(?<![A-Z])GPS\s*\(\s*([NS])?\s*(-?\d{1,3}\.\d+)\D{0,3}?([NSEW])?\s*,\s*([EW])\s*(-?\d{1,3}\.\d+)", re.IGNORECASE
)
_EXIF_SPACE = "http://ns.adobe.com/exif/1.0/"
_UNSAFE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a side-car states: a track in time, or one place. ``kind``: ``srt``, ``gpx``, ``xmp``, ``json``."""

    kind: str
    fixes: tuple[Fix, ...]
    text: str
    notes: tuple[str, ...] = ()


def read_sidecar(name: str, data: bytes) -> Beside | None:
    """Read a side-car by its ending; ``None`` when it states no position or is no such file."""
    reader = _READERS.get(PurePath(name).suffix.lower())
    text = data.decode("utf-8-sig", errors="replace")
    found = reader(text) if reader else None
    return found if found and found.fixes else None


def _fix(lat: Any, lon: Any, **more: Any) -> Fix | None:
    try:
        position = on_earth(float(lat), float(lon))
    except (TypeError, ValueError, OverflowError):
        return None
    return Fix(lat=position[0], lon=position[1], **more) if position else None


# --- subtitles of drones


def _srt(text: str) -> Beside:
    fixes: list[Fix] = []
    for block in re.split(r"\n\s*\n", text.replace("\r", "")):
        time = _TIME.search(block)
        if time is None:
            continue
        hours, minutes, seconds, rest = time.groups()
        t = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(rest.ljust(3, "0")) / 1000
        if fix := _drone(block, t):
            fixes.append(fix)
        if len(fixes) >= MOST_FIXES:
            break
    return Beside(kind="srt", fixes=tuple(fixes), text="drone telemetry")


def _drone(block: str, t: float) -> Fix | None:
    if named := _NAMED.search(block):
        return _fix(named[1], named[2], t=t)
    if old := _BRACKETS.search(block):
        return _fix(old[2], old[1], t=t)
    if lettered := _LETTERS.search(block):
        before, lat, behind, east, lon = lettered.groups()
        north = (before or behind or "").upper()
        if north not in {"N", "S"}:  # half a position
            return None
        signs = (-1 if north == "S" else 1, -1 if east.upper() == "W" else 1)
        return _fix(float(lat) * signs[0], float(lon) * signs[1], t=t)
    return None


# --- receivers


def _tree(text: str) -> ET.Element | None:
    if _UNSAFE.search(text):  # no side-car needs a document type; one that has it means harm
        return None
    try:
        return ET.fromstring(text)  # noqa: S314 - no entities: see above
    except ET.ParseError:
        return None


def _gpx(text: str) -> Beside | None:
    root = _tree(text)
    if root is None or not root.tag.endswith("gpx"):
        return None
    fixes: list[Fix] = []
    for point in root.iter():
        if point.tag.rpartition("}")[2] in {"trkpt", "rtept", "wpt"} and len(fixes) < MOST_FIXES:
            clock = _clock(next((one.text for one in point if one.tag.endswith("time")), None))
            if fix := _fix(point.get("lat"), point.get("lon"), t=None, clock=clock):
                fixes.append(fix)
    return Beside(kind="gpx", fixes=tuple(fixes), text="track of a receiver")


def _clock(text: str | None) -> float | None:
    try:
        when = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _xmp(text: str) -> Beside | None:
    start = text.find("<x:xmpmeta")
    root = _tree(text[start:].partition("<?xpacket")[0] if start >= 0 else text)
    if root is None:
        return None
    tags: dict[str, str] = {}
    for one in root.iter():
        for name, value in (*one.attrib.items(), (one.tag, one.text or "")):
            if name.startswith(f"{{{_EXIF_SPACE}}}GPS") and value.strip():
                tags[name.rpartition("}")[2]] = value.strip()
    position = xmp_pair(tags)
    fix = _fix(*position, t=None) if position else None
    words = " ".join(tags[name] for name in ("GPSLatitude", "GPSLongitude") if name in tags)
    return Beside(kind="xmp", fixes=(fix,) if fix else (), text=words)


# --- archives of the net


def _json(text: str) -> Beside | None:
    """Read what Google Takeout lays beside a picture: the camera's own position first, then what a person set."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, Mapping):
        return None
    for member, note in (("geoDataExif", "of_camera"), ("geoData", "of_account")):
        for fix in _geo(told.get(member)):
            return Beside(kind="json", fixes=(fix,), text=f"{fix.lat}, {fix.lon}", notes=(note,))
    return None


def _geo(data: Any) -> Iterator[Fix]:
    if isinstance(data, Mapping):
        values = [data.get(name) for name in ("latitude", "longitude")]
        if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
            fix = _fix(*values, t=None, radius_m=GPS_ERROR_M)
            if fix:
                yield fix


_READERS: dict[str, Callable[[str], Beside | None]] = {".srt": _srt, ".gpx": _gpx, ".xmp": _xmp, ".json": _json}


def in_recording(beside: Beside, start: float | None, seconds: float | None) -> Beside:
    """Give a receiver's fixes the seconds of the recording, which began at ``start`` (Unix time) and lasts ``seconds``.

    Fixes from before and after it stay out when there are some from within; else all stay, without a time, and
    are noted to be of ``another_time``: as a side-car that lies beside the wrong recording is.
    """
    if seconds is None or not beside.fixes:
        return beside
    if all(one.t is not None for one in beside.fixes):
        inside = tuple(one for one in beside.fixes if one.t is not None and one.t <= seconds + _SLACK)
        if inside:
            return replace(beside, fixes=inside)
        untimed = tuple(replace(one, t=None, clock=one.t) for one in beside.fixes)
        return replace(beside, fixes=untimed, notes=(*beside.notes, _ANOTHER_TIME))
    if start is None or not seconds or not any(one.clock for one in beside.fixes):
        return beside
    timed = [(one.clock - start, one) for one in beside.fixes if one.clock is not None]
    inside = tuple(replace(one, t=t) for t, one in timed if 0 <= t <= seconds)
    if not inside:
        return replace(beside, notes=(*beside.notes, _ANOTHER_TIME))
    return replace(beside, fixes=inside, notes=(*beside.notes, "same_time"))
