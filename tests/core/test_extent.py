"""What a container promises, and how much of it is believed."""

import io

import pytest

from pipeline.core.extent import Measured, believable, cut_short, missed, promised, seconds_covered, together
from pipeline.core.model import AssetId, Coverage, Enrichment, Kind, Maker, Outcome


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


def test_holes_are_gaps_where_they_are_and_were_not_read() -> None:
    found = seconds_covered(
        declared=11.0, decoded=11.0, size=900_000, clean=True, errors=1, holes=((3.5, 4.75), (6.0, 6.25))
    )
    assert (found.of, found.read) == (11.0, 9.5)
    assert found.gaps == ((3.5, 4.75, "E-MEDIA-007"), (6.0, 6.25, "E-MEDIA-007"))
    assert found.partial
    assert not {"decode_error", "place_unknown"} & set(found.flags)
    vague = seconds_covered(declared=None, decoded=11.0, size=900_000, clean=True, holes=((3.5, 4.5),))
    assert (vague.of, vague.read, vague.partial) == (None, 10.0, True)


def test_a_loss_before_a_good_end_has_no_known_place() -> None:
    found = seconds_covered(declared=11.0, decoded=9.0, size=900_000, clean=True, errors=4)
    assert (found.gaps, found.flags) == (((9.0, 11.0, "E-MEDIA-007"),), ("decode_warnings", "place_unknown"))
    assert seconds_covered(declared=11.0, decoded=9.0, size=900_000, clean=True).flags == ()


def test_frames_that_errors_cost_are_missing() -> None:
    def covered(*, frames: int, errors: int, promised: int | None = 50, lasted: float = 4.9) -> tuple[float, bool]:
        seen = Measured(lasted=lasted, errors=errors, clean=True, frames=frames)
        found = seen.covered(declared=5.0, size=50_000, rate=10.0, frames=promised, flags=())
        return found.read, found.partial

    assert covered(frames=49, errors=2) == (4.9, True)
    assert covered(frames=49, errors=0) == (5.0, False)
    assert covered(frames=50, errors=2) == (5.0, False)
    assert covered(frames=45, errors=2, promised=None)[1]
    assert covered(frames=20, errors=2, lasted=1.9) == (1.9, True)


def test_an_ogg_file_without_its_last_page_is_cut_short() -> None:
    def page(flags: int, body: bytes) -> bytes:
        return b"OggS\0" + bytes([flags]) + bytes(20) + bytes([1, len(body)]) + body

    whole = page(2, b"head") + page(0, b"x" * 200) + page(4, b"y" * 200)
    assert cut_short("ogg", io.BytesIO(whole)) == ()
    for cut in (whole[:-1], whole[:-227], whole[:100], whole[:-201], b""):
        assert cut_short("ogg", io.BytesIO(cut)) == ("decode_error", "end_missing")
    assert cut_short("mp3", io.BytesIO(b"")) == ()


@pytest.mark.parametrize(
    ("outcome", "code", "coverage", "left"),
    [
        (Outcome.REFUSED, "E-MEDIA-002", None, ("E-MEDIA-002",)),
        (Outcome.UNSUPPORTED, "U-LANG-001", Coverage(unit="seconds", of=9.0, read=9.0), ("U-LANG-001",)),
        (Outcome.FAILED, "E-STAGE-001", None, ("E-STAGE-001",)),
        (Outcome.HELD, "H-COND-001", None, ("H-COND-001",)),
        (Outcome.DONE, None, Coverage(unit="seconds", of=9.0, read=9.0), ()),
        (Outcome.DONE, None, Coverage(unit="seconds", of=9.0, read=5.0), ("E-MEDIA-007",)),
        (Outcome.DONE, None, Coverage(unit="frames", of=2, read=1, gaps=((0, 1, "E-MEDIA-005"),)), ("E-MEDIA-005",)),
        (Outcome.EMPTY, "N-TEXT-001", Coverage(unit="frames", of=2, read=1), ("E-MEDIA-007",)),
        (Outcome.NOT_APPLICABLE, "N-MEDIA-001", None, ()),
    ],
)
def test_what_an_input_left_unread_is_told_by_its_codes(
    outcome: Outcome, code: str | None, coverage: Coverage | None, left: tuple[str, ...]
) -> None:
    one = Enrichment(
        asset=AssetId("0" * 64), kind=Kind.TRANSCRIPT, maker=Maker(stage="x", version=1), basis=(), outcome=outcome,
        made_at="2026-01-01T00:00:00Z", code=code, coverage=coverage,
    )  # fmt: skip
    assert missed(one) == left
