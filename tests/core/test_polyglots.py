"""A second format is named wherever another program would open it, and nothing ordinary is called one."""

import io
import struct
import time
import wave
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.core.model import Media
from pipeline.core.polyglots import look
from pipeline.core.references import tracks_elsewhere
from pipeline.core.signatures import HEAD, recognise
from tests.core.films import box, reference_film

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
FILM = (
    b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + b"\x00\x00\x00\x08moov" + b"\x00\x00\x00\x10mdat" + bytes(8)
)


def jpeg(**more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(out, "JPEG", **more)
    return out.getvalue()


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(out, "PNG")
    return out.getvalue()


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1000))
    return out.getvalue()


def archive(comment: bytes = b"", before: bytes = b"") -> bytes:
    out = io.BytesIO(before)
    out.seek(len(before))
    with zipfile.ZipFile(out, "a" if before else "w") as file:
        file.writestr("../../x.txt", b"out of the way")
        file.comment = comment
    return out.getvalue()


def flags(data: bytes) -> tuple[str, ...]:
    found = recognise(data[:HEAD])
    assert found
    return look(io.BytesIO(data), found)


def with_comment(words: bytes) -> bytes:
    plain = jpeg()
    return plain[:2] + b"\xff\xfe" + struct.pack(">H", len(words) + 2) + words + plain[2:]


HIDDEN = {
    "jpeg, zip after it": (jpeg() + archive(), "zip"),
    "jpeg, zip that knows what is before it": (archive(before=jpeg()), "zip"),
    "png, zip with a long comment": (png() + archive(b"x" * 60_000), "zip"),
    "wav, zip after it": (wav() + archive(), "zip"),
    "mp4, zip after it": (FILM + archive(), "zip"),
    "jpeg, pdf in a comment": (with_comment(PDF), "pdf"),
    "jpeg, pdf after it": (jpeg() + PDF, "pdf"),
    "png, pdf after it": (png() + PDF, "pdf"),
    "wav, pdf after it": (wav() + PDF, "pdf"),
    "mp4, pdf after it": (FILM + PDF, "pdf"),
    "jpeg, php in a comment": (with_comment(b"<?php system($_GET[0]); ?>"), "php"),
    "jpeg, script after it": (jpeg() + b"<ScRiPt>alert(1)</script>", "html"),
    "jpeg, page in a comment": (with_comment(b"<html><body>"), "html"),
    "png, rar after it": (png() + b"Rar!\x1a\x07\x01\x00" + bytes(40), "rar"),
    "jpeg, 7z after it": (jpeg() + b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "7z"),
    "png, program after it": (png() + b"\x7fELF\x02\x01\x01" + bytes(40), "elf"),
    "jpeg, windows program after it": (jpeg() + b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0" + bytes(40), "pe"),
    "png, sound after it": (png() + wav(), "wav"),
    "png, film after it": (png() + FILM, "mp4"),
    "jpeg, film after it": (jpeg() + FILM, "mp4"),
    "wav, picture after it": (wav() + jpeg(), "jpeg"),
    "mp4, picture after it": (FILM + png(), "png"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_second_format_is_named(name: str) -> None:
    data, what = HIDDEN[name]
    assert {"polyglot", f"polyglot:{what}"} <= set(flags(data))


NOWHERE = b"PK\x05\x06" + bytes(6) + b"\x01\x00" + b"\xff" * 8 + bytes(2)
ORDINARY = {
    "jpeg": jpeg(), "png": png(), "wav": wav(), "mp4": FILM,
    "jpeg, a maker's trailer": jpeg() + b"SEFH\x6b\x00\x00\x00" + bytes(range(256)) * 4 + b"SEFT",
    "jpeg, padding": jpeg() + bytes(5000),
    "jpegs in one file": jpeg() + jpeg(),
    "jpeg, words about a zip": with_comment(b"see PK\x05\x06 and PK\x01\x02, and a pdf, and <b>bold</b>"),
    "jpeg, a directory's end that leads nowhere": jpeg() + NOWHERE,
    "wav, tags after it": wav() + b"ID3\x04\x00\x00" + bytes(100),
    "wav, a chunk more": wav() + b"LIST" + struct.pack("<I", 4) + b"INFO",
    "png, padding": png() + bytes(100),
    "mp4, cut off": FILM[:-4],
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_nothing_ordinary_is_called_one(name: str) -> None:
    assert flags(ORDINARY[name]) == ()


def test_a_motion_photo_is_called_what_it_is() -> None:
    assert flags(with_comment(b'GCamera:MotionPhoto="1"') + FILM) == ("motion_photo",)


def test_what_follows_a_film_and_is_no_format_is_only_told() -> None:
    assert flags(FILM + b"\x01\x02\x03\x04\x05\x06\x07\x08" * 10) == ("appended_data",)
    assert flags(png() + b"#secret words") == ("appended_data",)


LONG = [
    b"MZ" + bytes(58) + b"\x40\0\0\0", b"PK\x05\x06", b"<!doctype ", b"\0\0\0\x18ftyp", b"<script", b"%PDF-",
    b"\xff\xd8\xff",
]  # fmt: skip


@pytest.mark.parametrize("unit", LONG)
def test_what_is_made_to_be_long_to_read_is_not(unit: bytes) -> None:
    data = jpeg() + unit * ((4 << 20) // len(unit))
    begun = time.process_time()
    flags(data)
    assert time.process_time() - begun < 2.0


def test_a_film_of_a_hundred_thousand_boxes_is_soon_read() -> None:
    film = reference_film(*(box(b"trak", *[box(b"free")] * 300) for _ in range(3000)))
    begun = time.process_time()
    assert tracks_elsewhere(io.BytesIO(film))[0] == 0
    flags(film)
    assert time.process_time() - begun < 2.0


@given(data=st.binary(max_size=3000), where=st.sampled_from(["jpeg", "png", "wav", "mp4"]), at=st.integers(0, 3000))
def test_no_bytes_make_it_stumble(data: bytes, where: str, at: int) -> None:
    start = ORDINARY[where]
    flags(start[: 40 + at] + data)


KNOWN = {"exif_html_comment.jpg", "php_in_exif.jpg", "polyglot_jpeg_zip.jpg"}


def test_of_all_real_files_only_those_that_are_ones_are_called_so(testdata: Path) -> None:
    named, seen = set(), 0
    for file in sorted(testdata.rglob("*")):
        if file.is_file():
            with file.open("rb") as opened:
                found = recognise(opened.read(HEAD))
                if found and found.media is not Media.OTHER:
                    seen += 1
                    if "polyglot" in look(opened, found):
                        named.add(file.name)
    assert named == KNOWN
    assert seen > 200
