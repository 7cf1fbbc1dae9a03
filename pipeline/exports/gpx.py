"""GPX: every claim of where something is, as waypoints for receivers and maps (GPX 1.1: WGS 84)."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pipeline.exports.folder import ExportManifest
from pipeline.exports.points import NOTICE, Point, write_points

SCHEMA = "evidence-export-gpx/1"
PLACES = "places.gpx"


def write_gpx(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write one file of waypoints; a claim whose position is withheld is counted in the manifest, not drawn."""
    return write_points(documents, to, schema=SCHEMA, name=PLACES, spell=_spelled)


def _spelled(found: Iterable[Point]) -> Iterator[bytes]:
    yield (
        '<gpx version="1.1" creator="evidence" xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<metadata><desc>{escape(NOTICE)}</desc></metadata>\n"
    ).encode()
    for one in found:
        told = "; ".join(f"{what}: {value}" for what, value in one.lines)
        yield (
            f'<wpt lat="{one.lat:.7f}" lon="{one.lon:.7f}"><name>{escape(one.name)}</name>'
            f"<desc>{escape(told)}</desc><type>{escape(dict(one.lines)['made'])}</type></wpt>\n"
        ).encode()
    yield b"</gpx>\n"
