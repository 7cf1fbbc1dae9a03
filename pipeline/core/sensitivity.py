"""Sensitivity: what is shown blurred until somebody chooses to look. It never filters, and silence is no."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

NUDITY = "nudity"
GRAPHIC = "graphic"

KINDS = (NUDITY, GRAPHIC)
"""What must have been looked for before a picture counts as harmless."""

THRESHOLDS: Mapping[str, float] = MappingProxyType(
    {
        # The model's authors call a picture safe below 0.2; here a doubt is a reason to blur.
        NUDITY: 0.2,
        # No screener of injury and death was measured here: the lowest score that is not noise.
        GRAPHIC: 0.1,
    }
)
_OTHERWISE = 0.1


def reasons(body: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Say why a picture is blurred: ``unscreened``, ``KIND_unscreened``, or the kind itself; none: it is not.

    ``body`` is that of the sensitivity, ``None`` or empty when there is none. What nobody screened for
    counts as present.
    """
    if not body:
        return ("unscreened",)
    screened, scores = set(body.get("screened") or ()), body.get("scores") or {}
    missing = [f"{kind}_unscreened" for kind in KINDS if kind not in screened or scores.get(kind) is None]
    found = [
        name
        for name, score in sorted(scores.items())
        if score is not None and score >= THRESHOLDS.get(name, _OTHERWISE)
    ]
    return (*found, *missing)


def blurred(body: Mapping[str, Any] | None) -> bool:
    """Tell whether a picture, or any frame of it, is shown blurred."""
    return bool(reasons(body))
