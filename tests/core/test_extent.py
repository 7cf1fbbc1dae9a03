"""What a container promises, and how much of it is believed."""

import pytest

from pipeline.core.extent import believable, promised, seconds_covered, together


def test_39_hours_in_a_hundred_kilobytes_are_not_believed() -> None:
    found = seconds_covered(declared=143165.643, decoded=1.0, size=106_093, clean=True)
    assert (found.of, found.read, found.flags) == (None, 1.0, ("declared_implausible",))


def test_a_recording_cut_short_says_how_much_is_missing() -> None:
    found = seconds_covered(declared=60.0, decoded=20.0, size=300_000, clean=False, errors=3)
    assert (found.of, found.read, found.gaps) == (60.0, 20.0, ((20.0, 60.0, "E-MEDIA-007"),))
    assert found.flags == ("decode_error",)
    assert found.partial


def test_padding_and_rounding_are_no_loss() -> None:
    found = seconds_covered(declared=11.088, decoded=11.0, size=80_000, clean=True)
    assert (found.of, found.read, found.gaps, found.partial) == (11.088, 11.088, (), False)


def test_rubbish_behind_the_end_is_no_loss() -> None:
    found = seconds_covered(declared=2.696, decoded=2.808, size=77_890, clean=False, errors=1)
    assert (found.flags, found.partial) == (("decode_warnings",), False)


def test_nothing_declared_is_no_promise() -> None:
    found = seconds_covered(declared=None, decoded=4.0, size=9_000, clean=True)
    assert (found.of, found.read, found.flags) == (None, 4.0, ())


@pytest.mark.parametrize(("declared", "decoded"), [(1.0, 100.0), (0.0, 1.0), (-3.0, 1.0), (float("nan"), 1.0)])
def test_figures_that_decoding_contradicts_are_not_believed(declared: float, decoded: float) -> None:
    assert not believable(declared, 10_000_000, decoded)


def test_the_sparest_codec_is_still_believed() -> None:
    assert believable(3600, 3600 * 90, 3600)


def test_bare_streams_promise_nothing() -> None:
    assert promised("mov,mp4,m4a,3gp,3g2,mj2")
    assert not promised("aac")


def test_streams_add_up() -> None:
    whole = seconds_covered(declared=10, decoded=10, size=100_000, clean=True)
    short = seconds_covered(declared=10, decoded=4, size=100_000, clean=False)
    both = together((whole, short))
    assert (both.of, both.read, both.gaps, both.flags) == (20, 14, ((4, 10, "E-MEDIA-007"),), ("decode_error",))
    vague = seconds_covered(declared=None, decoded=4, size=100_000, clean=True)
    assert together((whole, vague)).of is None
