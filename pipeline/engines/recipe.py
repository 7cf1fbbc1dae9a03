"""Recipe: how a published model wants its pictures, read from the ``preprocessor_config.json`` beside it.

The libraries that usually do this drag in another picture library; the recipe is a handful of numbers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.ports import Pixels
from pipeline.engines.looking import Planes, covering, middle, normalised, resized
from pipeline.errors import Misconfigured

_BILINEAR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Size, then middle, then colours; a step that a model does not take is ``None``.

    ``size``: (width, height) to stretch to. ``shorter``, ``longest``: the shorter side's length, and what
    the longer one may have at most. ``crop``: (width, height) of the middle that is kept.
    """

    size: tuple[int, int] | None
    shorter: int | None
    longest: int | None
    crop: tuple[int, int] | None
    resample: int
    scale: float
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    def prepare(self, picture: Pixels) -> Planes:
        """Return a picture as the model takes it."""
        if self.size:
            picture = resized(picture, *self.size, resample=self.resample)
        elif self.shorter:
            picture = covering(picture, self._shorter(picture), resample=self.resample)
        if self.crop:
            width, height = self.crop
            if picture.shape[0] < height or picture.shape[1] < width:
                picture = covering(picture, max(self.crop), resample=self.resample)
            picture = middle(picture, width, height)
        return normalised(picture, self.mean, self.spread, scale=self.scale)

    def _shorter(self, picture: Pixels) -> int:
        """Return the length of the shorter side: less where the longer one would become too long."""
        wanted, (height, width) = self.shorter or 0, picture.shape[:2]
        ratio = max(height, width) / min(height, width)
        return wanted if self.longest is None or wanted * ratio <= self.longest else max(1, int(self.longest / ratio))


def read_recipe(file: Path) -> Recipe:
    """Read a recipe; ``Misconfigured`` names what is not understood, since a guess would change results."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        size = _side(value.get("size")) if value.get("do_resize", True) else {}
        crop = _side(value.get("crop_size")) if value.get("do_center_crop") else {}
        rescale = float(value.get("rescale_factor", 1 / 255)) if value.get("do_rescale", True) else 1.0
        plain = not value.get("do_normalize", True)
        return Recipe(
            size=_pair(size), shorter=size.get("shortest_edge"),
            longest=size.get("longest_edge", value.get("max_size")),
            crop=_pair(crop), resample=int(value.get("resample", _BILINEAR)), scale=rescale,
            mean=(0.0, 0.0, 0.0) if plain else tuple(map(float, value["image_mean"])),
            spread=(1.0, 1.0, 1.0) if plain else tuple(map(float, value["image_std"])),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as err:
        raise Misconfigured(f"{file}: not a recipe for pictures: {err!r}", code="E-CONF-005") from err


def _side(given: Any) -> dict[str, int]:
    """Return a size by name; a bare number is the shorter side of older files."""
    if isinstance(given, int):
        return {"shortest_edge": given}
    if not isinstance(given, Mapping) or not set(given) <= {"height", "width", "shortest_edge", "longest_edge"}:
        raise ValueError(f"the size {given!r}")
    return {str(name): int(length) for name, length in given.items() if length is not None}


def _pair(size: Mapping[str, int]) -> tuple[int, int] | None:
    if "height" in size:
        return size["width"], size["height"]
    return None
