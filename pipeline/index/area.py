"""Area: a circle on the globe, and whether a position lies in it."""

import math
from dataclasses import dataclass

from pipeline.errors import Misconfigured

_EARTH_KM = 6371.0088
"""Mean radius; a sphere is within 0.6 % of the ellipsoid, enough to filter by kilometres."""
_HALF_ROUND_KM = math.pi * _EARTH_KM


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """All within ``km`` of a position (WGS 84, degrees). ``Misconfigured`` (E-QUERY-001) where it makes no sense."""

    lat: float
    lon: float
    km: float

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180 and 0 < self.km < math.inf):  # noqa: PLR2004 # degrees
            raise Misconfigured(f"no area: {self.lat}, {self.lon}, {self.km} km", code="E-QUERY-001")

    @classmethod
    def parse(cls, text: str) -> "Area":
        """Read ``LAT,LON,KM``."""
        try:
            lat, lon, km = (float(part) for part in text.split(","))
        except ValueError as err:
            raise Misconfigured(f"not LAT,LON,KM: {text!r}", code="E-QUERY-001") from err
        return cls(lat=lat, lon=lon, km=km)

    def distance_km(self, lat: float, lon: float) -> float:
        """Return the great-circle distance from the centre (haversine)."""
        a, b = math.radians(self.lat), math.radians(lat)
        half = math.sin((b - a) / 2) ** 2
        half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon - self.lon) / 2) ** 2
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))

    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Return boxes (south, north, west, east) that cover the circle; two where it crosses 180°."""
        reach = math.degrees(self.km / _EARTH_KM) + 1e-6
        south, north = self.lat - reach, self.lat + reach
        if south <= -90 or north >= 90:  # noqa: PLR2004  # a pole inside: every meridian passes
            return [(south, north, -180.0, 180.0)]
        angle = min(self.km, _HALF_ROUND_KM / 2) / _EARTH_KM
        wide = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(self.lat))))) + 1e-6
        west, east = self.lon - wide, self.lon + wide
        if west < -180:  # noqa: PLR2004  # over the edge: a box on either side of it
            return [(south, north, -180.0, east), (south, north, west + 360, 180.0)]
        if east > 180:  # noqa: PLR2004  # the same, eastwards
            return [(south, north, west, 180.0), (south, north, -180.0, east - 360)]
        return [(south, north, west, east)]
