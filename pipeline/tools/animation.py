"""Animation: the frames of a picture that moves (GIF, PNG, WebP, AVIF), as those of a recording."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Frames, Pixels
from pipeline.core.ports.moving import GLANCE, Fetched, Gathered, Instant, Wanted
from pipeline.settings import Settings
from pipeline.tools import parsers
from pipeline.tools.colours import shown
from pipeline.tools.fetching import looks, write
from pipeline.tools.frames import See

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

TIME_BASE = Fraction(1, 1000)
"""Animations count milliseconds."""

_MOST_FRAMES = 10_000
_LONGEST = 4096
_UNSAID = 100
"""Milliseconds that viewers give a frame that states no duration, or less than they can show."""

_LEAST = 20


def glance_pictures(media: Path, see: See, settings: Settings) -> Frames:
    """Hand over every frame of an animation, small, as ``MediaTools.glance`` does; damage ends it."""
    frames = errors = last = 0
    for number, (pts, image) in enumerate(_each(media, settings)):
        if image is None:
            errors += 1
            break
        instant = Instant(pts=pts, key=number == 0, width=image.width, height=image.height, sar=(1, 1))
        see(_small(shown(image, _LONGEST)), [instant])
        frames, last = frames + 1, pts
    return Frames(frames=frames, seconds=float(last * TIME_BASE), errors=errors, clean=not errors)


def fetch_pictures(media: Path, wanted: Sequence[Wanted], into: Path, settings: Settings) -> Gathered:
    """Write chosen frames of an animation in full, as ``MediaTools.fetch`` does."""
    places = {one.index: number for number, one in enumerate(wanted)}
    found: dict[int, Fetched] = {}
    for number, (_, image) in enumerate(_each(media, settings)):
        if image is None or len(found) == len(places):
            break
        if number in places:
            found[places[number]] = write(shown(image, _LONGEST), into / f"{places[number]}.jpg")
    frames = tuple(found.get(number) for number in range(len(wanted)))
    return Gathered(frames=frames, looks=looks([one for one in frames if one], into))


def _each(media: Path, settings: Settings) -> Iterator[tuple[int, "Image | None"]]:
    """Yield the frames with their times in milliseconds; a picture that fails to decode is ``None``, and the last."""
    pixels = settings.limits.max_pixels
    with parsers.guarded(media, pixels), parsers.opened(media, pixels) as image:
        at = 0
        for number in range(_MOST_FRAMES):
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
    except parsers.DAMAGE:
        return False
    try:
        image.load()
    except parsers.DAMAGE:
        return False
    return True


def _small(image: "Image") -> Pixels:
    """Return a frame at a glance: shape (1, 3, *GLANCE), with Y from 16 to 235 as films have it."""
    import numpy as np
    import PIL.Image

    rows, columns = GLANCE
    found = np.asarray(image.resize((columns, rows), PIL.Image.Resampling.BOX).convert("YCbCr"), dtype=np.float32)
    found = found * np.array([219 / 255, 224 / 255, 224 / 255], np.float32) + np.array([16, 16, 16], np.float32)
    whole: Pixels = np.rint(found).astype(np.uint8).transpose(2, 0, 1)[None]
    return whole
