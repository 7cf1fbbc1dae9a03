"""Contrived: files made by hand to harm whoever reads them, one for each thing that formats let a stranger ask for."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

from tests.core.films import box, track
from tests.hostile.forging import (
    archive,
    element,
    film,
    flac_picture,
    id3,
    jpeg,
    matroska,
    nested,
    png,
    swollen,
    tag,
    tiff,
    wav,
    xmp,
)

LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
) + "]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&j;</x:xmpmeta>"  # fmt: skip
ENTITY = "<!DOCTYPE x [<!ENTITY a SYSTEM '{0}'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&a;</x:xmpmeta>"
WIDE = (
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:ImageWidth='1e308' tiff:ImageHeight='-9'"
    " tiff:Orientation='1e9'/></rdf:RDF></x:xmpmeta>"
)
HEIC = box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)))
RAW_XMP = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

Made = Callable[[str], bytes]
"""Bytes of a file that names this place."""

FILES: dict[str, Made] = {
    "linked.mkv": lambda at: matroska(
        element(0x3E83BB, at.encode()) + element(0x3C83AB, at.encode()) + element(0x3EB923, b"u" * 16)
    ),
    "endless_duration.mkv": lambda _: matroska(tags=tag(b"DURATION", b"1e308:00:00.0"), shows=jpeg()),
    "end_of_time.mkv": lambda _: matroska(clock=(1 << 62) - 1),
    "film_at_the_end_of_time.mkv": lambda _: matroska(clock=(1 << 62) - 1, shows=jpeg()),
    "film.mkv": lambda _: matroska(shows=jpeg()),
    "chapters_elsewhere.mkv": lambda at: (
        matroska(tags=tag(b"TITLE", at.encode()))
        + element(0x1043A770, element(0x45B9, element(0xB6, element(0x6E67, b"u" * 16))))
    ),
    "keyed.m3u8.mp4": lambda at: (
        f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{at}"\n#EXT-X-MAP:URI="{at}"\n#EXTINF:9,\n{at}\n'
    ).encode(),
    "drawn.svgz": lambda at: gzip.compress(f'<svg xmlns:xlink="x"><image xlink:href="{at}"/></svg>'.encode()),
    "data.svg": lambda at: (
        f"<svg><image href=\"data:image/svg+xml,&lt;svg>&lt;image href='{at}'/>&lt;/svg>\"/></svg>"
    ).encode(),
    "included.svg": lambda at: f'<svg><xi:include xmlns:xi="x" href="{at}" parse="text"/></svg>'.encode(),
    "thumbnail_bomb.jpg": lambda _: jpeg(
        (
            0xE1,
            b"Exif\0\0II*\0\x08\0\0\0\0\0\x0e\0\0\0\x02\0"
            + struct.pack("<HHIIHHII", 0x0201, 4, 1, 44, 0x0202, 4, 1, 40)
            + bytes(4)
            + b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03"
            + bytes(30),
        )
    ),
    "laughs.jpg": lambda _: jpeg(xmp(LAUGHS)),
    "entity.jpg": lambda at: jpeg(xmp(ENTITY.format(at))),
    "wide.heic": lambda _: HEIC + box(b"uuid", RAW_XMP, WIDE.encode()),
    "nested.mp4": lambda _: box(b"ftyp", b"isom", bytes(4)) + nested(b"moov", 60_000),
    "nested.mov": lambda _: (
        box(b"ftyp", b"qt  ", bytes(4)) + b"".join(nested(name, 9_000) for name in (b"udta", b"trak"))
    ),
    "promised.mp4": lambda _: film(
        box(b"stts", struct.pack(">IIII", 0, 1, 0xFFFF_FFFF, 1)),
        box(b"stsz", struct.pack(">III", 0, 1, 0xFFFF_FFFF)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 0xFFFF_FFFF, 1)),
        box(b"stco", struct.pack(">III", 0, 1, 0)),
    ),
    "tables.mp4": lambda _: film(
        *(
            box(name, struct.pack(">II", 0, 0x7FFF_FFFF))
            for name in (
                b"stts",
                b"stss",
                b"ctts",
                b"stsc",
                b"stsz",
                b"co64",
            )
        )
    ),
    "elsewhere_in_part.mov": lambda at: (
        box(b"ftyp", b"qt  ", bytes(4))
        + box(
            b"moov",
            track(outside=False),
            track(outside=True).replace(b"file:///etc/passwd", at.encode()[:18].ljust(18)),
        )
    ),
    "hidden_film.jpg": lambda _: jpeg() + film(box(b"stts", struct.pack(">IIII", 0, 1, 0xFFFF_FFFF, 1))),
    "slip.jpg": lambda _: jpeg() + archive("zip", "../../../../tmp/slipped", b"out"),
    "swollen.zip.mp4": lambda _: archive("zip", "film.mp4", bytes(200 << 20)),
    "swollen.gz.jpg": lambda _: gzip.compress(bytes(200 << 20), 9),
    "pretending.tar.mov": lambda at: archive("tar", f"../..{at}", jpeg()),
    "colours_bomb.png": lambda _: png((b"iCCP", b"x\0\0" + swollen(600))),
    "text_bomb.png": lambda _: png(
        (b"zTXt", b"Comment\0\0" + swollen(600)), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + swollen(600))
    ),
    "colours.jpg": lambda _: jpeg(*((0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + b"\xff" * 900) for n in range(1, 255))),
    "huge.webp": lambda _: b"RIFF\x1c\0\0\0WEBPVP8L\x0f\0\0\0\x2f\xff\xff\xff\x0f" + bytes(12),
    "huge.avif": lambda _: (
        box(b"ftyp", b"avif", bytes(4), b"avifmif1")
        + box(
            b"meta",
            bytes(4),
            box(b"iprp", box(b"ipco", box(b"ispe", struct.pack(">III", 0, 0xFFFF_FFFF, 0xFFFF_FFFF)))),
        )
    ),
    "huge.gif": lambda _: (
        b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(768) + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x08\x01\0\0\x3b"
    ),
    "huge.pnm": lambda _: b"P3 999999999 999999999 255 " + b"1 " * 9,
    "huge.bmp": lambda _: (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 2**31 - 1, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "ring.tif": lambda _: tiff(3),
    "self.tif": lambda _: tiff(1),
    "address.flac": lambda at: flac_picture(b"-->", at.encode()),
    "address.mp3": lambda at: id3([(b"APIC", b"\0-->\0\x03\0" + at.encode()), (b"WXXX", b"\0\0" + at.encode())]),
    "no_rate.wav": lambda _: wav(struct.pack("<HHIIHH", 1, 65_535, 0, 0, 0, 0), b"data\xff\xff\xff\x7f" + bytes(999)),
    "no_clock.ivf": lambda _: (
        b"DKIF" + struct.pack("<HH4sHHIIII", 0, 32, b"VP80", 64, 64, 0, 0, 0xFFFF_FFFF, 0) + bytes(99)
    ),
    "exit.asf": lambda at: (
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
        + struct.pack("<QIBB", 999, 1, 1, 2)
        + (
            bytes.fromhex("301afb1e620bd011a39b00a0c90348f6")
            + struct.pack("<Q", 200)
            + f"URLANDEXIT {at}".encode("utf-16-le")
        )
    ),
    "script.ps.jpg": lambda at: f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({at}) run\nshowpage\n".encode(),
    "subtitles.ass": lambda at: (
        f"[Script Info]\n[Fonts]\nfontname: {at}\n[Events]\nDialogue: {{\\fn{at}}}<img src={at}>".encode()
    ),
    "beside.srt": lambda at: (
        f"1\n00:00:00,000 --> 00:00:09,000\n<img src='{at}'><script>x</script>GPS(37.1343,36.2021,0)\n\n" * 3
    ).encode(),
    "beside.wav": lambda _: wav(
        struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16), b"data" + struct.pack("<I", 16000) + bytes(16000)
    ),
    "\u202e4pm.\x1b]0;owned\x07\x1b[2J.jpg": lambda _: jpeg(),
}


def contrived(folder: Path, *targets: str) -> list[Path]:
    """Write every file into a folder; those that name a place take turns with the targets."""
    folder.mkdir()
    made = []
    for number, (name, make) in enumerate(FILES.items()):
        made.append(folder / name)
        made[-1].write_bytes(make(targets[number % len(targets)]))
    return made
