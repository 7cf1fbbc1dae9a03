"""Natural Earth: writes the outlines that pages draw maps on, from a TopoJSON file of its countries.

    python docs/natural_earth.py countries-50m.json

The file is Natural Earth's 1:50m Admin 0 countries (public domain), version 4.1.0, as the npm package
world-atlas 2.0.2 carries it. What is written is the same geometry, without what a map does not need.
"""

import json
import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "pipeline" / "exports" / "natural_earth.json"


def outlines(topology: dict[str, Any]) -> dict[str, Any]:
    """Return arcs (quantised, differences) and countries as rings of arc numbers; ``~n`` is arc n backwards."""
    found = []
    for one in topology["objects"]["countries"]["geometries"]:
        polygons = one.get("arcs", [])
        rings = polygons if one["type"] == "Polygon" else [ring for polygon in polygons for ring in polygon]
        found.append({"name": one["properties"]["name"], "rings": rings})
    arcs = [[number for point in arc for number in point] for arc in topology["arcs"]]
    transform = topology["transform"]
    return {
        "about": "Natural Earth 1:50m countries, version 4.1.0, public domain",
        "scale": transform["scale"],
        "translate": transform["translate"],
        "arcs": arcs,
        "countries": sorted(found, key=lambda one: str(one["name"])),
    }


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as source:
        value = outlines(json.load(source))
    OUT.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{OUT}: {OUT.stat().st_size} bytes, {len(value['countries'])} countries")
