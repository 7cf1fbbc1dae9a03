"""Pictures are laid upon each other by their windows; sound is found where both run alike."""

import random
from collections.abc import Sequence

import pytest

from pipeline.core.alike import apart, lay, listen
from pipeline.core.prints import Window

SIZE = (800, 600)


def windows(rng: random.Random, many: int = 12) -> list[Window]:
    return [
        Window(x=rng.uniform(0.2, 0.8), y=rng.uniform(0.15, 0.6), half=0.05, value=rng.randbytes(32),
               mirrored=rng.randbytes(32))
        for _ in range(many)
    ]  # fmt: skip


def wrong(value: bytes, bits: int) -> bytes:
    return (int.from_bytes(value) ^ ((1 << bits) - 1)).to_bytes(32)


def moved(some: Sequence[Window], *, share: float, x: float, y: float, bits: int = 20) -> list[Window]:
    """Show the same windows in a picture of which this one is a part."""
    return [
        Window(x=one.x * share + x, y=one.y * share + y, half=one.half * share, value=wrong(one.value, bits),
               mirrored=wrong(one.mirrored, bits))
        for one in some
    ]  # fmt: skip


def test_hashes_are_apart_by_the_bits_that_differ() -> None:
    assert apart(bytes(32), wrong(bytes(32), 7)) == 7


def test_a_part_is_laid_where_it_is_in_the_whole() -> None:
    mine = windows(random.Random(1))
    laid = lay(mine, SIZE, moved(mine, share=0.5, x=0.25, y=0.25), SIZE)

    assert laid is not None
    assert laid.windows == 12
    assert laid.distance == pytest.approx(20 / 256)
    assert laid.turn == pytest.approx(0, abs=0.1)
    assert laid.frame == pytest.approx((0.25, 1 / 3, 0.75, 5 / 6), abs=0.01)


def test_a_mirrored_picture_is_laid_when_it_is_mirrored_first() -> None:
    mine = windows(random.Random(2))
    theirs = [
        Window(x=1 - one.x, y=one.y, half=one.half, value=one.mirrored, mirrored=one.value) for one in mine
    ]  # fmt: skip

    assert lay(mine, SIZE, theirs, SIZE) is None
    laid = lay(mine, SIZE, theirs, SIZE, mirrored=True)
    assert laid is not None
    assert laid.frame == pytest.approx((0, 0, 1, 1), abs=0.01)


def test_equal_windows_that_lie_in_no_common_place_are_chance() -> None:
    rng = random.Random(3)
    mine = windows(rng, 6)
    scattered = [
        Window(x=rng.uniform(0.1, 0.9), y=rng.uniform(0.1, 0.6), half=one.half * rng.choice((0.3, 3)), value=one.value,
               mirrored=one.mirrored)
        for one in mine
    ]  # fmt: skip

    assert lay(mine, SIZE, scattered, SIZE) is None


@pytest.mark.parametrize("known", [0, 2])
def test_two_windows_are_too_few(known: int) -> None:
    mine = windows(random.Random(4))
    other = [*mine[:known], *windows(random.Random(5), 10)]

    assert lay(mine, SIZE, other, SIZE) is None


def sound(rng: random.Random, many: int) -> list[int]:
    return [rng.getrandbits(32) for _ in range(many)]


def test_sound_is_found_inside_other_sound() -> None:
    rng = random.Random(6)
    mine = sound(rng, 40)
    found = listen(mine, [*sound(rng, 30), *mine[5:35], *sound(rng, 30)])

    assert found is not None
    assert (found.start, found.other) == (5, 30)
    assert found.distance == pytest.approx(0, abs=0.03)
    assert found.length == pytest.approx(30, abs=4)


def test_sound_with_wrong_bits_is_found_as_long_as_some_values_are_whole() -> None:
    rng = random.Random(7)
    mine = sound(rng, 60)
    worn = [value if n % 5 == 0 else value ^ 0b111 for n, value in enumerate(mine)]
    found = listen(mine, worn)

    assert found is not None
    assert found.length == 60
    assert found.distance == pytest.approx(0.8 * 3 / 32, abs=0.01)


@pytest.mark.parametrize("values", [[], [7] * 50, [1, 2, 3]])
def test_nothing_a_tone_and_a_second_of_sound_are_no_likeness(values: list[int]) -> None:
    assert listen(values, values) is None


def test_other_sound_is_not_alike() -> None:
    rng = random.Random(8)
    common = sound(rng, 2)

    assert listen([*sound(rng, 50), *common], [*common, *sound(rng, 50)]) is None
