"""PDQ: the perceptual hash of a picture and of windows around its blobs."""

from typing import TYPE_CHECKING

from pipeline.core.blobs import Blob, blobs
from pipeline.core.ports import PictureHash, Pixels, WindowHash
from pipeline.tools.pdq_hash import SIDE, VERSION, pdq_hashes

if TYPE_CHECKING:
    from PIL.Image import Image

MIRROR = 5
"""The orientation that is the picture with left and right changed."""
_LOOKED_AT = 512
"""Pixels of the longer side of the picture in which blobs are looked for."""
_SMALLEST = 32
"""A picture with a shorter side holds no window worth a hash."""


def pdq(pixels: Pixels, windows: int) -> PictureHash:
    """Hash a picture in its eight orientations, and at most ``windows`` windows of it."""
    import PIL.Image

    values, quality = pdq_hashes(pixels[None])[0]
    found = _windows(PIL.Image.fromarray(pixels), windows) if windows else ()
    return PictureHash(values=values, quality=quality, windows=found)


def version() -> str:
    """Return the version of the hash."""
    return VERSION


def _windows(picture: "Image", most: int) -> tuple[WindowHash, ...]:
    import numpy as np
    import PIL.Image

    if min(picture.size) < _SMALLEST:
        return ()
    grey = picture.convert("L")
    share = _LOOKED_AT / max(grey.size)
    size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
    plane = np.asarray(grey.resize(size, PIL.Image.Resampling.BILINEAR), dtype=np.float32) / np.float32(255)
    around = blobs(plane, most)
    if not around:
        return ()
    hashes = pdq_hashes(np.stack([_cut(grey, one, size) for one in around]))
    longer = max(size)
    return tuple(
        WindowHash(
            x=one.x / longer, y=one.y / longer, half=one.half / longer, value=values[0], mirrored=values[MIRROR],
            quality=quality,
        )
        for one, (values, quality) in zip(around, hashes, strict=True)
    )  # fmt: skip


def _cut(grey: "Image", one: Blob, size: tuple[int, int]) -> Pixels:
    """Return a blob's window in the size to which PDQ itself reduces every picture."""
    import numpy as np
    import PIL.Image

    across, down = grey.width / size[0], grey.height / size[1]
    box = (
        max((one.x - one.half) * across, 0), max((one.y - one.half) * down, 0),
        min((one.x + one.half) * across, grey.width), min((one.y + one.half) * down, grey.height),
    )  # fmt: skip
    return np.asarray(grey.resize((SIDE, SIDE), PIL.Image.Resampling.BILINEAR, box=box).convert("RGB"))
