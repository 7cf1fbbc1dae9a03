"""Ports of geography: names of places, positions, distances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.core.ports.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A named place near a position; ``distance_m`` from the position asked about (geodesic); ``code``: ISO 3166."""

    name: str
    admin: str | None
    country: str
    lat: float
    lon: float
    distance_m: float
    code: str | None = None


@runtime_checkable
class Geographer(Engine, Protocol):
    """Places: names for positions, and distances on the WGS 84 ellipsoid. Offline."""

    def nearest(self, lat: float, lon: float) -> Place | None:
        """Name the nearest known settlement."""
        ...

    def distance(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Return the geodesic distance in metres between two (lat, lon)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A place that a name may mean, WGS 84; ``radius_m`` reaches from its middle to its edge.

    ``id`` names it within its gazetteer. ``country`` is ISO 3166, ``population`` 0 where unknown. ``main``:
    the name asked for is its own, not one of its aliases. ``own``: from a list that somebody drew up for this work.
    """

    id: str
    name: str
    kind: str
    parent: str | None
    country: str | None
    lat: float
    lon: float
    radius_m: float
    population: int
    main: bool
    own: bool


@runtime_checkable
class Gazetteer(Engine, Protocol):
    """Places by name, in any script."""

    asks: bool
    """Whether a geocoding server is configured, and ``ask`` may be called."""

    def look_up(self, names: Sequence[str]) -> Mapping[str, tuple[Known, ...]]:
        """Return what each name may mean, likeliest first; names as ``core.gazetteer.name_key`` writes them."""
        ...

    def ask(self, name: str, language: str | None) -> tuple[Known, ...]:
        """Ask the geocoding server; nothing without one. ``Unavailable`` (E-HOST-001) when it does not answer."""
        ...
