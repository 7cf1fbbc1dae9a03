"""Distances on the globe, and boxes that leave nothing out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.index.area import Area

lats = st.floats(-90, 90)
lons = st.floats(-180, 180)


def test_mosul_to_erbil_is_eighty_kilometres() -> None:
    assert Area(lat=36.335, lon=43.119, km=1).distance_km(36.191, 44.009) == pytest.approx(81.3, abs=0.5)


def test_a_quarter_round_the_earth() -> None:
    assert Area(lat=0, lon=0, km=1).distance_km(0, 90) == pytest.approx(10007.6, abs=0.1)
    assert Area(lat=90, lon=0, km=1).distance_km(-90, 77) == pytest.approx(20015.1, abs=0.1)


@given(lats, lons, st.floats(0.001, 25000), lats, lons)
def test_what_lies_in_the_circle_lies_in_a_box(lat: float, lon: float, km: float, there: float, across: float) -> None:
    area = Area(lat=lat, lon=lon, km=km)
    boxed = any(south <= there <= north and west <= across <= east for south, north, west, east in area.boxes())
    assert boxed or area.distance_km(there, across) > km


def test_it_is_read_as_it_is_typed() -> None:
    assert Area.parse("36.3, 43.1,10") == Area(lat=36.3, lon=43.1, km=10)
