"""GeoJSON: every claim of where something is, as points for a map (RFC 7946: WGS 84, longitude first)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.model import Kind
from pipeline.exports.folder import ExportManifest, Filling, export_to
from pipeline.exports.reviewed import mark_of

SCHEMA = "evidence-export-geojson/1"
PLACES = "places.geojson"

Json = Mapping[str, Any]

_TOLD = ("source", "name", "admin", "country", "text", "radius_m", "confidence", "t", "agrees_with", "conflicts_with",
         "notes")  # fmt: skip


def write_geojson(documents: Iterable[Json], to: Path) -> ExportManifest:
    """Write one collection of points; a claim whose position is withheld is counted in the manifest, not drawn."""

    def fill(filling: Filling) -> None:
        filling.write(PLACES, _collection(documents, filling))

    return export_to(to, SCHEMA, fill)


def _collection(documents: Iterable[Json], filling: Filling) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","machine_made":true,"features":['
    between = b"\n"
    for document in documents:
        filling.count(document)
        some = False
        for feature in _features(document):
            some = True
            text = json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            yield between + text.encode("utf-8", "replace")
            between = b",\n"
        if not some:
            filling.without.append({"asset": document["asset"], "reason": "no position that may be shown"})
    yield b"\n]}\n"


def _features(document: Json) -> Iterator[dict[str, Any]]:
    for one in document["enrichments"]:
        if one["kind"] != Kind.PLACES or not one["current"]:
            continue
        claims, best = one["body"].get("claims", ()), one["body"].get("best")
        for number, claim in enumerate(claims):
            if claim.get("lat") is None or claim.get("lon") is None:
                continue
            chosen = bool(best) and best["claim"] == number
            yield {
                "type": "Feature",
                "id": f"{one['id']}/{number}",
                "geometry": {"type": "Point", "coordinates": [claim["lon"], claim["lat"]]},
                "properties": {
                    "asset": document["asset"], "media": document["media"], "claim": number,
                    **{name: claim.get(name) for name in _TOLD},
                    "best": chosen, "best_reasons": list(best["reasons"]) if chosen else [],
                    "by": one["by"], "reviewer": _reviewer(one, number),
                    "review": mark_of(one, f"/claims/{number}").state, "enrichment": one["id"],
                },
            }  # fmt: skip


def _reviewer(one: Json, number: int) -> str | None:
    """Return who looked at just this claim."""
    return ", ".join(mark_of(one, f"/claims/{number}").by) or (one["reviewer"] if one["by"] == "person" else None)
