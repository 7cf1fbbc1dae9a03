"""Budget: several threads decode pictures at once, but only so many pixels together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from pipeline.core.halt import check
from pipeline.tools.parsers import DAMAGE, opened
from pipeline.tools.quiet import quiet

PIXELS = 150_000_000
"""Decoded at a time; a larger picture is decoded while no other is. A pixel takes three to eight bytes."""

_LISTEN_SECONDS = 0.5


class Budget:
    """So much for all; whoever wants more than there is waits, and whoever wants more than all goes alone."""

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def part(self, size: int) -> Iterator[None]:
        """Hold a part while the block runs."""
        size = min(size, self._whole)
        with self._changed:
            while self._taken + size > self._whole:
                self._changed.wait(_LISTEN_SECONDS)
                check()
            self._taken += size
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()


def pixels(media: Path, max_pixels: int) -> int:
    """Return how many pixels a picture's header announces; 0 where it will not be decoded."""
    facts = media.stat()
    return _pixels(media, max_pixels, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns))


@lru_cache(maxsize=64)
def _pixels(media: Path, max_pixels: int, _state: tuple[int, ...]) -> int:
    import PIL.Image

    with quiet(), suppress(*DAMAGE, PIL.Image.DecompressionBombError), opened(media, max_pixels) as image:
        return int(image.width * image.height)
    return 0
