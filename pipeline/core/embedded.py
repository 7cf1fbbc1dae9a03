"""Embedded: the fixes of a receiver that cameras write into a recording sample by sample."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from pipeline.core.position import GPS_ERROR_M, RANGE_ERROR_M, on_earth
from pipeline.core.tracks import Fix

_KEY = re.compile(r"Doc([\d-]+):(\w+)")
_TIME = "SampleTime"


def embedded_fixes(told: Mapping[str, Any]) -> tuple[Fix, ...]:
    """Read fixes from ``Doc<n>:Tag``; ``Doc<n>-<m>`` are several within the sample ``Doc<n>`` and share its time.

    A sample whose receiver says that it had no fix gives none.
    """
    samples: dict[str, dict[str, Any]] = {}
    for key, value in told.items():
        if match := _KEY.fullmatch(key):
            samples.setdefault(match[1], {})[match[2]] = value
    within: dict[str, list[str]] = {}
    for name in samples:
        within.setdefault(name.partition("-")[0], []).append(name)
    found = []
    for name, names in within.items():
        start, length = (
            _number(samples[name].get(tag)) if name in samples else None for tag in (_TIME, "SampleDuration")
        )
        inner = [one for one in names if one != name] or names
        for at, one in enumerate(inner):
            own = _number(samples[one].get(_TIME))
            shared = None if start is None else start + (length or 0.0) * at / len(inner)
            if fix := _fix(samples[one], own if own is not None else shared):
                found.append(fix)
        if name not in inner and name in samples and (fix := _fix(samples[name], start)):
            found.append(fix)
    return tuple(found)


def _fix(sample: Mapping[str, Any], t: float | None) -> Fix | None:
    position = on_earth(_number(sample.get("GPSLatitude")), _number(sample.get("GPSLongitude")))
    mode = _number(sample.get("GPSMeasureMode"))
    if position is None or (mode is not None and mode < 2):  # noqa: PLR2004 - 2 and 3 are dimensions of a fix
        return None
    error, dilution = _number(sample.get("GPSHPositioningError")), _number(sample.get("GPSDOP"))
    radius = error if error and error > 0 else max(GPS_ERROR_M, (dilution or 0.0) * RANGE_ERROR_M)
    return Fix(lat=position[0], lon=position[1], t=t, radius_m=min(radius, 10_000.0))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None
