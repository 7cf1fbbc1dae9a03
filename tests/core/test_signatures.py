"""What bytes say they are."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import Media
from pipeline.core.signatures import HEAD, recognise


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body


def _mp3(frames: int) -> bytes:
    return (b"\xff\xfb\x90\x00" + b"\0" * 413) * frames  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


@pytest.mark.parametrize(
    ("head", "media_type", "media"),
    [
        (_ftyp(b"isom", b"mp41"), "video/mp4", Media.VIDEO),
        (_ftyp(b"qt  "), "video/quicktime", Media.VIDEO),
        (_ftyp(b"3gp5"), "video/3gpp", Media.VIDEO),
        (_ftyp(b"M4A "), "audio/mp4", Media.AUDIO),
        (_ftyp(b"mif1", b"heic"), "image/heic", Media.IMAGE),
        (_ftyp(b"mif1", b"avif"), "image/avif", Media.IMAGE),
        (_ftyp(b"abcd", b"mif1"), "image/heif", Media.IMAGE),
        (b"\0\0\0\x08wide", "video/quicktime", Media.VIDEO),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", Media.AUDIO),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", Media.VIDEO),
        (b"\x1a\x45\xdf\xa3\x93\x42\x82\x84webm", "video/webm", Media.VIDEO),
        (b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska", "video/x-matroska", Media.VIDEO),
        (b"OggS" + b"\0" * 24 + b"OpusHead", "audio/ogg", Media.AUDIO),
        (b"OggS" + b"\0" * 24 + b"\x80theora" + b"\x01vorbis", "video/ogg", Media.VIDEO),
        (_mp3(2), "audio/mpeg", Media.AUDIO),
        (b"ID3\x03\0\0\0\0\0\x04" + b"\0" * 4 + _mp3(2), "audio/mpeg", Media.AUDIO),
        (b"ID3\x03\0\0\0\0\0\x04" + b"\0" * 4 + b"fLaC", "audio/flac", Media.AUDIO),
        (b"FORM\0\0\0\0AIFF", "audio/aiff", Media.AUDIO),
        ((b"\x47" + b"\0" * 187) * 4, "video/mp2t", Media.VIDEO),
        (b"\x00\x00\x01\xba\x44", "video/mpeg", Media.VIDEO),
        (b"%PDF-1.7", "application/pdf", Media.OTHER),
        (b"II*\0\x10\0\0\0CR\x02\0", "image/x-canon-cr2", Media.IMAGE),
        (b"II*\0\x08\0\0\0\x01\0\x12\xc6\x01\0\x04\0\0\0\x01\x04\0\0", "image/x-adobe-dng", Media.IMAGE),
    ],
)  # fmt: skip
def test_a_format_is_told_by_its_bytes(head: bytes, media_type: str, media: Media) -> None:
    found = recognise(head)
    assert found is not None
    assert (found.media_type, found.media) == (media_type, media)


def test_two_bytes_of_synchronisation_are_no_mp3() -> None:
    assert recognise(_mp3(1) + b"something else") is None


def test_office_documents_are_told_from_archives() -> None:
    archive = b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml" + b"\0" * 40
    assert recognise(archive + b"word/document.xml").media_type.endswith("wordprocessingml.document")  # type: ignore[union-attr]
    assert recognise(archive).media_type == "application/zip"  # type: ignore[union-attr]


def test_moving_pictures_are_flagged() -> None:
    still = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x00"
    moving = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02"
    assert [recognise(one).flags for one in (still + b"\0", moving + b"\0")] == [(), ("animated",)]  # type: ignore[union-attr]
    picture = b"\x2c" + b"\0" * 9 + b"\x02\x01\x00\x00"
    header = b"GIF89a" + b"\x01\0\x01\0\0\0\0"
    assert recognise(header + picture + b";").flags == ()  # type: ignore[union-attr]
    assert recognise(header + picture * 2 + b";").flags == ("animated",)  # type: ignore[union-attr]


@pytest.mark.parametrize("size", range(0, 40, 3))
def test_no_prefix_of_anything_raises(size: int) -> None:
    for head in (
        _ftyp(b"isom"),
        b"II*\0\xff\xff\xff\xff",
        b"BM" + b"\0" * 40,
        b"GIF89a\1\0\1\0\xff\0\0,",
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
    ):
        recognise(head[:size])


_MAGIC = (
    b"",
    b"ID3\3",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"OggS",
    b"\0\0\0\x20ftyp",
    b"BM",
    b"PK\3\4",
    b"\xff\xfb",
)


@given(st.sampled_from(_MAGIC), st.binary(max_size=400))
def test_hostile_bytes_never_raise(magic: bytes, rest: bytes) -> None:
    recognise(magic + rest)


def test_a_chain_of_empty_tags_has_an_end() -> None:
    assert recognise((b"ID3\4\0\0\0\0\0\0" * 7000)[:HEAD]) is not None


def test_every_real_medium_is_recognised(testdata: Path) -> None:
    wrong = []
    for one in json.loads((testdata / "MANIFEST.json").read_text())["files"]:
        folder = one["path"].partition("/")[0]
        if folder == "hostile" or one["kind"] == "playlist" or "motion_photo" in (one.get("ground_truth") or {}):
            continue
        with (testdata / one["path"]).open("rb") as file:
            found = recognise(file.read(HEAD))
        if found is None or found.media != one["kind"]:
            wrong.append((one["path"], found))
    assert wrong == []
