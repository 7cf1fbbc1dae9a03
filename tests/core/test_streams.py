"""Streams: numbers as numbers, and nothing where nothing is said."""

from fractions import Fraction

import pytest

from pipeline.core.streams import beginning, counted, number, ratio, roles, rotation, seconds, still, whole


def test_numbers_come_in_any_spelling() -> None:
    written: tuple[object, ...] = ("1.5", 2, None, "N/A", "inf", "nan", [])
    assert [number(one) for one in written] == [1.5, 2.0, None, None, None, None, None]
    assert whole("44100") == 44100
    assert ratio("30000/1001") == Fraction(30000, 1001)
    assert [ratio(one) for one in ("0/0", "0/1", None, "x")] == [None] * 4


def test_a_clock_that_was_never_set_begins_at_nought() -> None:
    told: tuple[object, ...] = ("1.5", "-0.25", None, "4611686018427388.0", "nan")
    assert [beginning({"start_time": one}) for one in told] == [Fraction(3, 2), Fraction(-1, 4), 0, 0, 0]


def test_numbers_that_nothing_can_hold_are_none() -> None:
    assert [whole(one) for one in ("1e308", 2**53, "-1e99", 10**400)] == [None] * 4
    assert [ratio(one) for one in ("1e999999999", "9" * 99, "1/" + "9" * 99)] == [None] * 3
    assert seconds({"tags": {"DURATION": "1e308:00:00"}}) is None


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ({"duration": "9.5"}, 9.5),
        ({"tags": {"DURATION": "01:02:03.500000000"}}, 3723.5),
        ({"tags": {"DURATION": "soon"}}, None),
        ({}, None),
    ],
)
def test_durations_may_stand_in_a_tag(stream: dict[str, object], expected: float | None) -> None:
    assert seconds(stream) == expected


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ({"side_data_list": [{"rotation": -90}]}, 90),
        ({"side_data_list": [{"rotation": 90}]}, 270),
        ({"tags": {"rotate": "180"}}, 180),
        ({"side_data_list": [{}]}, None),
    ],
)
def test_rotation_is_clockwise(stream: dict[str, object], expected: int | None) -> None:
    assert rotation(stream) == expected


def test_a_cover_is_no_moving_picture() -> None:
    assert still(roles({"disposition": {"attached_pic": 1, "default": 0}}))
    assert not still(roles({"disposition": {"attached_pic": 0, "default": 1}}))
    assert roles({}) == ()


def test_frames_are_counted_by_the_container_or_not_at_all() -> None:
    assert counted([{"index": 0}, {"index": 1, "nb_frames": "50"}], 1) == 50
    assert counted([{"index": 0}], 0) is None
    assert counted([], 0) is None
