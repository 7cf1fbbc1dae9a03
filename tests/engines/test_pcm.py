"""PCM: windows cover the regions, hold no more than they may, and are cut where it is quiet."""

import math
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.ports import Region
from pipeline.engines.pcm import RATE, Window, blocks, count, read, windows


def _packed(pcm: Path, *regions: tuple[float, float]) -> list[Window]:
    spans = [Region(start=start, end=end) for start, end in regions]
    return windows(pcm, spans, longest=30.0, search=8.0)


def _noise(folder: Path, seconds: float, quiet: tuple[float, float] = (0, 0)) -> Path:
    sound = np.random.default_rng(1).integers(-9000, 9000, int(seconds * RATE)).astype("<i2")
    sound[int(quiet[0] * RATE) : int(quiet[1] * RATE)] = 0
    file = folder / "noise.pcm"
    file.write_bytes(sound.tobytes())
    return file


def test_neighbours_share_a_window(tmp_path: Path) -> None:
    pcm = _noise(tmp_path, 60)
    assert _packed(pcm, (1, 5), (6, 10), (30, 50), (55, 58)) == [
        Window(spans=((RATE, 5 * RATE), (6 * RATE, 10 * RATE), (30 * RATE, 50 * RATE))),
        Window(spans=((55 * RATE, 58 * RATE),)),
    ]


def test_a_window_tells_where_in_the_stream_a_moment_of_it_is() -> None:
    window = Window(spans=((RATE, 5 * RATE), (20 * RATE, 26 * RATE)))
    assert (window.length, window.span_at(3.9), window.span_at(4.0), window.span_at(99.0)) == (10.0, 0, 1, 1)
    assert (window.in_stream(1.5, 0), window.in_stream(5.0, 1)) == (2.5, 21.0)
    assert (window.in_stream(5.0, 0), window.in_stream(3.0, 1)) == (5.0, 20.0)  # held inside the span
    assert window.rest(5.0) == Window(spans=((21 * RATE, 26 * RATE),))
    assert window.rest(1.0) == Window(spans=((2 * RATE, 5 * RATE), (20 * RATE, 26 * RATE)))


def test_a_window_is_filled_up_to_a_pause_and_no_further(tmp_path: Path) -> None:
    calm, noisy = _noise(tmp_path, 60, quiet=(25.0, 25.4)), tmp_path / "noisy.pcm"
    first, second = _packed(calm, (0, 10), (12, 36))
    assert (first.spans[0], 25.0 <= first.end / RATE <= 25.4) == ((0, 10 * RATE), True)
    assert second.spans == ((first.end, 36 * RATE),)
    noisy.write_bytes(_noise(tmp_path, 60).read_bytes())
    assert [one.spans for one in _packed(noisy, (0, 10), (12, 36))] == [
        ((0, 10 * RATE),), ((12 * RATE, 36 * RATE),)
    ]  # fmt: skip


def test_a_long_region_is_cut_in_a_pause(tmp_path: Path) -> None:
    first, second = _packed(_noise(tmp_path, 50, quiet=(25.0, 25.5)), (0, 50))
    assert 25.0 <= first.end / RATE <= 25.5
    assert (first.start, second.start, second.end) == (0, first.end, 50 * RATE)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0.3, 80)), max_size=12))
def test_every_window_fits_and_no_speech_is_left_out(tmp_path: Path, spans: list[tuple[float, float]]) -> None:
    pcm = tmp_path / "noise.pcm"
    if not pcm.exists():
        _noise(tmp_path, 100)
    regions = [(start, min(100.0, start + length)) for start, length in spans]
    packed = _packed(pcm, *regions)
    covered = np.zeros(100 * RATE, bool)
    for window in packed:
        assert 0 < window.samples <= 30 * RATE
        for start, end in window.spans:
            assert not covered[start:end].any()
            covered[start:end] = True
    # Whole samples only: the part of one before a region begins is none of it.
    assert all(covered[math.ceil(start * RATE) : int(end * RATE)].all() for start, end in regions)
    once_more = [Region(start=one / RATE, end=end / RATE) for window in packed for one, end in window.spans]
    assert windows(pcm, once_more, longest=30.0, search=8.0) == packed


def test_an_odd_last_byte_is_no_sample(tmp_path: Path) -> None:
    file = tmp_path / "odd.pcm"
    file.write_bytes(b"\0\x40\0\xc0\1")
    assert count(file) == 2
    assert read(file, 0, 9).tolist() == [0.5, -0.5]
    assert [block.tolist() for block in blocks(file, 1)] == [[0.5], [-0.5]]
