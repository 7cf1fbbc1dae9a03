"""PCM: windows cover the regions, hold no more than they may, and are cut where it is quiet."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.ports import Region
from pipeline.engines.pcm import RATE, Window, blocks, count, read, windows


def _packed(pcm: Path, *regions: tuple[float, float]) -> list[Window]:
    spans = [Region(start=start, end=end) for start, end in regions]
    return windows(pcm, spans, longest=30.0, gap=3.0, search=8.0)


def _noise(folder: Path, seconds: float, quiet: tuple[float, float] = (0, 0)) -> Path:
    sound = np.random.default_rng(1).integers(-9000, 9000, int(seconds * RATE)).astype("<i2")
    sound[int(quiet[0] * RATE) : int(quiet[1] * RATE)] = 0
    file = folder / "noise.pcm"
    file.write_bytes(sound.tobytes())
    return file


def test_neighbours_share_a_window(tmp_path: Path) -> None:
    pcm = _noise(tmp_path, 60)
    assert _packed(pcm, (1, 5), (6, 10), (20, 24)) == [
        Window(start=RATE, end=10 * RATE), Window(start=20 * RATE, end=24 * RATE)
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
        assert 0 < window.end - window.start <= 30 * RATE
        assert not covered[window.start : window.end].any()
        covered[window.start : window.end] = True
    assert all(covered[int(start * RATE) : int(end * RATE)].all() for start, end in regions)


def test_an_odd_last_byte_is_no_sample(tmp_path: Path) -> None:
    file = tmp_path / "odd.pcm"
    file.write_bytes(b"\0\x40\0\xc0\1")
    assert count(file) == 2
    assert read(file, 0, 9).tolist() == [0.5, -0.5]
    assert [block.tolist() for block in blocks(file, 1)] == [[0.5], [-0.5]]
