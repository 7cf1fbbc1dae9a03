"""Parsers: pictures and their tags, read by libraries in rooms of their own."""

import importlib.metadata
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from math import isfinite
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pipeline.core.ports import Picture
from pipeline.core.ports.media import THUMBNAIL
from pipeline.core.position import on_earth
from pipeline.core.sidecars import ENDINGS, MOST_FIXES, Beside
from pipeline.core.tracks import Fix
from pipeline.errors import PipelineError, Refused
from pipeline.settings import Settings
from pipeline.tools.answers import text_safe
from pipeline.tools.room import Part
from pipeline.tools.rooms import Rooms

if TYPE_CHECKING:
    from PIL.Image import Image

Source = Path | bytes
"""A file, or the bytes of a picture that was found inside one."""

Frame = tuple[int, int, "Image | None"]
"""Its number, when it is shown in milliseconds, and what it shows: ``None`` where it fails to decode."""


_State = tuple[int, ...]


class _Along(threading.local):
    """What a room said along with a picture, to the thread that asked: of one file, as long as it stays as it was."""

    state: _State | None = None
    upright: Part | None = None
    exif: Part | None = None

    def begin(self, media: Source) -> bool:
        """Forget the file of before; tell whether answers about this one can be kept."""
        self.state = _state(media) if isinstance(media, Path) else None
        self.upright = self.exif = None
        return self.state is not None

    def keep(self, parts: Iterator[Part]) -> None:
        """Keep what comes; what fails is asked for on its own, and says so then."""
        try:
            self.upright = next(parts, None)
            self.exif = next(parts, None)
            more = next(parts, None)
        except PipelineError:
            return
        if more is not None:
            raise _nonsense()

    def about(self, media: Source, what: Part | None) -> Part | None:
        """Return what was said of a file, if it was this one."""
        return what if what is not None and isinstance(media, Path) and self.state == _state(media) else None


def _state(media: Path) -> _State:
    facts = media.stat(follow_symlinks=False)
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


class Parsers:
    """What libraries say of untrusted pictures. What comes back is checked here: a room may be subverted."""

    def __init__(self, settings: Settings) -> None:
        self._rooms = Rooms(settings)
        self._limits = settings.limits
        self._along = _Along()

    def exif(self, media: Path) -> dict[str, str]:
        """Return exifread's raw tags as text; maker notes, thumbnails and what is no tag stay out."""
        tags, _ = self._along.about(media, self._along.exif) or self._rooms.one("exif", media)
        if not isinstance(tags, dict):
            raise _nonsense()
        return {text_safe(str(name)): text_safe(str(value)) for name, value in tags.items()}

    def sidecar(self, media: Path, name: str) -> Beside | None:
        """Return what a file beside a recording states, read by the ending of its name; ``None``: no position."""
        ending = PurePath(name).suffix.lower()
        said, _ = self._rooms.one("sidecar", media, ending=ending if ending in ENDINGS else "")
        try:
            return None if said is None else _beside(said)
        except (KeyError, TypeError, ValueError, OverflowError) as err:
            raise _nonsense() from err

    def picture(self, media: Source) -> Picture:
        """Decode the first frame of a picture wholly; of a damaged one, count the rows that decode.

        Raises ``Refused``: E-MEDIA-004 for too many pixels, U-CODEC-001 for a picture that no installed
        library decodes, E-MEDIA-002 when not one row can be decoded.

        Its tags and its thumbnail are mostly asked for next, by the same thread: they come along.
        """
        limits, along = self._limits, self._along.begin(media)
        parts = self._rooms.ask(
            "picture", media, max_pixels=limits.max_pixels, max_pictures=limits.max_pictures,
            longest=THUMBNAIL if along else 0,
        )  # fmt: skip
        with closing(parts):
            first = next(parts, None)
            self._along.keep(parts)
        if first is None:
            raise _nonsense()
        said, _ = first
        try:
            return Picture(
                width=int(said["width"]), height=int(said["height"]), rows=int(said["rows"]),
                frames=int(said["frames"]), orientation=int(said["orientation"]), format=text_safe(str(said["format"])),
                left_out=said["left_out"] is True,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as err:
            raise _nonsense() from err

    def upright(self, media: Source, *, longest: int, orientation: int | None = None) -> "Image":
        """Return the first frame as it is shown: sRGB, upright, on white, its longest side at most ``longest``.

        ``orientation`` is EXIF's, where the picture does not state its own. What of a damaged picture decodes
        is shown, the rest is black. Raises as ``picture`` does.
        """
        kept = self._along.upright if (longest, orientation) == (THUMBNAIL, None) else None
        size, data = self._along.about(media, kept) or self._rooms.one(
            "upright", media, max_pixels=self._limits.max_pixels, longest=longest, orientation=orientation
        )  # fmt: skip
        return _image(size, data, longest)

    def frames(self, media: Path, *, longest: int, wanted: Sequence[int] | None = None) -> Iterator[Frame]:
        """Yield each frame of an animation as it is shown, or those of some numbers; a damaged one is the last."""
        numbers, limits = None if wanted is None else list(wanted), self._limits
        parts = self._rooms.ask(
            "frames", media, max_pixels=limits.max_pixels, max_pictures=limits.max_pictures, longest=longest,
            wanted=numbers,
        )  # fmt: skip
        for left, (said, data) in zip(range(limits.max_pictures, -1, -1), parts, strict=False):
            if not left:  # more than it was asked for: it would go on for ever
                raise _nonsense()
            try:
                number, pts, size = said
                yield int(number), int(pts), None if size is None else _image(size, data, longest)
            except (TypeError, ValueError) as err:
                raise _nonsense() from err

    def close(self) -> None:
        """End the processes that were kept. May be repeated."""
        self._rooms.close()


def version(library: str) -> str:
    """Return the installed version of a library."""
    return importlib.metadata.version(library)


def _image(size: Any, data: bytes, longest: int) -> "Image":
    import PIL.Image

    width, height = (int(one) for one in size)
    if not (0 < width <= longest and 0 < height <= longest) or len(data) != width * height * 3:
        raise _nonsense()
    return PIL.Image.frombuffer("RGB", (width, height), data, "raw", "RGB", 0, 1)


def _beside(said: Any) -> Beside:
    fixes = tuple(_fix(*one) for one in said["fixes"][:MOST_FIXES])
    notes = tuple(text_safe(str(one)) for one in said["notes"])
    return Beside(kind=text_safe(str(said["kind"])), text=text_safe(str(said["text"])), notes=notes, fixes=fixes)


def _fix(lat: Any, lon: Any, t: Any, clock: Any, radius_m: Any) -> Fix:
    place = on_earth(float(lat), float(lon))
    times = [None if one is None else float(one) for one in (t, clock)]
    if place is None or not all(isfinite(one) for one in (*filter(None, times), float(radius_m))):
        raise ValueError
    return Fix(lat=place[0], lon=place[1], t=times[0], clock=times[1], radius_m=float(radius_m))


def _nonsense() -> Refused:
    return Refused("what was to read it answers nonsense", code="E-MEDIA-006")
