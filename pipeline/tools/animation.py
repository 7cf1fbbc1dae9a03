"""Animation: the frames of a picture that moves (GIF, PNG, WebP, AVIF), as those of a recording."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.ports import Frames, Pixels
from pipeline.core.ports.moving import GLANCE, Fetched, Gathered, Instant, Wanted
from pipeline.tools.fetching import looks, write
from pipeline.tools.frames import See
from pipeline.tools.parsers import Parsers

if TYPE_CHECKING:
    from PIL.Image import Image

TIME_BASE = Fraction(1, 1000)
"""Animations count milliseconds."""

_LONGEST = 4096


def glance_pictures(media: Path, see: See, parsers: Parsers) -> Frames:
    """Hand over every frame of an animation, small, as ``MediaTools.glance`` does; damage ends it."""
    frames = errors = last = 0
    for number, pts, image in parsers.frames(media, longest=_LONGEST):
        if image is None:
            errors += 1
            break
        instant = Instant(pts=pts, key=number == 0, width=image.width, height=image.height, sar=(1, 1))
        see(_small(image), [instant])
        frames, last = frames + 1, pts
    return Frames(frames=frames, seconds=float(last * TIME_BASE), errors=errors, clean=not errors)


def fetch_pictures(media: Path, wanted: Sequence[Wanted], into: Path, parsers: Parsers) -> Gathered:
    """Write chosen frames of an animation in full, as ``MediaTools.fetch`` does."""
    places = {one.index: number for number, one in enumerate(wanted)}
    found: dict[int, Fetched] = {}
    for number, _, image in parsers.frames(media, longest=_LONGEST, wanted=sorted(places)):
        if image is not None and number in places:
            found[places[number]] = write(image, into / f"{places[number]}.jpg")
    frames = tuple(found.get(number) for number in range(len(wanted)))
    return Gathered(frames=frames, looks=looks([one for one in frames if one], into))


def _small(image: "Image") -> Pixels:
    """Return a frame at a glance: shape (1, 3, *GLANCE), with Y from 16 to 235 as films have it."""
    import numpy as np
    import PIL.Image

    rows, columns = GLANCE
    found = np.asarray(image.resize((columns, rows), PIL.Image.Resampling.BOX).convert("YCbCr"), dtype=np.float32)
    found = found * np.array([219 / 255, 224 / 255, 224 / 255], np.float32) + np.array([16, 16, 16], np.float32)
    whole: Pixels = np.rint(found).astype(np.uint8).transpose(2, 0, 1)[None]
    return whole
