"""Glancing: what a list says of an asset before anybody opens it: what it is, how long, and why it is veiled."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.gate import Purpose
from pipeline.core.model import AssetId, Coverage, Kind
from pipeline.core.sensitivity import reasons
from pipeline.usecases.access import Access
from pipeline.usecases.find import document
from pipeline.usecases.home import Home

Json = Mapping[str, Any]


def glance(home: Home, access: Access, assets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return, for each of these assets that the person may see, what a list shows of it."""
    found: dict[str, dict[str, Any]] = {}
    for one in dict.fromkeys(assets):
        asset = AssetId(one)
        decision = access.decide(Purpose.VIEW, asset)
        if decision.allowed:
            hidden = asset in access.rulings.held or home.quarantine.holds(asset)
            found[one] = _told(document(home, asset, decision), hidden=hidden)
    return found


def _told(whole: Json, *, hidden: bool) -> dict[str, Any]:
    current = [one for one in whole["enrichments"] if one["current"]]
    bodies: dict[str, Json] = {one["kind"]: one["body"] for one in current if one["outcome"] == "done"}
    shown = next((one["derivatives"] for one in current if one["kind"] == Kind.PREVIEWS), ())
    names = [one.get("filename") for one in whole["acquisitions"]]
    partial = any(one["coverage"] and Coverage.from_json(one["coverage"]).partial for one in current)
    return {
        "asset": whole["asset"], "media": whole["media"], "media_type": whole["media_type"], "bytes": whole["bytes"],
        "filename": next((name for name in names if name), None),
        "batches": sorted({one["batch"] for one in whole["acquisitions"]}),
        "seconds": bodies.get(Kind.PROBE, {}).get("duration_decoded"),
        "thumbnail": not hidden and any(one["role"] == "thumbnail" for one in shown),
        "veil": list(reasons(bodies.get(Kind.SENSITIVITY))) if whole["media"] in {"image", "video"} else [],
        "partial": partial, "reviewed": any(one["by"] == "person" for one in current),
    }  # fmt: skip
