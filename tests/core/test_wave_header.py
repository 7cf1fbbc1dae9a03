"""A cut WAVE file still says how long it was."""

import io
import struct
import wave
from pathlib import Path

import pytest

from pipeline.core.wave_header import promised_seconds


def whole(seconds: float = 2.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(int(seconds * 16000)))
    return out.getvalue()


def test_the_length_is_what_the_header_says_however_much_is_left() -> None:
    assert promised_seconds(io.BytesIO(whole())) == 2.0
    assert promised_seconds(io.BytesIO(whole()[:5000])) == 2.0


def test_a_chunk_before_the_data_is_stepped_over() -> None:
    data = whole()
    odd = b"LIST" + struct.pack("<I", 5) + b"INFO?" + b"\0"

    assert promised_seconds(io.BytesIO(data[:12] + odd + data[12:])) == 2.0


def test_rf64_has_its_length_elsewhere() -> None:
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 0, 32000 * 10**6, 0, 0)
    data = b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + fmt + b"data" + b"\xff" * 4

    assert promised_seconds(io.BytesIO(data)) == 2e6


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_an_unknown_length_is_none(size: int) -> None:
    data = whole()
    place = data.index(b"data") + 4

    assert promised_seconds(io.BytesIO(data[:place] + struct.pack("<I", size) + data[place + 4 :])) is None


def test_anything_else_is_none(testdata: Path) -> None:
    assert promised_seconds(io.BytesIO(b"RIFF\0\0\0\0AVI LIST")) is None
    assert promised_seconds(io.BytesIO(b"RIFF")) is None
    with (testdata / "video" / "m3_sample.avi").open("rb") as file:
        assert promised_seconds(file) is None
