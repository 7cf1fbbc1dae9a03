"""Geographer: names and metres that an atlas gives, offline."""

from collections.abc import Callable

import pytest

from pipeline.core.ports import Geographer
from pipeline.engines.geography import Geography
from pipeline.weights import Installed

_OPEN: list[Geography] = []
"""Opened once: it takes most of a second, and answers without a memory."""


@pytest.fixture
def atlas(installed: Callable[[str], Installed]) -> Geography:
    if not _OPEN:
        _OPEN.append(Geography(installed("places")))
    return _OPEN[0]


def test_it_is_a_geographer(atlas: Geography) -> None:
    assert isinstance(atlas, Geographer)


@pytest.mark.parametrize(
    ("position", "name", "country"),
    [
        ((36.2021, 37.1343), "Aleppo", "Syrian Arab Republic"),
        ((35.9306, 36.6339), "Idlib", "Syrian Arab Republic"),
        ((33.5718, 36.4027), "Dūmā", "Syrian Arab Republic"),
        ((-16.80, 179.99), "Labasa", "Fiji"),
        ((-16.80, -179.99), "Labasa", "Fiji"),  # the same place, seen from across the 180th meridian
    ],
)
def test_the_nearest_settlement(atlas: Geography, position: tuple[float, float], name: str, country: str) -> None:
    found = atlas.nearest(*position)
    assert found is not None
    assert (found.name, found.country) == (name, country)
    assert found.distance_m == pytest.approx(atlas.distance(position, (found.lat, found.lon)), abs=0.1)


def test_far_north_a_degree_of_longitude_is_short(atlas: Geography) -> None:
    # By degrees another town would be nearer; by metres it is Longyearbyen.
    found = atlas.nearest(78.9, 11.9)
    assert found is not None
    assert found.name == "Longyearbyen"


@pytest.mark.parametrize("position", [(91.0, 0.0), (0.0, 181.0), (float("nan"), 0.0), (0.0, float("inf"))])
def test_what_is_no_position_has_no_name(atlas: Geography, position: tuple[float, float]) -> None:
    assert atlas.nearest(*position) is None


def test_distances_are_geodesics_on_wgs84(atlas: Geography) -> None:
    # New York to London and to Singapore, as in the manual of GeographicLib's GeodSolve.
    assert atlas.distance((40.6, -73.8), (51.6, -0.5)) == pytest.approx(5_551_759.400, abs=0.01)
    new_york, singapore = (40 + 38 / 60 + 23 / 3600, -73 - 46 / 60 - 44 / 3600), (1.359167, 103.989444)
    assert atlas.distance(new_york, singapore) == pytest.approx(15_347_628, abs=2)
    assert atlas.distance((36.2, 37.16), (36.2, 37.16)) == 0
