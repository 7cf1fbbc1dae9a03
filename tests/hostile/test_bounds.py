"""Bounds: each limit of the settings stops a file that passes it, and says so; what is cut is never called whole."""

import io
import struct
import subprocess
import time
import wave
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.hostile.forging import wav
from tests.service.conftest import Evidence, tone

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a recording with ffmpeg."""

    def call(name: str, *options: str) -> Path:
        file = tmp_path / name
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *options, str(file)], check=True)
        return file

    return call


@pytest.fixture
def judged(evidence: Evidence, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Put a file through stages under limits; return what was said, by kind."""

    def call(file: Path, stages: str = "identify,probe", **limits: float) -> dict[str, Any]:
        lines = [f"{name} = {value}" for name, value in limits.items()]
        (tmp_path / "settings.toml").write_text("\n".join(["[limits]", *lines, ""]), encoding="utf-8")
        said = evidence("submit", file, "--batch", "b").json
        assert "items" in said, said
        (item,) = said["items"]
        evidence("process", "b", "--stages", stages)
        return {one["kind"]: one for one in evidence("show", item["asset"]).json["enrichments"]}

    return call


Judged = Callable[..., dict[str, Any]]


def ended(said: dict[str, Any], kind: str = "probe") -> tuple[str, str | None]:
    return said[kind]["outcome"], said[kind]["code"]


def test_a_decoder_that_gets_no_further_is_ended_long_before_its_time_is_over(make: Make, judged: Judged) -> None:
    """Half a gigabyte of nothing after a sound beginning: a decoder looks through all of it for one more frame."""
    file = make("x.mkv", "-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", "-c:v", "mjpeg")
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.rindex(b"\x1c\x53\xbb\x6b")])  # without its index
    with file.open("ab") as out:
        out.truncate(1 << 29)
    began = time.monotonic()
    said = judged(file, tool_seconds=30, decode_seconds=300, stall_seconds=1)
    assert ended(said) == ("refused", "E-MEDIA-005")
    assert time.monotonic() - began < 60


def test_streams(make: Make, judged: Judged) -> None:
    file = make("x.mkv", "-f", "lavfi", "-i", "sine=440:d=1", *["-map", "0"] * 9, "-c:a", "pcm_s16le")
    assert ended(judged(file, max_streams=8)) == ("refused", "E-MEDIA-004")


def test_frames_of_a_film(make: Make, judged: Judged) -> None:
    file = make("x.mkv", "-f", "lavfi", "-i", "testsrc=s=32x32:r=100:d=3", "-c:v", "mjpeg")
    assert ended(judged(file, max_frames=299)) == ("refused", "E-MEDIA-004")


def test_as_many_frames_as_allowed_are_no_fault(make: Make, judged: Judged) -> None:
    file = make("x.mkv", "-f", "lavfi", "-i", "testsrc=s=32x32:r=100:d=3", "-c:v", "mjpeg")
    assert ended(judged(file, max_frames=300)) == ("done", None)


def test_seconds_of_sound(judged: Judged, tmp_path: Path) -> None:
    said = judged(tone(tmp_path / "x.wav", seconds=3), "identify,probe,extract_audio", max_seconds=2)
    assert ended(said) == ended(said, "audio") == ("refused", "E-MEDIA-004")


def test_a_small_file_that_would_sound_for_days_fills_no_disk(judged: Judged, tmp_path: Path) -> None:
    """Sampled once a second, as its header says: each byte would become sixteen thousand."""
    form = struct.pack("<HHIIHH", 1, 1, 1, 2, 2, 16)
    (tmp_path / "x.wav").write_bytes(wav(form, b"data" + struct.pack("<I", 20_000) + bytes(20_000)))
    assert ended(judged(tmp_path / "x.wav")) == ("refused", "E-MEDIA-004")


def test_seconds_that_only_a_header_promises_are_no_fault(judged: Judged, tmp_path: Path) -> None:
    file = tone(tmp_path / "x.wav", seconds=1)
    data = bytearray(file.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFF_FFF0)
    file.write_bytes(data)
    assert ended(judged(file, max_seconds=2)) == ("done", None)


def test_frames_of_an_animated_picture(judged: Judged, tmp_path: Path) -> None:
    shades = [Image.new("L", (16, 16), 8 * n) for n in range(30)]
    shades[0].save(tmp_path / "x.gif", save_all=True, append_images=shades[1:], duration=100)
    said = judged(tmp_path / "x.gif", "identify,probe,keyframes", max_pictures=20)
    assert ended(said) == ended(said, "keyframes") == ("done", None)
    assert "frames_cut" in said["probe"]["body"]["flags"]
    covered = said["keyframes"]["coverage"]
    assert covered["read"] == 20 < covered["of"]
    assert covered["gaps"]


