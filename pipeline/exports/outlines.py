"""Outlines: the countries around a few positions, as paths to draw; packaged, so that no map server hears of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Any

Point = tuple[float, float]
"""Longitude, latitude."""

_FILE = Path(__file__).with_name("natural_earth.json")
_LEAST_DEGREES = 3.0
_MARGIN = 0.35
_FAR_NORTH = 84.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of the earth, drawn so that a kilometre is as long eastwards as northwards in its middle."""

    west: float
    south: float
    east: float
    north: float

    @property
    def stretch(self) -> float:
        """How much narrower a degree of longitude is than one of latitude."""
        return cos(radians((self.south + self.north) / 2))

    @property
    def width(self) -> float:
        """Width in degrees of latitude."""
        return (self.east - self.west) * self.stretch

    @property
    def height(self) -> float:
        """Height in degrees of latitude."""
        return self.north - self.south

    def place(self, lat: float, lon: float) -> Point:
        """Return where a position lies: x to the right, y downwards, in degrees of latitude."""
        return (lon - self.west) * self.stretch, self.north - lat


def view_of(positions: Sequence[tuple[float, float]], *, ratio: float = 1.8) -> View:
    """Return the part of the earth that holds all (lat, lon), with room around; width is ``ratio`` times height."""
    lats, lons = [lat for lat, _ in positions], [lon for _, lon in positions]
    middle, across = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    stretch = max(cos(radians(middle)), 0.1)
    height = max(max(lats) - min(lats), (max(lons) - min(lons)) * stretch / ratio, _LEAST_DEGREES) * (1 + 2 * _MARGIN)
    height = min(height, 2 * _FAR_NORTH)
    south = max(min(middle - height / 2, _FAR_NORTH - height), -_FAR_NORTH)
    wide = min(height * ratio / stretch, 360.0)
    return View(west=across - wide / 2, south=south, east=across + wide / 2, north=south + height)


def paths(view: View) -> list[tuple[str, str]]:
    """Return (name, SVG path) of every country that reaches into the view."""
    found = []
    for name, rings in _countries():
        shapes = [_path(ring, view) for ring in rings if _touches(ring, view)]
        if shapes:
            found.append((name, "".join(shapes)))
    return found


def country_at(view: View, x: float, y: float) -> str | None:
    """Return the country at a place of the view; ``None`` at sea."""
    lon, lat = x / view.stretch + view.west, view.north - y
    return next((name for name, rings in _countries() if sum(_holds(ring, lon, lat) for ring in rings) % 2), None)


def _holds(ring: "_Ring", lon: float, lat: float) -> bool:
    """Tell whether a ring goes around a point: count its crossings of a ray to the east."""
    inside = False
    west, south, east, north = ring.box
    if not (west <= lon <= east and south <= lat <= north):
        return False
    for (x1, y1), (x2, y2) in pairwise((*ring.points, ring.points[0])):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _path(ring: "_Ring", view: View) -> str:
    points: list[str] = []
    last = ""
    for lon, lat in ring.points:
        x, y = view.place(lat, lon)
        text = f"{x:.3f} {y:.3f}"
        if text != last:
            points.append(text)
        last = text
    return f"M{'L'.join(points)}Z"


def _touches(ring: "_Ring", view: View) -> bool:
    west, south, east, north = ring.box
    return west <= view.east and east >= view.west and south <= view.north and north >= view.south


@dataclass(frozen=True, slots=True)
class _Ring:
    """A closed line, and the box that it lies in: west, south, east, north."""

    points: tuple[Point, ...]
    box: tuple[float, float, float, float]


@cache
def _countries() -> tuple[tuple[str, tuple[_Ring, ...]], ...]:
    value: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    (across, up), (west, south) = value["scale"], value["translate"]
    arcs = [_arc(one, across, up, west, south) for one in value["arcs"]]
    return tuple(
        (one["name"], tuple(_ring(ring, arcs) for ring in one["rings"])) for one in value["countries"]
    )  # fmt: skip


def _arc(steps: Sequence[int], across: float, up: float, west: float, south: float) -> list[Point]:
    points, x, y = [], 0, 0
    for at in range(0, len(steps), 2):
        x, y = x + steps[at], y + steps[at + 1]
        points.append((x * across + west, y * up + south))
    return points


def _ring(numbers: Sequence[int], arcs: Sequence[list[Point]]) -> _Ring:
    points: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    lons, lats = zip(*points, strict=True)
    return _Ring(tuple(points), (min(lons), min(lats), max(lons), max(lats)))
