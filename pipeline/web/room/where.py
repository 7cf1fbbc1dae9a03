"""Where: claims of place with their reasons, and the map that they are drawn on; no map server hears of them."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.position import DEGREE_M
from pipeline.exports.outlines import paths, view_of

Json = Mapping[str, Any]

_WIDTH = 760.0
_LEAST_REACH = 6.0


def places_of(body: Json) -> dict[str, Any] | None:
    """Return the claims, the best one first, and a map of those that have a position."""
    claims = body.get("claims", ())
    if not claims:
        return None
    best = (body.get("best") or {}).get("claim")
    numbered = sorted(enumerate(claims), key=lambda each: each[0] != best)
    return {
        "claims": [_claim(number, one, best=number == best) for number, one in numbered],
        "reasons": (body.get("best") or {}).get("reasons", ()), "undecided": best is None, "map": _map(claims, best),
        "left_out": body.get("left_out", 0),
    }  # fmt: skip


def _claim(number: int, one: Json, *, best: bool) -> dict[str, Any]:
    names = dict.fromkeys(str(one[name]) for name in ("name", "admin", "country") if one[name])
    return {
        "n": number, "best": best, "names": ", ".join(names), "source": one["source"], "text": one["text"],
        "position": f"{one['lat']:.5f}, {one['lon']:.5f}" if one["lat"] is not None else None,
        "radius": one["radius_m"], "confidence": one["confidence"], "t": one["t"],
        "agrees": len(one["agrees_with"]), "conflicts": len(one["conflicts_with"]),
        "withheld": one.get("withheld"), "notes": [note.replace("_", " ") for note in one.get("notes", ())],
    }  # fmt: skip


def _map(claims: Any, best: int | None) -> dict[str, Any] | None:
    placed = [(number, one) for number, one in enumerate(claims) if one["lat"] is not None]
    if not placed:
        return None
    view = view_of([(one["lat"], one["lon"]) for _, one in placed])
    unit = view.width / _WIDTH
    pins = []
    for number, one in placed:
        x, y = view.place(one["lat"], one["lon"])
        reach = one["radius_m"] / DEGREE_M / unit
        pins.append({
            "x": round(x / unit, 1), "y": round(y / unit, 1), "best": number == best, "n": number,
            "reach": round(reach, 1) if reach > _LEAST_REACH else None, "name": one["name"] or "",
        })  # fmt: skip
    return {
        "width": f"{view.width:.4f}", "height": f"{view.height:.4f}", "unit": f"{unit:.6f}", "paths": paths(view),
        "pins": pins,
    }  # fmt: skip
