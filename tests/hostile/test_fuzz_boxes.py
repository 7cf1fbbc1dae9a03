"""Boxes, chunks and pages of any shape, however deep and however many: no error but the typed ones, never for long."""

import io
import struct
from collections.abc import Callable
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import motion, ogg_pages, polyglots, references, wave_header
from pipeline.core.listed import BadLineError, read_list
from pipeline.core.signatures import HEAD, recognise
from pipeline.core.streams import number, ratio, rotation, seconds, whole
from tests.core.films import box
from tests.hostile.fuzzing import OBJECTS, bytes_of, soon, tokens

NAMES = st.sampled_from([
    b"ftyp", b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref", b"url ", b"rmra", b"mdat", b"free", b"mpvd", b"moof",
    b"uuid", b"\xa9nam", b"\x00\x00\x00\x00",
])  # fmt: skip
SIZES = st.sampled_from([0, 1, 7, 8, 9, 16, 0x7FFF_FFFF, 0xFFFF_FFFF])


def _lying(name: bytes, size: int, body: bytes) -> bytes:
    return struct.pack(">I", size) + name + body


def _long(name: bytes, size: int, body: bytes) -> bytes:
    return struct.pack(">I", 1) + name + struct.pack(">Q", size) + body


ATOMS = st.recursive(
    st.binary(max_size=20),
    lambda inner: st.one_of(
        st.builds(lambda name, parts: box(name, *parts), NAMES, st.lists(inner, max_size=4)),
        st.builds(_lying, NAMES, SIZES, inner),
        st.builds(_long, NAMES, st.sampled_from([0, 15, 16, 1 << 40, (1 << 64) - 1]), inner),
    ),
    max_leaves=20,
)
BEFORE = st.sampled_from([
    b"", b"\xff\xd8\xff\xe0", box(b"ftyp", b"qt  ", bytes(4)), box(b"ftyp", b"heic", bytes(4), b"mif1"),
    b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBP",
])  # fmt: skip


def every_reader(data: bytes) -> None:
    """Put bytes through all that reads boxes, chunks or pages here."""
    file: BinaryIO = io.BytesIO(data)
    outside, tracks = references.tracks_elsewhere(file)
    assert 0 <= outside <= tracks
    if film := motion.embedded_film(file, len(data)):
        assert 0 <= film[0] < film[0] + film[1] <= len(data)
    for _, start, end in polyglots.boxes(file, 0, len(data)):
        assert 0 <= start < end <= len(data)
    if found := recognise(data[:HEAD]):
        polyglots.look(file, found)
    ogg_pages.closed(file)
    promised = wave_header.promised_seconds(io.BytesIO(data))
    assert promised is None or 0 <= promised < float("inf")


@given(BEFORE, ATOMS)
def test_atoms(before: bytes, atoms: bytes) -> None:
    with soon():
        every_reader(before + atoms)


@given(
    bytes_of(b"RIFF", b"RF64", b"WAVE", b"ds64", b"fmt ", b"data", b"OggS", b"\x04", b"IEND", b"PK\x05\x06", b"LIST")
)
def test_chunks_and_pages(data: bytes) -> None:
    with soon():
        every_reader(data)
        every_reader(b"RIFF\x00\x00\x00\x00WAVE" + data)


COUNT = 2_000_000
ENDLESS: dict[str, Callable[[], bytes]] = {
    "empty boxes": lambda: box(b"ftyp", b"heic", bytes(4)) + box(b"free") * COUNT,
    "empty boxes in a film in a photograph": lambda: (
        b"\xff\xd8\xff" + b"".join(struct.pack(">I", 12 * n) + b"ftypisom" for n in range(80, 0, -1))
        + box(b"free") * COUNT
    ),
    "beginnings of films": lambda: b"\xff\xd8\xff" + b"\x00\x00\x00\x0cftypisom" * (COUNT // 2),
    "empty chunks": lambda: b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\x00\x00\x00\x00" * COUNT,
    "tracks": lambda: box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", box(b"trak") * 999) * 200,
    "boxes in boxes": lambda: box(b"ftyp", b"qt  ", bytes(4)) + b"\x00\x01\x00\x00moov\x00\x01\x00\x00trak" * 20_000,
    "ends of archives": lambda: b"\xff\xd8\xff\xe0" + b"PK\x05\x06" * COUNT,
    "programs": lambda: b"\xff\xd8\xff\xe0" + (b"MZ" + bytes(58) + b"\x40\x00\x00\x00") * 200_000,
    "animation": lambda: b"GIF89a\x01\x00\x01\x00\x00\x00\x00" + b"\x21\xf9\x04\x00\x00\x00\x00\x00" * COUNT,
}  # fmt: skip


@pytest.mark.parametrize("shape", ENDLESS)
def test_millions_of_parts_cost_no_more_than_some(shape: str) -> None:
    data = ENDLESS[shape]()
    with soon():
        every_reader(data)


NUMBERS = st.one_of(
    OBJECTS, st.integers(-(10**400), 10**400),
    tokens("1e999999999", "9" * 400, "1/0", "30000/1001", "-", ".", "01:02:03.5", "1e308:00:00", "nan", "inf", "0x1"),
)  # fmt: skip


@given(NUMBERS)
def test_numbers_of_a_prober(value: object) -> None:
    stream = {"duration": value, "tags": {"DURATION": value, "rotate": value}, "side_data_list": [{"rotation": value}]}
    with soon():
        for found in (number(value), seconds(stream)):
            assert found is None or abs(found) < float("inf")
        assert abs(whole(value) or 0) < 2**53
        ratio(value)
        assert 0 <= (rotation(stream) or 0) < 360


@given(tokens("ab" * 32, "ab" * 20, "ab" * 16, "pdq:", "sha256:", "md5:", "#", "\n", "\r\n", "\t", "\ufeff"))
def test_lists_of_digests(text: str) -> None:
    with soon():
        try:
            found = read_list(text)
        except BadLineError as err:
            assert str(err) == f"line {err.number}"  # noqa: PT017 - nothing of the line may be told
        else:
            assert all(len(value) in {16, 20, 32} for _, value in found)
