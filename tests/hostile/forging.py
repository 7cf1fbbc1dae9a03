"""Forging: parts of files of many formats, by hand, with whatever one likes in them."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence

from PIL import Image

from tests.core.films import box


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """Return a small photograph with segments of one's own after its start."""
    out = io.BytesIO()
    Image.effect_noise((96, 64), 60).convert("RGB").save(out, "JPEG")
    parts = b"".join(struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data for mark, data in segments)
    return out.getvalue()[:2] + parts + out.getvalue()[2:]


def png(*chunks: tuple[bytes, bytes], width: int = 8, height: int = 8) -> bytes:
    """Return a grey PNG with chunks of one's own after its header."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (width + 1) * min(height, 64))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )  # fmt: skip


def swollen(megabytes: int) -> bytes:
    """Return what a few kilobytes unpack to."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def element(name: int, data: bytes) -> bytes:
    """Return an EBML element, its size written in eight bytes."""
    return name.to_bytes((name.bit_length() + 7) // 8) + b"\x01" + len(data).to_bytes(7) + data


def matroska(info: bytes = b"", tags: bytes = b"", clock: int = 0, *, shows: bytes = b"") -> bytes:
    """Return a second of PCM in Matroska, or of a picture that is shown again and again."""
    if shows:
        form = element(0x83, b"\x01") + element(0x86, b"V_MJPEG") + element(
            0xE0, element(0xB0, b"\x60") + element(0xBA, b"\x40")
        )  # fmt: skip
    else:
        form = element(0x83, b"\x02") + element(0x86, b"A_PCM/INT/LIT") + element(
            0xE1, element(0xB5, struct.pack(">d", 8000.0)) + element(0x9F, b"\x01") + element(0x6264, b"\x10")
        )  # fmt: skip
    sound = struct.pack("<800h", *range(0, 8000, 10))
    blocks = b"".join(
        element(0xA3, b"\x81" + struct.pack(">h", n * 100) + b"\x80" + (shows or sound)) for n in range(10)
    )  # fmt: skip
    entry = element(0xAE, element(0xD7, b"\x01") + element(0x73C5, b"\x01") + form)
    parts = element(0x1549A966, element(0x2AD7B1, (1_000_000).to_bytes(4)) + info) + element(0x1654AE6B, entry) + tags
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    return head + element(0x18538067, parts + element(0x1F43B675, element(0xE7, clock.to_bytes(8)) + blocks))


def tag(name: bytes, value: bytes) -> bytes:
    """Return Matroska's tags with one text about the first track."""
    return element(0x1254C367, element(0x7373, element(0x63C0, element(0x63C5, b"\x01"))
                   + element(0x67C8, element(0x45A3, name) + element(0x4487, value))))  # fmt: skip


def film(*tables: bytes) -> bytes:
    """Return an MP4 whose one track has these tables and no more data than a line."""
    entry = box(b"mp4v", bytes(6), b"\0\1", bytes(16), struct.pack(">HHIIIH", 64, 64, 0x480000, 0x480000, 0, 1),
                bytes(32), struct.pack(">Hh", 24, -1))  # fmt: skip
    described = box(b"stsd", struct.pack(">II", 0, 1), entry)
    stbl = box(b"stbl", described, *tables)
    header = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 1000, 0xFFFF_FFFF, 0, 0))
    kind = box(b"hdlr", bytes(8), b"vide", bytes(13))
    trak = box(b"trak", box(b"mdia", header, kind, box(b"minf", box(b"vmhd", bytes(12)), stbl)))
    return box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"moov", trak) + box(b"mdat", b"m" * 500)


def nested(name: bytes, depth: int) -> bytes:
    """Return boxes in boxes, each claiming all that follows."""
    return b"".join(struct.pack(">I", 8 * (depth - n)) + name for n in range(depth))


def wav(form: bytes, *chunks: bytes) -> bytes:
    """Return a WAVE file of this form and chunks."""
    rest = b"fmt " + struct.pack("<I", len(form)) + form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(rest) + 4) + b"WAVE" + rest


def flac_picture(mime: bytes, data: bytes) -> bytes:
    """Return a FLAC head with a picture; the type ``-->`` says that the data is an address."""
    picture = struct.pack(">II", 3, len(mime)) + mime + struct.pack(">IIIIII", 0, 64, 64, 24, 0, len(data)) + data
    stream = struct.pack(">HH3s3s", 4096, 4096, bytes(3), bytes(3)) + bytes.fromhex("0ac442f000000000") + bytes(16)
    return b"fLaC\x00" + len(stream).to_bytes(3) + stream + b"\x86" + len(picture).to_bytes(3) + picture


def id3(frames: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return silent MP3 frames behind tags."""
    body = b"".join(name + struct.pack(">IH", len(data), 0) + data for name, data in frames)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body + (b"\xff\xfb\x90\x64" + bytes(413)) * 40


def archive(kind: str, name: str, data: bytes) -> bytes:
    """Return an archive with one member."""
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, data)
    else:
        with tarfile.open(fileobj=out, mode="w") as file:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return out.getvalue()


def tiff(ring: int) -> bytes:
    """Return a TIFF whose directories follow each other in a ring."""
    each = 2 + 12 * 2 + 4
    parts = [b"II*\0" + struct.pack("<I", 8)]
    for n in range(ring):
        following = 8 + each * ((n + 1) % ring)
        entries = struct.pack("<HHIIHHII", 0x0100, 4, 1, 16, 0x0101, 4, 1, 16)
        parts.append(struct.pack("<H", 2) + entries + struct.pack("<I", following))
    return b"".join(parts)


def xmp(text: str) -> tuple[int, bytes]:
    """Return the segment of a photograph that holds XMP."""
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode()
