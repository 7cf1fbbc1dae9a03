"""Raw: a camera's undeveloped picture, read by the photograph that the camera put beside it."""

import struct
from pathlib import Path

from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.exiftool import extract

_PREVIEWS = ("JpgFromRaw", "JpgFromRaw2", "PreviewImage", "OtherImage", "ThumbnailImage")
"""Where cameras put them, largest first."""

_LEAST_BYTES = 1_000
_HEAD = 65_536
_SUBFILE_TYPE, _SUB_IFDS, _DNG = 0x00FE, 0x014A, 0xC612
_MARKS = ((0, b"FUJIFILMCCD-RAW"), (0, b"IIU\x00"), (0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR"), (8, b"crx "))
_JPEG = b"\xff\xd8\xff"


def is_raw(media: Path) -> bool:
    """Tell a camera's raw picture by its first bytes.

    Most are TIFF: then its first picture is a small one of others (Nikon, Sony, DNG), or Canon's mark is there.
    """
    with media.open("rb") as file:
        head = file.read(_HEAD)
    if any(head.startswith(mark, at) for at, mark in _MARKS):
        return head[8:12] != b"crx " or head[4:8] == b"ftyp"
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(head[:4])
    if order is None or len(head) < 8:  # noqa: PLR2004 - the TIFF header
        return False
    if head[8:10] == b"CR":
        return True
    tags = _first_directory(head, order)
    return _DNG in tags or (_SUB_IFDS in tags and tags.get(_SUBFILE_TYPE) == 1)


def _first_directory(head: bytes, order: str) -> dict[int, int]:
    at = struct.unpack_from(order + "I", head, 4)[0]
    count = struct.unpack_from(order + "H", head, at)[0] if at + 2 <= len(head) else 0
    found: dict[int, int] = {}
    for entry in range(at + 2, min(at + 2 + 12 * count, len(head) - 11), 12):
        tag, _, _, value = struct.unpack_from(order + "HHII", head, entry)
        found[tag] = value
    return found


def source(media: Path, settings: Settings) -> tuple[Path | bytes, int | None]:
    """Return what a picture library can read: the file itself, or the photograph inside a camera's raw picture.

    With the latter comes the orientation that the camera noted. ``Refused`` (U-CODEC-001) where there is none.
    """
    if not is_raw(media):
        return media, None
    found = preview(media, settings)
    if found is None:
        raise Refused("a camera's raw picture without a photograph in it", code="U-CODEC-001")
    return found, orientation(media, settings)


def preview(media: Path, settings: Settings) -> bytes | None:
    """Return the largest photograph in a camera's raw picture, as JPEG; ``None`` where it holds none."""
    for tag in _PREVIEWS:
        found = extract(media, tag, settings)
        if found.startswith(_JPEG) and len(found) >= _LEAST_BYTES:
            return found
    return None


def orientation(media: Path, settings: Settings) -> int:
    """Return the orientation that the camera noted, EXIF's 1 to 8: the photograph inside may not repeat it."""
    said = extract(media, "IFD0:Orientation", settings, "-n").strip()
    return int(said) if said.isdigit() and 1 <= int(said) <= 8 else 1  # noqa: PLR2004 - EXIF's eight
