"""Sound stands where the container's clock says, and none of it is thrown away."""

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.mpeg_audio import mpeg_frame
from pipeline.core.ports.media import RATE
from pipeline.tools.leaps import Leaps, leaps
from pipeline.tools.timeline import AudioLog, VideoLog, place


def sound(pts: int | str, samples: int) -> str:
    return (
        f"[Parsed_ashowinfo_2 @ 0x5581] [info] n:0 pts:{pts} pts_time:0 pos:1 fmt:s16 channel_layout:mono rate:16000 "
        f"nb_samples:{samples} checksum:0 plane_checksums: [ 0 ] "
    )


ERROR = "[aac @ 0x55d0] [error] channel element 0.0 is not allocated"


def follow(*lines: str, start: float | None = 0.0) -> AudioLog:
    log = AudioLog(start=start)
    for line in lines:
        log.take(line)
    log.finish()
    return log


def test_a_step_ahead_is_a_hole() -> None:
    assert follow(sound(0, RATE), sound(3 * RATE, RATE)).holes == [(RATE, 2 * RATE)]


def test_jitter_is_none_but_drift_is_made_good_once_it_is_heard() -> None:
    assert follow(*(sound(n * 1600 + 800 * (n % 2), 1600) for n in range(50))).holes == []
    slow = follow(*(sound(round(n * 1600 * 1.01), 1600) for n in range(1000)))
    assert abs(sum(silence for _, silence in slow.holes) - 16_000) <= 1600


def test_sound_whose_beginning_is_lost_still_begins_late() -> None:
    assert follow(sound(5 * RATE, RATE), start=4.0).holes == [(0, RATE)]
    assert follow(sound(5 * RATE, RATE), start=None).holes == []


def test_a_clock_set_back_begins_anew_and_one_gone_mad_is_not_believed() -> None:
    again = follow(*(sound(second * RATE, RATE) for second in (0, 2, 3, 0, 1, 5)))
    assert again.holes == [(RATE, RATE), (5 * RATE, 3 * RATE)]
    assert follow(sound(0, RATE), sound(10**12, RATE), sound(10**12 + RATE, RATE)).holes == []
    assert follow(sound("NOPTS", RATE), sound("NOPTS", RATE)).holes == []


def test_it_ends_in_an_error_when_no_sound_follows() -> None:
    assert follow(sound(0, RATE), ERROR, sound(RATE, RATE)).clean
    tail = follow(sound(0, RATE), ERROR, sound(RATE, 100))
    assert (tail.clean, tail.errors) == (False, 1)


def test_one_piece_that_is_mistimed_moves_nothing() -> None:
    assert follow(sound(0, RATE), sound(9 * RATE, RATE), sound(2 * RATE, RATE), sound(3 * RATE, RATE)).holes == []


def test_a_title_that_looks_like_an_error_is_none() -> None:
    log = follow("[info]     title           : [error] x", "[info] x: [aac @ 0x1] [error] y", sound(0, RATE))
    assert log.errors == 0


@given(st.lists(st.tuples(st.integers(-(10**13), 10**13), st.integers(0, 10**5)), max_size=60))
def test_whatever_the_clock_says_no_sound_is_lost_and_silence_is_bounded(pieces: list[tuple[int, int]]) -> None:
    log = follow(*(sound(pts, samples) for pts, samples in pieces))
    places = [at for at, _ in log.holes]
    assert places == sorted(places)
    assert all(0 <= at <= sum(samples for _, samples in pieces) for at in places)
    assert sum(silence for _, silence in log.holes) <= 6 * 3600 * RATE


def test_silence_is_put_where_the_holes_are(tmp_path: Path) -> None:
    pcm = tmp_path / "pcm"
    pcm.write_bytes(b"aabbccdd")
    assert place(pcm, [(0, 1), (2, 2), (4, 1)]) == 8
    assert pcm.read_bytes() == b"\0\0aabb\0\0\0\0ccdd\0\0"
    assert [one.name for one in tmp_path.iterdir()] == ["pcm"]


