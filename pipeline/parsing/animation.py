"""Animation: the frames of a picture that moves (GIF, PNG, WebP, AVIF), one after the other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.parsing.material import DAMAGE, Material
from pipeline.parsing.pictures import guarded, opened

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_UNSAID = 100
"""Milliseconds that viewers give a frame that states no duration, or less than they can show."""

_LEAST = 20


def frames(media: Material, max_pixels: int, max_pictures: int) -> Iterator[tuple[int, "Image | None"]]:
    """Yield the frames with their times in milliseconds; a picture that fails to decode is ``None``, and the last."""
    with guarded(media, max_pixels), opened(media, max_pixels) as image:
        at = 0
        for number in range(max_pictures):
            state = _frame(image, number)
            if state is None:
                return
            yield at, image if state else None
            said = image.info.get("duration")
            lasts = round(said) if isinstance(said, int | float) and said == said else 0  # noqa: PLR0124 - not a number
            at += lasts if lasts >= _LEAST else _UNSAID


def _frame(image: "ImageFile", number: int) -> bool | None:
    """Go to a frame and decode it: whether it could be, ``None`` after the last."""
    try:
        image.seek(number)
    except EOFError:
        return None
    except DAMAGE:
        return False
    try:
        image.load()
    except DAMAGE:
        return False
    return True
