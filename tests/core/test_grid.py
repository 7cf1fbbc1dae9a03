"""Grids: positions as the reference implementations give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.grid import BANDS, from_mgrs, from_plus_code, from_utm


@pytest.mark.parametrize(
    ("zone", "north", "easting", "northing", "at"),
    [  # by PROJ's own formulas, to the metre
        (37, True, 332_269.936, 4_007_977.952, (36.2021, 37.1343)),
        (56, False, 334_900.570, 6_252_288.753, (-33.8568, 151.2153)),
        (31, True, 448_251.795, 5_411_932.678, (48.8582, 2.2945)),
    ],
)
def test_utm(zone: int, north: bool, easting: float, northing: float, at: tuple[float, float]) -> None:
    found = from_utm(zone, north, easting, northing)
    assert found is not None
    assert (found.lat, found.lon) == pytest.approx(at, abs=1e-5)


@pytest.mark.parametrize(
    ("zone", "band", "square", "digits", "at"),
    [
        (37, "S", "CA", "3226907977", (36.2021, 37.1343)),
        (56, "H", "LH", "3490052288", (-33.8568, 151.2153)),
        (37, "S", "CA", "322079", (36.2021, 37.1343)),
    ],
)
def test_mgrs(zone: int, band: str, square: str, digits: str, at: tuple[float, float]) -> None:
    found = from_mgrs(zone, band, square, digits)
    assert found is not None
    assert (found.lat, found.lon) == pytest.approx(at, abs=found.radius_m / 80_000)


def test_plus_codes() -> None:
    found = from_plus_code("8G8V642M+RP")
    assert found is not None
    assert (found.lat, found.lon) == pytest.approx((36.2021, 37.1343), abs=1e-4)
    assert from_plus_code("642M+RP") is None
    again = from_plus_code("642M+RP", (36.25, 37.0))
    assert again is not None
    assert (again.lat, again.lon) == pytest.approx((found.lat, found.lon), abs=1e-9)


@pytest.mark.parametrize(
    ("zone", "band", "square", "digits"),
    [(61, "S", "CA", "123456"), (37, "I", "CA", "123456"), (37, "S", "AA", "123456"), (37, "S", "CA", "12345")],
)
def test_squares_that_do_not_exist(zone: int, band: str, square: str, digits: str) -> None:
    assert from_mgrs(zone, band, square, digits) is None


@given(
    st.integers(0, 99), st.sampled_from(BANDS), st.text("ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=2, max_size=2),
    st.text("0123456789", min_size=10, max_size=10),
)  # fmt: skip
def test_whatever_is_written_only_places_on_earth_come_out(zone: int, band: str, square: str, digits: str) -> None:
    found = from_mgrs(zone, band, square, digits)
    assert found is None or (-80.5 <= found.lat <= 84.5 and -180 <= found.lon <= 180)
