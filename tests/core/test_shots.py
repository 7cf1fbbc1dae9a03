"""Shots told from small frames alone: what is a cut, what is not, and which frame stands for a view."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.glances import Glances, Seen
from pipeline.core.ports.moving import GLANCE, Instant
from pipeline.core.shots import EVERY, Parts, divide

Frames = NDArray[np.uint8]
TICK = Fraction(1, 25)


def view(number: int, count: int, *, across: float = 0.0, grain: float = 2.0) -> Frames:
    """A view of its own: soft blobs, moving ``across`` points each frame, with grain."""
    random = np.random.default_rng(number)
    rows, columns = GLANCE
    y, x = np.mgrid[0:rows, 0 : columns * 4]
    wide = np.full((3, rows, columns * 4), 128.0)
    for _ in range(60):
        blob = np.exp(-(((x - random.uniform(0, columns * 4)) / 5) ** 2 + ((y - random.uniform(0, rows)) / 4) ** 2))
        wide += blob * random.uniform(-90, 90, (3, 1, 1)) * np.array([1.0, 0.5, 0.5])[:, None, None]
    frames = [wide[:, :, int(place * across) : int(place * across) + columns] for place in range(count)]
    noisy = np.stack(frames) + random.normal(0, grain, (count, 3, rows, columns))
    return np.clip(noisy, 16, 235).astype(np.uint8)


def watch(frames: Frames, *, batch: int = 50, keys: Sequence[int] = (0,)) -> Seen:
    glances = Glances()
    for start in range(0, len(frames), batch):
        some = frames[start : start + batch]
        instants = [
            Instant(pts=start + place, key=start + place in keys, width=640, height=360, sar=(1, 1))
            for place in range(len(some))
        ]
        glances.take(some, instants)
    return glances.finish()


def begins(parts: Parts) -> list[tuple[int, str]]:
    return [(one.first, one.begins) for one in parts.kept]


def test_a_cut_is_found_to_the_frame() -> None:
    film = np.concatenate([view(1, 40), view(2, 33), view(3, 50)])
    assert begins(divide(watch(film), TICK, 99)) == [(0, "start"), (40, "cut"), (73, "cut")]


@pytest.mark.parametrize("batch", [1, 7, 200, 1000])
def test_it_does_not_matter_in_which_pieces_the_frames_come(batch: int) -> None:
    film = np.concatenate([view(number, 37, across=number % 3) for number in range(20)])
    assert watch(film, batch=batch).cuts == watch(film, batch=64).cuts


def test_a_flash_is_no_cut() -> None:
    film = view(4, 90).astype(np.int16)
    film[40:43, 0] += 100
    assert begins(divide(watch(np.clip(film, 16, 235).astype(np.uint8)), TICK, 99)) == [(0, "start")]


def test_a_pan_is_no_cut() -> None:
    assert begins(divide(watch(view(5, 120, across=1.5)), TICK, 99)) == [(0, "start")]


def test_light_that_changes_is_no_cut() -> None:
    film = view(6, 120).astype(np.float32)
    film[:, 0] = 16 + (film[:, 0] - 16) * np.linspace(1, 0.5, 120)[:, None, None]
    film[60:, 0] = 16 + (film[60:, 0] - 16) * 0.7
    assert begins(divide(watch(film.astype(np.uint8)), TICK, 99)) == [(0, "start")]


def test_a_dissolve_is_one_boundary_near_its_middle() -> None:
    one, other = view(7, 80).astype(np.float32), view(8, 80).astype(np.float32)
    share = np.linspace(0, 1, 20)[:, None, None, None]
    mixed = one[60:] * (1 - share) + other[:20] * share
    film = np.concatenate([one[:60], mixed, other[20:]]).astype(np.uint8)
    found = begins(divide(watch(film), TICK, 99))
    assert [how for _, how in found] == ["start", "dissolve"]
    assert abs(found[1][0] - 70) <= 8


def test_a_fade_through_black_begins_where_something_is_seen() -> None:
    dark = np.full((20, 3, *GLANCE), 128, np.uint8)
    dark[:, 0] = 16
    found = divide(watch(np.concatenate([view(9, 50), dark, view(10, 50)])), TICK, 99)
    assert begins(found) == [(0, "start"), (70, "fade")]
    assert found.frames[0] < 50


def test_a_black_beginning_stands_for_nothing() -> None:
    dark = np.full((60, 3, *GLANCE), 128, np.uint8)
    dark[:, 0] = 16
    found = divide(watch(np.concatenate([dark, view(11, 30)])), TICK, 99)
    assert begins(found) == [(0, "start")]
    assert found.frames[0] >= 60


def test_one_frame_is_a_shot() -> None:
    found = divide(watch(view(12, 1)), TICK, 99)
    assert begins(found) == [(0, "start")]
    assert found.frames == (0,)


def test_no_frame_is_no_shot() -> None:
    assert divide(Seen(), TICK, 99).kept == ()


def test_a_long_view_gets_a_frame_every_ten_seconds() -> None:
    found = divide(watch(view(13, 25 * 65)), TICK, 99)
    assert [one.begins for one in found.kept] == ["start", *["continues"] * 6]
    assert {one.shot for one in found.kept} == {0}
    assert max(one.after - one.first for one in found.kept) * TICK <= EVERY + 1


def test_a_frame_coded_by_itself_is_preferred_where_it_is_as_good() -> None:
    assert divide(watch(view(14, 60), keys=(0, 21)), TICK, 99).frames == (21,)


def test_the_ceiling_first_thins_long_views_then_leaves_out_the_shortest() -> None:
    long = np.concatenate([view(15, 25 * 40), view(16, 25 * 40), view(17, 60)])
    found = divide(watch(long), TICK, 5)
    assert len(found.kept) <= 5
    assert found.left_out == ()
    assert found.every > EVERY
    assert {one.shot for one in found.kept} == {0, 1, 2}
    lengths = [20, 30, 40, 50, 60, 70]
    short = np.concatenate([view(20 + number, length) for number, length in enumerate(lengths)])
    found = divide(watch(short), TICK, 4)
    assert [one.after - one.first for one in found.kept] == [40, 50, 60, 70]
    assert [one.after - one.first for one in found.left_out] == [20, 30]


def test_still_pictures_that_follow_each_other_are_views_of_their_own() -> None:
    slides = np.concatenate([view(number, 1) for number in range(5)])
    second = divide(watch(slides), Fraction(1, 1), 99)
    assert begins(second) == [(0, "start"), *((at, "cut") for at in range(1, 5))]


def test_a_camera_that_takes_one_picture_a_second_sees_one_view() -> None:
    watching = view(6, 30, across=0.05)
    assert begins(divide(watch(watching), Fraction(1, 1), 99))[0] == (0, "start")
    assert {one.shot for one in divide(watch(watching), Fraction(1, 1), 99).kept} == {0}
