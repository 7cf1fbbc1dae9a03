"""Own gazetteer: lists of places that an operator draws up, in CSV or GeoJSON, read strictly.

CSV has a heading with ``name,aliases,kind,parent,lat,lon,radius_m``; aliases, in any script, stand between
``|``; lines that begin with ``#`` are remarks. GeoJSON is a collection of points with the same members among
their properties, ``aliases`` being a list. A list that is wrong is refused whole, with the row that is wrong.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from pipeline.core.gazetteer import loose_key, name_key
from pipeline.core.ports import Known
from pipeline.core.position import on_earth
from pipeline.errors import Misconfigured

COLUMNS = ("name", "aliases", "kind", "parent", "lat", "lon", "radius_m")
_NEEDED = ("name", "lat", "lon", "radius_m")
_LARGEST_M = 1_000_000.0
_MOST_BYTES = 200_000_000

Row = tuple[int, Mapping[str, Any]]


class OwnGazetteer:
    """The places of all lists, by key."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._places: dict[str, dict[str, Known]] = {}
        for file in files:
            data = _bytes(file)
            digest = hashlib.sha256(data).hexdigest()
            for number, row in _rows(file, data):
                self._add(_known(file, digest, number, row), _aliases(row))

    def __len__(self) -> int:
        """Return how many places there are."""
        return len({one.id for places in self._places.values() for one in places.values()})

    def look_up(self, keys: Iterable[str]) -> dict[str, tuple[Known, ...]]:
        """Return the places of each key that is known."""
        return {key: tuple(self._places[key].values()) for key in keys if key in self._places}

    def _add(self, known: Known, aliases: Iterable[str]) -> None:
        for alias in (*aliases, known.name):
            key = name_key(alias)
            for one in (key, loose_key(key)):
                if one:
                    main = known.main and alias == known.name and one == key
                    self._places.setdefault(one, {})[known.id] = replace(known, main=main)


def digests(files: Sequence[Path]) -> list[str]:
    """Return the SHA-256 of each list: they can change what is found, so they are part of the maker."""
    return [hashlib.sha256(_bytes(file)).hexdigest() for file in files]


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise Misconfigured(f"setting 'gazetteers': {file} is larger than {_MOST_BYTES} bytes")
        return file.read_bytes()
    except OSError as err:
        raise Misconfigured(f"setting 'gazetteers': {file}: {err.strerror}") from err


def _rows(file: Path, data: bytes) -> Iterator[Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise Misconfigured(f"{file}: not UTF-8 at byte {err.start}") from err
    if file.suffix.lower() in {".geojson", ".json"}:
        return _features(file, text)
    return _lines(file, text)


def _lines(file: Path, text: str) -> Iterator[Row]:
    # Remarks become empty lines, so that the rows named in errors are those an editor shows.
    plain = "\n".join("" if line.startswith("#") else line for line in text.splitlines())
    reader = csv.reader(StringIO(plain), strict=True)
    heading: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not heading:
                heading = _heading(file, cells)
                continue
            if len(cells) != len(heading):
                raise _wrong(file, reader.line_num, f"{len(cells)} cells, the heading has {len(heading)}")
            yield reader.line_num, dict(zip(heading, (cell.strip() for cell in cells), strict=True))
    except csv.Error as err:
        raise _wrong(file, reader.line_num, str(err)) from err
    if not heading:
        raise Misconfigured(f"{file}: no heading; it must name {', '.join(_NEEDED)}")


def _heading(file: Path, cells: Sequence[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    if missing := [name for name in _NEEDED if name not in names]:
        raise Misconfigured(f"{file}: the heading lacks {', '.join(missing)}")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Misconfigured(f"{file}: the heading has unknown columns: {', '.join(unknown)}")
    return names


def _features(file: Path, text: str) -> Iterator[Row]:
    try:
        told = json.loads(text)
        features = told["features"]
    except (ValueError, RecursionError, TypeError, KeyError) as err:
        raise Misconfigured(f"{file}: no GeoJSON feature collection") from err
    for number, one in enumerate(features, 1):
        try:
            shape, said = one["geometry"], dict(one["properties"])
            lon, lat = shape["coordinates"][:2] if shape["type"] == "Point" else (None, None)
        except (TypeError, KeyError, ValueError) as err:
            raise _wrong(file, number, "no point with properties") from err
        yield number, {**{name: said.get(name) or "" for name in COLUMNS}, "lat": lat, "lon": lon}


def _known(file: Path, digest: str, number: int, row: Mapping[str, Any]) -> Known:
    name = str(row["name"])
    if not name_key(name):
        raise _wrong(file, number, "name: empty")
    position = on_earth(_number(file, number, row, "lat"), _number(file, number, row, "lon"))
    if position is None:
        raise _wrong(file, number, "lat, lon: no place on Earth")
    radius = _number(file, number, row, "radius_m")
    if not 0 < radius <= _LARGEST_M:
        raise _wrong(file, number, f"radius_m: must be above 0 and at most {_LARGEST_M:.0f}")
    return Known(
        id=f"{digest[:12]}:{number}", name=name, kind=str(row.get("kind") or "facility"),
        parent=str(row.get("parent") or "") or None, country=None, lat=position[0], lon=position[1], radius_m=radius,
        population=0, main=True, own=True,
    )  # fmt: skip


def _aliases(row: Mapping[str, Any]) -> list[str]:
    told = row.get("aliases") or ""
    parts = told if isinstance(told, list) else str(told).split("|")
    return [str(one).strip() for one in parts if name_key(str(one))]


def _number(file: Path, number: int, row: Mapping[str, Any], name: str) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError) as err:
        raise _wrong(file, number, f"{name}: not a number") from err


def _wrong(file: Path, number: int, what: str) -> Misconfigured:
    return Misconfigured(f"{file}, row {number}: {what}", next_step="correct the row named in the gazetteer")
