"""Shown: how times, veils and grades are worded on every page."""

from collections.abc import Sequence

_VEILS = {
    "unscreened": "not screened", "graphic_unscreened": "not screened for injury and death",
    "nudity_unscreened": "not screened for nakedness", "graphic": "may show injury or death",
    "nudity": "may show nakedness",
}  # fmt: skip
OTHERWISE = "may be distressing"


def clock(seconds: float | None) -> str:
    """Write seconds as minutes, with hours where there are any."""
    if seconds is None:
        return ""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def veil(reasons: Sequence[str]) -> str | None:
    """Say why a picture is veiled, the gravest reason; unscreened counts as sensitive."""
    return next((_VEILS.get(one, OTHERWISE) for one in reasons), None)