def test_frames_are_counted_and_the_last_ones_decide() -> None:
    log = VideoLog()
    for n in range(40):
        log.take(f"[Parsed_showinfo_0 @ 0x1] [info] n:{n:4d} pts:{n:7d} pts_time:{n / 10:g} pos: 48 fmt:yuv420p")
    assert (log.frames, log.seconds, log.clean) == (40, 3.9, True)
    log.take("[h264 @ 0x2] [error] error while decoding MB 3 4")
    log.take("[Parsed_showinfo_0 @ 0x1] [info] n:  40 pts:     40 pts_time:4 pos: 48 fmt:yuv420p")
    assert (log.frames, log.errors, log.clean) == (41, 1, False)


def test_a_frame_dropped_with_an_error_is_a_hole_and_jitter_without_one_is_none() -> None:
    pieces = (sound(0, RATE), sound(RATE + 512, RATE), sound(2 * RATE + 512, RATE))
    assert follow(*pieces).holes == []
    found = follow(pieces[0], ERROR, *pieces[1:])
    assert found.holes == [(RATE, 512)]
    assert found.lost == ((1.0, 1.032),)


def test_what_drift_makes_good_was_not_lost() -> None:
    slow = follow(*(sound(round(n * 1600 * 1.01), 1600) for n in range(1000)))
    assert slow.holes
    assert slow.lost == ()
    paused = follow(*(sound(second * RATE, RATE) for second in (0, 3, 4, 6)))
    assert paused.lost == ((1.0, 3.0), (5.0, 6.0))


def at(position: int, samples: int = 576) -> str:
    return sound(position, samples).replace("pos:1 ", f"pos:{position} ")


def leaping(data: bytes, *lines: str, promised: float | None = None) -> AudioLog:
    """Follow frames of 144 bytes (MPEG 2 layer III, 32 kbit/s, 16 kHz): 576 samples each."""
    log = AudioLog(start=None, leaps=Leaps(file=io.BytesIO(data), frame=mpeg_frame))
    for n, line in enumerate(lines):
        log.take(line.replace(f"pts:{line.split('pts:')[1].split(' ')[0]} ", f"pts:{n * 576} ", 1))
    log.finish(promised)
    return log


FRAME = b"\xff\xf3\x48\xc4".ljust(144, b"\0")


def test_bytes_that_gave_no_sound_are_a_hole_where_they_are() -> None:
    data = FRAME * 10 + bytes(14400) + FRAME * 10
    places = [144 * n for n in range(10)] + [144 * n for n in range(110, 120)]
    log = leaping(data, *map(at, places))
    assert log.holes == [(5760, 57600)]
    assert log.lost == ((0.36, 3.96),)
    assert log.estimated
    known = leaping(data, *map(at, places), promised=5.0)
    assert known.holes == [(5760, 5 * RATE - 20 * 576)]
    assert leaping(data, *map(at, places), promised=500.0).holes == [(5760, 57600)]


def test_tags_between_frames_are_no_loss() -> None:
    data = FRAME * 10 + b"ID3".ljust(14400, b"\0") + FRAME * 10
    assert leaping(data, *map(at, [144 * n for n in (*range(10), *range(110, 120))])).holes == []


def test_streams_without_positions_are_walked_frame_by_frame(tmp_path: Path) -> None:
    frame = bytes([0xFF, 0xF1, 0x50, 0x80, 0x19, 0x1F, 0xFC]).ljust(200, b"\0")
    parts = (frame * 10, b"\xff\xf1" + b"\xaa" * 3998, frame * 10, b"ID3".ljust(500, b"\0"), frame * 20)
    (tmp_path / "x.aac").write_bytes(b"".join(parts))
    with (tmp_path / "x.aac").open("rb") as file:
        log = AudioLog(start=None, leaps=leaps("aac", file))
        for n in range(40):
            log.take(sound(n * 1000, 1000))
        log.finish()
    assert log.holes == [(10_000, 20_000)]
    assert log.lost == ((0.625, 1.875),)
    assert leaps("mov,mp4,m4a,3gp,3g2,mj2", io.BytesIO()) is None
