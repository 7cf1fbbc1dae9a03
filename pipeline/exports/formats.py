"""Formats: every way in which documents leave the house, by the name that a person asks for."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.exports.folder import ExportManifest
from pipeline.exports.geojson import write_geojson
from pipeline.exports.gpx import write_gpx
from pipeline.exports.jsonl import write_jsonl
from pipeline.exports.kml import write_kml
from pipeline.exports.srt import write_srt
from pipeline.exports.tables import write_csv
from pipeline.exports.webvtt import write_webvtt

Export = Callable[[Iterable[Mapping[str, Any]], Path], ExportManifest]

FORMATS: dict[str, Export] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "geojson": write_geojson,
    "gpx": write_gpx,
    "kml": write_kml,
    "webvtt": write_webvtt,
    "srt": write_srt,
}
