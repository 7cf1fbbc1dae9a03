"""Tracks: thinned without losing their shape, and impossible jumps set apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.embedded import embedded_fixes
from pipeline.core.tracks import MOST_FIXES, Fix, apart, simplify


def _line(count: int, start: float = 0.0, lat: float = 36.2, lon: float = 37.1) -> list[Fix]:
    return [Fix(lat=lat + 1e-4 * at, lon=lon, t=start + at) for at in range(count)]


def test_a_straight_line_is_its_ends() -> None:
    track = simplify(_line(1000))
    assert track is not None
    assert (track.count, track.strays, track.jumps) == (1000, 0, ())
    assert [one.t for one in track.fixes] == [0, 999]
    assert track.extent == pytest.approx((36.2, 37.1, 36.2999, 37.1))
    assert track.length_m == pytest.approx(999 * 11.12, rel=0.01)


def test_a_circle_keeps_its_shape_in_few_fixes() -> None:
    circle = [
        Fix(lat=36 + 0.01 * math.sin(at / 500 * math.tau), lon=37 + 0.01 * math.cos(at / 500 * math.tau), t=float(at))
        for at in range(500)
    ]
    track = simplify(circle)
    assert track is not None
    assert len(track.fixes) <= MOST_FIXES
    farthest = max(min(apart((one.lat, one.lon), (kept.lat, kept.lon)) for kept in track.fixes) for one in circle)
    assert farthest < 150


def test_an_impossible_jump_is_said_and_its_fixes_stay_out() -> None:
    fixes = [*_line(50), Fix(lat=10.0, lon=10.0, t=50.0), *_line(50, start=51, lat=36.2051)]
    track = simplify(fixes)
    assert track is not None
    assert (track.count, track.strays, len(track.jumps)) == (101, 1, 2)
    assert track.jumps[0].t == 50.0
    assert track.jumps[0].metres > 3_000_000
    assert track.extent[0] > 36


def test_across_the_180th_meridian_the_extent_is_narrow() -> None:
    track = simplify([Fix(lat=-16.8, lon=179.999 if at < 5 else -179.999, t=float(at)) for at in range(10)])
    assert track is not None
    assert (track.extent[1], track.extent[3]) == (179.999, -179.999)
    assert track.jumps == ()


def test_no_fix_is_no_track() -> None:
    assert simplify([]) is None


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.none() | st.floats(0, 1e5)), max_size=40))
def test_nothing_breaks_it(points: list[tuple[float, float, float | None]]) -> None:
    track = simplify([Fix(lat=lat, lon=lon, t=t) for lat, lon, t in points])
    if track:
        assert track.count == len(points)
        assert 0 < len(track.fixes) <= track.count - track.strays


def test_samples_of_a_recording_become_fixes() -> None:
    told = {
        "Doc1:SampleTime": 0, "Doc1:SampleDuration": 1.0,
        "Doc1-1:GPSLatitude": 33.5, "Doc1-1:GPSLongitude": 36.25,
        "Doc1-2:GPSLatitude": 33.6, "Doc1-2:GPSLongitude": 36.25,
        "Doc2:SampleTime": 1.0, "Doc2:GPSLatitude": 33.7, "Doc2:GPSLongitude": 36.25, "Doc2:GPSHPositioningError": 25,
        "Doc3:SampleTime": 2.0, "Doc3:GPSLatitude": 33.8,
        "Doc4:SampleTime": 3.0, "Doc4:GPSLatitude": 0, "Doc4:GPSLongitude": 0,
        "Doc5:SampleTime": 4.0, "Doc5:GPSLatitude": 33.9, "Doc5:GPSLongitude": 36.25, "Doc5:GPSMeasureMode": 0,
    }  # fmt: skip
    fixes = embedded_fixes(told)
    assert [(one.t, one.lat) for one in fixes] == [(0.0, 33.5), (0.5, 33.6), (1.0, 33.7)]
    assert fixes[2].radius_m == 25
