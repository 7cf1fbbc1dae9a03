"""Grid: positions from UTM, MGRS and plus codes, by their published definitions, on WGS 84."""

import math
from dataclasses import dataclass

from pipeline.core.position import DEGREE_M

_A = 6_378_137.0
_F = 1 / 298.257223563
_N = _F / (2 - _F)
_E = math.sqrt(_F * (2 - _F))
_SCALE = 0.9996
_RADIUS = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_FALSE_EAST, _FALSE_NORTH = 500_000.0, 10_000_000.0
# Krüger's series to the third order: within a millimetre inside a zone.
_BETA = (_N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96, _N**2 / 48 + _N**3 / 15, 17 * _N**3 / 480)

BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_SQUARE = 100_000.0
_TURN = 2_000_000.0
_ZONES = 60

PLUS = "23456789CFGHJMPQRVWX"
PLUS_FULL = 8
_PLUS_PAIRS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """The middle of a square of a grid, WGS 84 degrees; ``radius_m`` reaches its corners."""

    lat: float
    lon: float
    radius_m: float


def from_utm(zone: int, north: bool, easting: float, northing: float, step: float = 1.0) -> Square | None:
    """Read UTM metres; ``None`` outside the zone or the hemisphere. ``step``: how finely it is written, in metres."""
    if not (1 <= zone <= _ZONES and 100_000 <= easting < 900_000 and 0 <= northing <= _FALSE_NORTH):  # noqa: PLR2004 (a zone's width)
        return None
    lat, lon = _inverse(easting - _FALSE_EAST, northing if north else northing - _FALSE_NORTH)
    lon += zone * 6 - 183
    if not -80.5 <= lat <= 84.5 or (lat < 0) is north:  # noqa: PLR2004 (UTM ends there)
        return None
    return Square(lat=lat, lon=(lon + 180) % 360 - 180, radius_m=step * math.sqrt(0.5))


def from_mgrs(zone: int, band: str, square: str, digits: str) -> Square | None:
    """Read an MGRS reference; ``None`` where no such square is. ``digits``: easting, then northing, as many each."""
    half = len(digits) // 2
    column = _COLUMNS[(zone - 1) % 3].find(square[0])
    row = _ROWS.find(square[1])
    if not 1 <= zone <= _ZONES or band not in BANDS or column < 0 or row < 0 or len(digits) % 2:
        return None
    step = 10.0 ** (5 - half)
    easting = (column + 1) * _SQUARE + (int(digits[:half] or 0) + 0.5) * step
    northing = (row - (0 if zone % 2 else 5)) % 20 * _SQUARE + (int(digits[half:] or 0) + 0.5) * step
    south = -80.0 + 8 * BANDS.index(band)
    upper = 84.0 if band == "X" else south + 8
    for turn in range(6):  # the rows repeat every two thousand kilometres: the band says which
        found = from_utm(zone, band >= "N", easting, northing + turn * _TURN, step)
        # Two bands have zones that are drawn wider, for Norway and Svalbard.
        off = abs((found.lon - zone * 6 + 363) % 360 - 180) if found else 0.0
        if found and off <= (6.2 if band in "VX" else 3.2) and south - 1 <= found.lat <= upper + 1:
            return found
    return None


def from_plus_code(code: str, near: tuple[float, float] | None = None) -> Square | None:
    """Read an Open Location Code; a short one needs a reference (lat, lon), else ``None``."""
    head, _, tail = code.upper().partition("+")
    if near and len(head) < PLUS_FULL:
        return _recovered(head, tail, near)
    digits = head.rstrip("0") + tail
    if (
        len(head) != PLUS_FULL
        or any(one not in PLUS for one in digits)
        or (len(digits) % 2 and len(digits) < _PLUS_PAIRS)
    ):
        return None
    lat, lon, place = -90.0, -180.0, 20.0
    for high, low in zip(digits[:_PLUS_PAIRS:2], digits[1:_PLUS_PAIRS:2], strict=False):
        lat, lon, height = lat + PLUS.index(high) * place, lon + PLUS.index(low) * place, place
        place /= 20
    width = height
    for one in digits[_PLUS_PAIRS:15]:
        row, column = divmod(PLUS.index(one), 4)
        height, width = height / 5, width / 4
        lat, lon = lat + row * height, lon + column * width
    lat, lon = lat + height / 2, lon + width / 2
    if not (abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 (the first pair can say more than there is)
        return None
    metres = math.hypot(height, width * math.cos(math.radians(lat))) / 2 * DEGREE_M
    return Square(lat=lat, lon=lon, radius_m=metres)


def _recovered(head: str, tail: str, near: tuple[float, float]) -> Square | None:
    """Complete a short code by the reference: of all squares that it may mean, the nearest."""
    missing = PLUS_FULL - len(head)
    if missing not in {2, 4, 6}:
        return None
    size = 20.0 ** (2 - missing / 2)
    found = from_plus_code(_plus_prefix(near, missing) + head + "+" + tail)
    if found is None:
        return None
    lat = found.lat + size * round((near[0] - found.lat) / size)
    lon = found.lon + size * round((near[1] - found.lon) / size)
    if abs(lat) > 90:  # noqa: PLR2004 (the nearest one lies beyond the pole)
        return None
    return Square(lat=lat, lon=(lon + 180) % 360 - 180, radius_m=found.radius_m)


def _plus_prefix(near: tuple[float, float], length: int) -> str:
    lat, lon, place, digits = near[0] + 90, near[1] + 180, 20.0, ""
    for _ in range(length // 2):
        digits += PLUS[int(lat // place) % 20] + PLUS[int(lon // place) % 20]
        lat, lon, place = lat % place, lon % place, place / 20
    return digits


def _inverse(x: float, y: float) -> tuple[float, float]:
    """Return latitude and longitude from the central meridian, in degrees."""
    xi, eta = y / (_SCALE * _RADIUS), x / (_SCALE * _RADIUS)
    xi_, eta_ = xi, eta
    for n, beta in enumerate(_BETA, 1):
        xi_ -= beta * math.sin(2 * n * xi) * math.cosh(2 * n * eta)
        eta_ -= beta * math.cos(2 * n * xi) * math.sinh(2 * n * eta)
    conformal = math.sin(xi_) / math.hypot(math.sinh(eta_), math.cos(xi_))
    lon = math.atan2(math.sinh(eta_), math.cos(xi_))
    tau = conformal
    for _ in range(5):  # from the conformal to the geodetic latitude, by Newton
        sigma = math.sinh(_E * math.atanh(_E * tau / math.hypot(1, tau)))
        guess = tau * math.hypot(1, sigma) - sigma * math.hypot(1, tau)
        slope = (1 + (1 - _E**2) * tau**2) / ((1 - _E**2) * math.hypot(1, tau))
        tau += (conformal - guess) / math.hypot(1, guess) * slope
    return math.degrees(math.atan(tau)), math.degrees(lon)
