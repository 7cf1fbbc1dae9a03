"""Outlines: a position falls into the country in which it lies."""

import re

import pytest

from pipeline.exports.outlines import paths, view_of


def inside(point: tuple[float, float], path: str) -> bool:
    """Count crossings of a ray to the right with every ring of a path."""
    x, y = point
    crossings = 0
    for ring in re.findall(r"M([^Z]+)Z", path):
        corners = [tuple(map(float, pair.split())) for pair in ring.split("L")]
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


@pytest.mark.parametrize(
    ("lat", "lon", "country"),
    [
        (36.2, 37.13, "Syria"), (33.51, 36.29, "Syria"), (36.19, 44.01, "Iraq"), (39.93, 32.86, "Turkey"),
        (33.85, 35.9, "Lebanon"), (48.86, 2.35, "France"), (52.52, 13.4, "Germany"), (-33.87, 151.0, "Australia"),
        (64.1, -21.5, "Iceland"),
    ],
)  # fmt: skip
def test_a_capital_lies_in_its_country(lat: float, lon: float, country: str) -> None:
    view = view_of([(lat, lon)])
    assert [name for name, path in paths(view) if inside(view.place(lat, lon), path)] == [country]


def test_all_positions_are_in_the_view_with_room_around() -> None:
    spots = [(36.2, 37.1), (33.5, 36.3), (35.9, 36.6)]
    view = view_of(spots)
    for lat, lon in spots:
        x, y = view.place(lat, lon)
        assert 0.05 * view.width < x < 0.95 * view.width
        assert 0.05 * view.height < y < 0.95 * view.height


def test_the_ends_of_the_earth_can_be_shown_together() -> None:
    view = view_of([(70.0, -170.0), (-60.0, 175.0)])
    assert view.width > 0
    assert len(paths(view)) > 150
