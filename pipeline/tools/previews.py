"""Previews: small pictures and a film that any browser shows, with nothing of the original but its look and sound."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.ports.moving import Box, Sheet
from pipeline.core.streams import rotation, whole
from pipeline.settings import Settings
from pipeline.tools import raw
from pipeline.tools.fetching import display_size
from pipeline.tools.ffmpeg import call, inputs
from pipeline.tools.frames import EXACT, SWS, THREADS
from pipeline.tools.parsers import Parsers
from pipeline.tools.sandbox import run

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 82
_CELL, _GAP = 240, 4
_SHORT_SIDE = 720
_LEAST = 2
_WHITE = (255, 255, 255)


def reduce(media: Path, out: Path, longest: int, settings: Settings, parsers: Parsers) -> tuple[int, int]:
    """Write a picture as JPEG, as it is shown, its longest side at most ``longest``; return width and height."""
    source, orientation = raw.source(media, settings)
    image = parsers.upright(source, longest=longest, orientation=orientation)
    _save(image, out)
    return image.width, image.height


def thumbnail(looks: Path, number: int, out: Path, longest: int) -> tuple[int, int]:
    """Write one of the small keyframes as JPEG; return width and height."""
    image = _fit(_look(looks, number), longest)
    _save(image, out)
    return image.width, image.height


def contact_sheet(looks: Path, numbers: Sequence[int], out: Path) -> Sheet:
    """Write small keyframes side by side as one JPEG; say where each stands."""
    import PIL.Image

    images = [_fit(_look(looks, number), _CELL) for number in numbers]
    across = math.ceil(math.sqrt(len(images)))
    wide, high = (max(one.size[axis] for one in images) for axis in (0, 1))
    width = across * (wide + _GAP) - _GAP
    height = math.ceil(len(images) / across) * (high + _GAP) - _GAP
    sheet = PIL.Image.new("RGB", (width, height), _WHITE)
    boxes: list[Box] = []
    for place, image in enumerate(images):
        left, top = place % across * (wide + _GAP), place // across * (high + _GAP)
        sheet.paste(image, (left, top))
        boxes.append((left / width, top / height, image.width / width, image.height / height))
    _save(sheet, out)
    return Sheet(width=width, height=height, boxes=tuple(boxes))


def proxy(media: Path, streams: Sequence[Mapping[str, Any]], into: Path, settings: Settings) -> tuple[int, int] | None:
    """Write ``proxy.mp4``: H.264 and AAC, upright, square pixels, 720 lines at most, playable while it loads.

    ``streams`` are ffprobe's accounts of the moving picture, first, and of sounds. What decodes of damaged
    material is in it. Returns width and height; ``None`` when not one frame came out. No tag, chapter,
    caption or supplemental message of the original is written.
    """
    moving, *sounds = streams
    width, height = _even(_size(moving))
    argv = [
        "ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-max_error_rate", "1",
        *inputs(settings, threads=THREADS, probesize=None), *EXACT, "-i", "file:/in/media",
        *(word for one in streams for word in ("-map", f"0:{one['index']}")),
        "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn", "-filter_threads", "1",
        "-vf", f"scale={width}:{height}:flags=bicubic+{SWS},setsar=1,format=yuv420p", "-vsync", "vfr",
        "-c:v", "libx264", "-preset", "superfast", "-crf", "27", "-profile:v", "main", "-threads", str(THREADS),
        # The same bytes on every processor; no captions and no name of the encoder among the pictures.
        "-x264-params", "cpu-independent=1", "-bsf:v", "filter_units=remove_types=6",
        *(("-c:a", "aac", "-b:a", "96k", "-ac", "2", "-ar", "48000") if sounds else ()),
        "-max_muxing_queue_size", "4096", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
        "-movflags", "+faststart", "-f", "mp4", "/out/proxy.mp4",
    ]  # fmt: skip
    done = run(call(argv, media, settings, output=into))
    file = into / "proxy.mp4"
    if not file.exists() or (done.status and file.stat().st_size < _EMPTY):
        return None
    return width, height


_EMPTY = 1024
"""Bytes that a film without a frame does not reach."""


def _size(stream: Mapping[str, Any]) -> tuple[int, int]:
    across, _, down = str(stream.get("sample_aspect_ratio") or "1:1").partition(":")
    sar = (whole(across) or 1, whole(down) or 1)
    stored = (whole(stream.get("width")) or _LEAST, whole(stream.get("height")) or _LEAST)
    width, height = display_size(stored, sar, turned=(rotation(stream) or 0) in {90, 270})
    share = min(1.0, _SHORT_SIDE / min(width, height))
    return round(width * share), round(height * share)


def _even(size: tuple[int, int]) -> tuple[int, int]:
    """The coder halves the colours: sides are even numbers."""
    return max(_LEAST, size[0] // 2 * 2), max(_LEAST, size[1] // 2 * 2)


def _look(looks: Path, number: int) -> "Image":
    import numpy as np
    import PIL.Image

    return PIL.Image.fromarray(np.array(np.load(looks, mmap_mode="r", allow_pickle=False)[number]))


def _fit(image: "Image", longest: int) -> "Image":
    import PIL.Image

    if max(image.size) <= longest:
        return image
    share = longest / max(image.size)
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, PIL.Image.Resampling.BILINEAR, reducing_gap=3.0)


def _save(image: "Image", out: Path) -> None:
    """Write pixels and nothing else: the profile went into the colours, all other information stays behind."""
    image.info = {}
    image.save(out, "JPEG", quality=_QUALITY)
