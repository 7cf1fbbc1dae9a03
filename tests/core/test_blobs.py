"""Blobs are where the bright and dark spots are, and stay there when the picture is cut or made larger."""

import math

import numpy as np
import pytest

from pipeline.core.blobs import Blob, Plane, blobs


def spots(width: int, height: int, *them: tuple[float, float, float]) -> Plane:
    """Draw soft spots on grey: x, y, sigma in pixels."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    plane = np.full((height, width), 0.4, np.float32)
    for at, down, sigma in them:
        plane += 0.5 * np.exp(-((x - at) ** 2 + (y - down) ** 2) / (2 * sigma**2))
    return plane


def nearest(found: list[Blob], x: float, y: float) -> Blob:
    return min(found, key=lambda one: math.hypot(one.x - x, one.y - y))


def test_each_spot_is_found_where_it_is() -> None:
    found = blobs(spots(400, 300, (100, 80, 6), (260, 200, 12)), 2)

    assert [(nearest(found, *at).x, nearest(found, *at).y) for at in ((100, 80), (260, 200))] == [
        pytest.approx((100.5, 80.5), abs=2), pytest.approx((260.5, 200.5), abs=3),
    ]  # fmt: skip


def test_a_larger_spot_has_a_larger_window() -> None:
    small, large = (blobs(spots(400, 400, (200, 200, sigma)), 1)[0] for sigma in (6, 12))

    assert large.half / small.half == pytest.approx(2, rel=0.3)


def test_a_window_lies_wholly_in_the_picture() -> None:
    found = blobs(spots(300, 300, (10, 150, 8), (150, 150, 8)), 10)

    assert found
    assert all(one.half <= min(one.x, one.y, 300 - one.x, 300 - one.y) for one in found)


@pytest.mark.parametrize("plane", [np.full((200, 300), 0.5, np.float32), np.zeros((10, 10), np.float32)])
def test_nothing_is_found_where_nothing_is(plane: Plane) -> None:
    assert blobs(plane, 10) == []


def test_a_straight_edge_is_no_blob() -> None:
    plane = np.zeros((256, 256), np.float32)
    plane[:, 128:] = 1

    assert blobs(plane, 10) == []


def test_no_more_than_asked_for_and_the_strongest_first() -> None:
    plane = np.random.default_rng(1).random((256, 256)).astype(np.float32)
    some, more = blobs(plane, 5), blobs(plane, 50)

    assert some == more[:5]
    assert [one.strength for one in more] == sorted((one.strength for one in more), reverse=True)
