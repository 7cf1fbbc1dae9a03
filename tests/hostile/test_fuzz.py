"""Our own readers of bytes take whatever chance and malice write: no error but the typed ones, never for long."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import gif, mpeg_audio, pointers, signatures
from pipeline.core.extent import cut_short
from pipeline.core.wave_header import promised_seconds
from pipeline.tools.leaps import leaps
from pipeline.tools.raw import is_raw
from pipeline.tools.timeline import AudioLog, VideoLog
from tests.hostile.fuzzing import bytes_of, soon, tokens

HEADS = bytes_of(
    b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF", b"WAVE", b"WEBP", b"AVI ", b"fmt ", b"data",
    b"ftyp", b"heic",
    b"moov", b"mdat", b"qt  ", b"II*\x00", b"MM\x00*", b"PK\x03\x04", b"mimetype", b"\x1aE\xdf\xa3", b"B\x82\x84webm",
    b"OggS", b"OpusHead", b"theora", b"FORM", b"AIFF", b"BM", b"ID3\x04\x00\x00", b"\xff\xfb\x90\x00",
    b"\xff\xf1", b"G",
    b"\x00\x00\x01\xba", b"%PDF-", b"Rar!\x1a\x07", b"\x21\xf9\x04", b"\x2c", b"\x3b", b"crx ", b"CR\x02\x00",
)  # fmt: skip


@given(HEADS)
def test_signatures(head: bytes) -> None:
    with soon():
        signatures.recognise(head)
        gif.moves(head)
        mpeg_audio.adts_frame(head)
        mpeg_audio.mpeg_frame(head)
        text = pointers.read_text(head)
        assert text is None or isinstance(pointers.text_type(text)[0], str)


@given(
    tokens(
        "#EXTM3U",
        "<?xml",
        "?>",
        "<!--",
        "-->",
        "<!DOCTYPE",
        "[",
        "]",
        ">",
        "<svg",
        "<MPD",
        "v=0\n",
        "o=",
        "ffconcat version",
    )
)
def test_pointers(text: str) -> None:
    with soon():
        pointers.points_elsewhere(text)
        pointers.text_type(text)


@given(HEADS)
def test_files_of_headers(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "head.bin"
    file.write_bytes(data)
    with soon():
        is_raw(file)
        promised_seconds(io.BytesIO(data))
        cut_short("ogg", io.BytesIO(data))


# A file without bytes is refused before anybody decodes it.
@given(st.sampled_from(["aac", "mp3"]), bytes_of(b"\xff\xf1\x50\x80", b"\xff\xfb\x90\x00", b"ID3", b"TAG").filter(len))
def test_frames_of_sound(tmp_path_factory: pytest.TempPathFactory, container: str, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "frames.bin"
    file.write_bytes(data)
    with file.open("rb") as opened, soon():
        log = AudioLog(start=0.0, leaps=leaps(container, opened))
        log.take("[Parsed_ashowinfo_0 @ 0x1] [info] n:0 pts:0 pts_time:0 pos:4 fmt:s16 nb_samples:1024 checksum:0")
        log.take("[mp3 @ 0x1] [error] lost")
        log.take("[Parsed_ashowinfo_0 @ 0x1] [info] n:1 pts:9 pts_time:0 pos:90 fmt:s16 nb_samples:1024 checksum:0")
        log.finish(2.0)


LINES = tokens(
    "[Parsed_ashowinfo_0 @ 0x1] [info] n:", "[Parsed_showinfo_0 @ 0x1] [info] n: ", " pts:", " pts_time:",
    " pos:", " fmt:s16 ",
    "nb_samples:", " checksum:", "[error] ", "NOPTS", "N/A", " ", "1024",
)  # fmt: skip


def told(line: str) -> None:
    """Tell a line to both who follow a decoder."""
    AudioLog(start=0.0).take(line)
    VideoLog().take(line)


@given(st.lists(LINES, max_size=8), st.one_of(st.none(), st.floats()))
def test_what_decoders_say(lines: list[str], start: float | None) -> None:
    sound, picture = AudioLog(start=start), VideoLog()
    with soon():
        for line in lines:
            sound.take(line)
            picture.take(line)
        sound.finish(None)
    assert picture.seconds >= 0
