"""Signatures: what the first bytes of a file say it is, with PRONOM identifiers where one is certain."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.gif import moves
from pipeline.core.model import Media
from pipeline.core.mpeg_audio import adts_frame, mpeg_frame

HEAD = 65_536
"""How many of the first bytes to hand over: enough for tags, brands and document types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A format by its bytes. ``media`` is what such a file usually is; its streams may say otherwise."""

    media_type: str
    container: str
    media: Media
    puid: str | None = None
    flags: tuple[str, ...] = ()


def _of(media_type: str, container: str, puid: str | None = None, media: Media | None = None) -> Signature:
    first = media_type.partition("/")[0]
    usual = Media(first) if first in {"image", "audio", "video"} else Media.OTHER
    return Signature(media_type=media_type, container=container, media=media or usual, puid=puid)


# (offset, bytes, what they say), most telling first.
_FIXED: tuple[tuple[int, bytes, Signature], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", _of("image/png", "png", "fmt/11")),
    (0, b"GIF87a", _of("image/gif", "gif", "fmt/3")),
    (0, b"GIF89a", _of("image/gif", "gif", "fmt/4")),
    (0, b"8BPS\x00\x01", _of("image/vnd.adobe.photoshop", "psd", "x-fmt/92")),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", _of("image/jp2", "jp2", "x-fmt/392")),
    (0, b"\xff\x4f\xff\x51\x00", _of("image/x-jp2-codestream", "j2k")),
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n", _of("image/jxl", "jxl")),
    (0, b"\xff\x0a", _of("image/jxl", "jxl")),
    (0, b"FUJIFILMCCD-RAW", _of("image/x-fuji-raf", "raf")),
    (0, b"IIU\x00", _of("image/x-panasonic-rw2", "rw2")),
    (0, b"fLaC", _of("audio/flac", "flac", "fmt/279")),
    (0, b"#!AMR-WB\n", _of("audio/amr-wb", "amr")),
    (0, b"#!AMR\n", _of("audio/amr", "amr", "fmt/356")),
    (0, b"caff\x00\x01", _of("audio/x-caf", "caf")),
    (0, b".snd\x00", _of("audio/basic", "au", "x-fmt/139")),
    (0, b"FLV\x01", _of("video/x-flv", "flv", "x-fmt/382")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", _of("video/x-ms-asf", "asf", "fmt/131")),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", _of("application/mxf", "mxf", "fmt/200", Media.VIDEO)),
    (0, b"%PDF-", _of("application/pdf", "pdf")),
    (0, b"PK\x03\x04", _of("application/zip", "zip", "x-fmt/263")),
    (0, b"\x1f\x8b\x08", _of("application/gzip", "gzip", "x-fmt/266")),
    (0, b"7z\xbc\xaf\x27\x1c", _of("application/x-7z-compressed", "7z", "fmt/484")),
    (0, b"Rar!\x1a\x07", _of("application/vnd.rar", "rar", "x-fmt/264")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _of("application/x-ole-storage", "ole2", "fmt/111")),
)

_RIFF = {
    b"WAVE": _of("audio/wav", "wav", "fmt/6"),
    b"AVI ": _of("video/x-msvideo", "avi", "fmt/5"),
    b"WEBP": _of("image/webp", "webp"),
}
_AIFF = {b"AIFF": _of("audio/aiff", "aiff", "fmt/414"), b"AIFC": _of("audio/aiff", "aiff", "x-fmt/136")}
_WEBP_PUID = {b"VP8 ": "fmt/566", b"VP8L": "fmt/567", b"VP8X": "fmt/568"}
_OGG = (
    (b"\x01vorbis", "audio/ogg", "fmt/203"),
    (b"OpusHead", "audio/ogg", "fmt/946"),
    (b"\x7fFLAC", "audio/ogg", "fmt/947"),
    (b"Speex   ", "audio/ogg", "fmt/948"),
    (b"\x80theora", "video/ogg", "fmt/945"),
)
_BRANDS = {
    b"qt  ": _of("video/quicktime", "mov", "x-fmt/384"),
    b"crx ": _of("image/x-canon-cr3", "cr3"),
    b"avif": _of("image/avif", "heif"),
    b"avis": _of("image/avif", "heif"),
    b"heic": _of("image/heic", "heif", "fmt/1101"),
    b"heix": _of("image/heic", "heif", "fmt/1101"),
    b"mif1": _of("image/heif", "heif"),
    b"msf1": _of("image/heif", "heif"),
    b"M4A ": _of("audio/mp4", "mp4"),
    b"M4B ": _of("audio/mp4", "mp4"),
    b"M4V ": _of("video/x-m4v", "mp4", "fmt/199"),
}
_MP4 = _of("video/mp4", "mp4", "fmt/199")
_ATOMS = {b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot"}
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "fmt/412"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "fmt/214"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "fmt/215"),
)
_DNG_VERSION = 0xC612
_MOST_TAGS = 4
_TRANSPORT = ((0, 188), (4, 192))


def recognise(head: bytes) -> Signature | None:
    """Return what the first ``HEAD`` bytes say; ``None`` when they carry no known signature."""
    readers: tuple[Callable[[bytes], Signature | None], ...] = (
        _jpeg, _riff, _iso_media, _tiff, _fixed, _ebml, _ogg, _aiff, _bitmap, _id3, _mpeg_stream, _mpeg_audio,
    )  # fmt: skip
    for read in readers:
        if found := read(head):
            return found
    return None


def _with(
    one: Signature, *, media_type: str | None = None, puid: str | None = None, flag: str | None = None
) -> Signature:
    return Signature(
        media_type=media_type or one.media_type, container=one.container, media=one.media,
        puid=puid or one.puid, flags=(*one.flags, flag) if flag else one.flags,
    )  # fmt: skip


def _fixed(head: bytes) -> Signature | None:
    for offset, magic, found in _FIXED:
        if head.startswith(magic, offset):
            if found.container == "png" and b"acTL" in head[: head.find(b"IDAT")]:
                return _with(found, flag="animated")
            if found.container == "gif" and moves(head):
                return _with(found, flag="animated")
            return _office(head, found) if found.container == "zip" else found
    return None


def _office(head: bytes, found: Signature) -> Signature:
    if head[30:38] == b"mimetype":  # OpenDocument and EPUB store their type first, uncompressed
        size = struct.unpack_from("<I", head, 18)[0]
        named = head[38 : 38 + min(size, 100)].decode("ascii", "replace")
        return _with(found, media_type=named) if named.startswith("application/") and named.isprintable() else found
    if b"[Content_Types].xml" in head or b"_rels/.rels" in head:
        for folder, media_type, puid in _OFFICE:
            if folder in head:
                return _with(found, media_type=media_type, puid=puid)
    return found


def _jpeg(head: bytes) -> Signature | None:
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    jfif = {b"\x01\x00": "fmt/42", b"\x01\x01": "fmt/43", b"\x01\x02": "fmt/44"}
    puid = jfif.get(head[11:13]) if head[6:11] == b"JFIF\x00" else "fmt/41" if head[3:4] == b"\xdb" else None
    return _of("image/jpeg", "jpeg", puid)


def _riff(head: bytes) -> Signature | None:
    if head[:4] not in {b"RIFF", b"RF64", b"BW64", b"RIFX"} or not (found := _RIFF.get(head[8:12])):
        return None
    if found.container != "webp":
        return found
    animated = head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)  # noqa: PLR2004 (WebP container, 2.5)
    return _with(found, puid=_WEBP_PUID.get(head[12:16]), flag="animated" if animated else None)


def _iso_media(head: bytes) -> Signature | None:
    if head[4:8] in _ATOMS and struct.unpack_from(">I", head)[0] <= 1 << 31:
        return _BRANDS[b"qt  "]  # QuickTime files older than the file type box
    if head[4:8] != b"ftyp":
        return None
    size = min(struct.unpack_from(">I", head)[0], 1024, len(head))
    major = head[8:12]
    compatible = [head[at : at + 4] for at in range(16, size - 3, 4)]
    if major not in _BRANDS and b"mif1" in compatible:
        major = b"mif1"
    if major in {b"mif1", b"msf1"}:  # the general brand; a compatible one may say which codec
        major = next((one for one in compatible if one in {b"avif", b"avis", b"heic", b"heix"}), major)
    if major[:3] in {b"3gp", b"3ge", b"3gg", b"3gs", b"3gr"}:
        return _of("video/3gpp", "3gp", "fmt/357")
    if major[:3] == b"3g2":
        return _of("video/3gpp2", "3gp")
    return _BRANDS.get(major, _MP4)


def _tiff(head: bytes) -> Signature | None:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(head[:4])
    if order is None:
        big = head[:4] in {b"II+\x00", b"MM\x00+"}
        return _of("image/tiff", "tiff") if big else None
    if head[8:10] == b"CR":
        return _of("image/x-canon-cr2", "cr2", "fmt/592")
    at = struct.unpack_from(order + "I", head, 4)[0] if len(head) >= 8 else HEAD  # noqa: PLR2004 (the TIFF header)
    count = struct.unpack_from(order + "H", head, at)[0] if at + 2 <= len(head) else 0
    ends = min(at + 2 + 12 * count, len(head) - 1)
    tags = {struct.unpack_from(order + "H", head, entry)[0] for entry in range(at + 2, ends, 12)}
    if _DNG_VERSION in tags:
        return _of("image/x-adobe-dng", "dng", "fmt/152")
    return _of("image/tiff", "tiff", "fmt/353")


def _ebml(head: bytes) -> Signature | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    if b"webm" in head[:64]:
        return _of("video/webm", "webm", "fmt/573")
    return _of("video/x-matroska", "matroska", "fmt/569")


def _ogg(head: bytes) -> Signature | None:
    if not head.startswith(b"OggS"):
        return None
    start = head[:4096]
    found = [(media_type, puid) for magic, media_type, puid in _OGG if magic in start]
    found.sort(key=lambda one: one[0].startswith("audio"))
    media_type, puid = (found or [("audio/ogg", "fmt/944")])[0]
    return _of(media_type, "ogg", puid)


def _aiff(head: bytes) -> Signature | None:
    return _AIFF.get(head[8:12]) if head.startswith(b"FORM") else None


def _bitmap(head: bytes) -> Signature | None:
    sizes = {12: None, 40: "fmt/116", 52: None, 56: None, 64: None, 108: "fmt/118", 124: "fmt/119"}
    size = struct.unpack_from("<I", head, 14)[0] if head.startswith(b"BM") and len(head) > 18 else -1  # noqa: PLR2004 (BMP header)
    return _of("image/bmp", "bmp", sizes[size]) if size in sizes else None


def _id3(head: bytes) -> Signature | None:
    if head[:3] != b"ID3" or head[3:4] not in {b"\2", b"\3", b"\4"}:
        return None
    after = 0
    for _ in range(_MOST_TAGS):
        if head[after : after + 3] == b"ID3" and len(head) >= after + 10:
            after += 10 + sum((head[after + 6 + n] & 0x7F) << (21 - 7 * n) for n in range(4))
    rest = head[after:]
    follows = _fixed(rest) or _mpeg_audio(rest)
    return follows if follows and follows.media is Media.AUDIO else _of("audio/mpeg", "mp3", "fmt/134")


def _mpeg_stream(head: bytes) -> Signature | None:
    if head.startswith(b"\x00\x00\x01\xba") and len(head) > 4:  # noqa: PLR2004 (a pack header)
        return _of("video/mpeg", "mpeg", "x-fmt/386" if head[4] & 0xC0 == 0x40 else "x-fmt/385")  # noqa: PLR2004 (ISO/IEC 13818-1, 2.5.3: two bits, 01)
    for first, step in _TRANSPORT:
        marks = [head[at : at + 1] for at in range(first, min(len(head), first + 5 * step), step)]
        if len(marks) > 2 and set(marks) == {b"G"}:  # noqa: PLR2004 (three packets in a row are no chance)
            return _of("video/mp2t", "mpegts", "fmt/585")
    return None


def _mpeg_audio(head: bytes) -> Signature | None:
    """Two bytes of synchronisation are too few to believe: the next frame must stand where this one ends."""
    for measure, found in ((adts_frame, _of("audio/aac", "aac")), (mpeg_frame, _of("audio/mpeg", "mp3", "fmt/134"))):
        size = measure(head[:7])
        if size and measure(head[size : size + 7]):
            return found
    return None
