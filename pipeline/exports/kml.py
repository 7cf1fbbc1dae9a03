"""KML: every claim of where something is, as placemarks for an earth viewer (OGC KML 2.2: longitude first)."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pipeline.exports.folder import ExportManifest
from pipeline.exports.points import NOTICE, Point, write_points

SCHEMA = "evidence-export-kml/1"
PLACES = "places.kml"


def write_kml(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write one file of placemarks; a claim whose position is withheld is counted in the manifest, not drawn."""
    return write_points(documents, to, schema=SCHEMA, name=PLACES, spell=_spelled)


def _spelled(found: Iterable[Point]) -> Iterator[bytes]:
    yield (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>Positions</name><description>{escape(NOTICE)}</description>\n"
    ).encode()
    for one in found:
        data = "".join(
            f'<Data name="{what}"><value>{escape(value)}</value></Data>' for what, value in one.lines
        )  # fmt: skip
        yield (
            f"<Placemark><name>{escape(one.name)}</name><ExtendedData>{data}</ExtendedData>"
            f"<Point><coordinates>{one.lon:.7f},{one.lat:.7f}</coordinates></Point></Placemark>\n"
        ).encode()
    yield b"</Document></kml>\n"
