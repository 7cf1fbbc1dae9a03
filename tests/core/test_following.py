"""Following: a thing that stays in its place is one track; what is seen once, or elsewhere, is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.boxes import best, inside, overlap
from pipeline.core.following import follow
from pipeline.core.ports import Found


def thing(label: str, left: float, top: float = 0.2, score: float = 0.5) -> Found:
    return Found(label=label, score=score, box=(left, top, 0.2, 0.2))


def test_a_car_that_moves_a_little_is_one_track() -> None:
    frames = [[thing("car", 0.1), thing("dog", 0.6)], [thing("car", 0.15)], [thing("car", 0.2), thing("dog", 0.6)]]
    assert follow(frames) == [[0, None], [0], [0, None]]


def test_another_label_or_another_place_is_another_thing() -> None:
    assert follow([[thing("car", 0.1)], [thing("bus", 0.1)]]) == [[None], [None]]
    assert follow([[thing("car", 0.1)], [thing("car", 0.7)]]) == [[None], [None]]


def test_two_alike_keep_their_places() -> None:
    frames = [[thing("person", 0.1), thing("person", 0.5)], [thing("person", 0.52), thing("person", 0.1)]]
    assert follow(frames) == [[0, 1], [1, 0]]


def test_no_thing_belongs_to_two_tracks_in_a_frame() -> None:
    frames = [[thing("person", 0.1), thing("person", 0.12)], [thing("person", 0.11)]]
    first, (second,) = follow(frames)
    assert sorted(first, key=str) == [0, None]
    assert second == 0


def test_no_frame_no_track() -> None:
    assert follow([]) == []
    assert follow([[thing("car", 0.1)]]) == [[None]]


_side = st.floats(-0.5, 1.5)


@given(_side, _side, _side, _side)
def test_a_box_lies_in_its_picture(left: float, top: float, right: float, bottom: float) -> None:
    x, y, width, height = inside(left, top, right, bottom)
    assert 0 <= x <= 1
    assert 0 <= y <= 1
    assert 0 <= x + width <= 1 + 1e-9
    assert 0 <= y + height <= 1 + 1e-9


def test_the_overlap_is_the_shared_part_of_all() -> None:
    assert overlap((0, 0, 0.2, 0.2), (0.1, 0, 0.2, 0.2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 0.2, 0.2), (0.5, 0.5, 0.2, 0.2)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def test_of_boxes_on_one_thing_the_surest_stays_and_another_label_beside_it() -> None:
    found = [thing("cat", 0.1, score=0.4), thing("cat", 0.11, score=0.9), thing("dog", 0.1, score=0.3)]
    kept = best(found, most_overlap=0.5)
    assert [(one.label, one.score) for one in kept] == [("cat", 0.9), ("dog", 0.3)]
    assert best(found, most_overlap=0.99) == tuple(sorted(found, key=lambda one: -one.score))
