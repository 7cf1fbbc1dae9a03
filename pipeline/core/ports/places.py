"""Ports of geography: names of places, positions, distances."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.core.ports.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named place near a position; ``distance_m`` from the position asked about (geodesic)."""

    name: str
    admin: str | None
    country: str
    lat: float
    lon: float
    distance_m: float


@runtime_checkable
class Geographer(Engine, Protocol):
    """Places: names for positions, and distances on the WGS 84 ellipsoid. Offline."""

    def nearest(self, lat: float, lon: float) -> Place | None:
        """Name the nearest known settlement."""
        ...

    def distance(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Return the geodesic distance in metres between two (lat, lon)."""
        ...