def test_a_hundred_thousand_frames_of_a_small_file(judged: Judged, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(many_frames(100_000))
    began = time.monotonic()
    said = judged(tmp_path / "x.png", "identify,probe,keyframes", max_pictures=1_000)
    assert {one["outcome"] for one in said.values()} <= {"done", "empty", "refused"}
    assert said["keyframes"]["outcome"] == "refused" or said["keyframes"]["coverage"]["gaps"]
    assert time.monotonic() - began < 60


def many_frames(count: int) -> bytes:
    """Return an animated PNG of so many frames of one point each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    point = zlib.compress(b"\0\0")
    out = io.BytesIO()
    out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)))
    out.write(chunk(b"acTL", struct.pack(">II", count, 0)))
    for n in range(count):
        number = 0 if n == 0 else 2 * n - 1
        out.write(chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, 1, 1, 0, 0, 1, 100, 0, 0)))
        out.write(chunk(b"IDAT", point) if n == 0 else chunk(b"fdAT", struct.pack(">I", number + 1) + point))
    out.write(chunk(b"IEND", b""))
    return out.getvalue()


def tagged(tmp_path: Path, count: int, length: int) -> Path:
    """Write a picture with so many texts in it."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for n in range(count):
        info.add_text(f"Key{n:05}", "x" * length)
    Image.new("L", (8, 8)).save(tmp_path / "x.png", pnginfo=info)
    return tmp_path / "x.png"


def test_tags(judged: Judged, tmp_path: Path) -> None:
    body = judged(tagged(tmp_path, 300, 50), max_tags=100, max_tag_characters=40)["probe"]["body"]
    assert {"tags_cut", "values_cut"} <= {*body["flags"]}
    assert len(body["tags"]["raw"]) == 100
    assert max(map(len, body["tags"]["raw"].values())) == 40


def test_pixels(judged: Judged, tmp_path: Path) -> None:
    Image.new("L", (200, 200)).save(tmp_path / "x.png")
    assert ended(judged(tmp_path / "x.png", max_pixels=39_999)) == ("refused", "E-MEDIA-004")


def test_what_a_tool_answers(judged: Judged, tmp_path: Path) -> None:
    """Some hundred chapters are a few kilobytes of a file and tens of an answer."""
    marks = b"".join(struct.pack(">QB", n * 10_000_000, 9) + b"a chapter" for n in range(255))
    said = judged(chaptered(tmp_path, marks), answer_bytes=20_000)
    assert ended(said) == ("refused", "E-MEDIA-004")


def chaptered(tmp_path: Path, marks: bytes) -> Path:
    """Write sound in MP4 with 255 chapters in Nero's box."""
    plain = tmp_path / "plain.mp4"
    tone(tmp_path / "plain.wav")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", str(tmp_path / "plain.wav"), "-c:a", "aac", str(plain)], check=True
    )
    data = plain.read_bytes()
    chapters = struct.pack(">B3xIB", 1, 0, 255) + marks
    box = struct.pack(">I", len(chapters) + 8) + b"chpl" + chapters
    user = struct.pack(">I", len(box) + 8) + b"udta" + box
    at = data.index(b"moov") - 4
    size = struct.unpack_from(">I", data, at)[0]
    (file := tmp_path / "x.mp4").write_bytes(
        data[:at] + struct.pack(">I", size + len(user)) + data[at + 4 : at + size] + user + data[at + size :]
    )
    return file


def test_what_a_tool_writes(judged: Judged, tmp_path: Path) -> None:
    said = judged(tone(tmp_path / "x.wav", seconds=3), "identify,probe,extract_audio", output_bytes=20_000)
    assert ended(said) == ("refused", "E-MEDIA-004")


def test_what_a_picture_needs_of_memory(judged: Judged, tmp_path: Path) -> None:
    Image.new("L", (30_000, 13_000)).save(tmp_path / "x.png", compress_level=1)
    assert ended(judged(tmp_path / "x.png", picture_memory_bytes=450_000_000)) == ("refused", "E-MEDIA-004")


def test_sound_of_ordinary_size_passes_all_of_them(judged: Judged, tmp_path: Path) -> None:
    file = tone(tmp_path / "x.wav")
    with wave.open(str(file)) as sound:
        assert sound.getnframes() == 16_000
    assert ended(judged(file, "identify,probe,extract_audio"), "audio") == ("done", None)
