"""Hashes are read back as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.prints import Window, read_sound, read_windows, spell_sound, spell_windows

SHARES = st.floats(0, 1)
HASHES = st.binary(min_size=32, max_size=32)
WINDOWS = st.lists(st.builds(Window, x=SHARES, y=SHARES, half=SHARES, value=HASHES, mirrored=HASHES), max_size=5)


@given(WINDOWS)
def test_windows_come_back(windows: list[Window]) -> None:
    back = read_windows(spell_windows(windows))

    assert [(one.value, one.mirrored) for one in back] == [(one.value, one.mirrored) for one in windows]
    for one, other in zip(back, windows, strict=True):
        assert (one.x, one.y, one.half) == pytest.approx((other.x, other.y, other.half), abs=1 / 65535)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_sound_comes_back(values: list[int]) -> None:
    assert list(read_sound(spell_sound(values))) == values
