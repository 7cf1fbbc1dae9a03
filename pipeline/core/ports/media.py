"""Port of programs and parsers: what reads untrusted bytes, each isolated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.core.ports.pictures import Still


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a decoder wrote: 16 kHz mono signed 16-bit little-endian PCM, and how it ended.

    ``errors`` counts the decoder's complaints; ``clean`` is false when decoding ended in one.
    ``holes`` are the spans of it, in seconds, that are silence because sound was lost there; they
    are ``estimated`` when only the bytes lost tell how long they are.
    """

    samples: int
    errors: int
    clean: bool
    holes: tuple[tuple[float, float], ...] = ()
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a picture decoder saw: stored width and height in pixels, EXIF orientation, frames.

    ``rows`` is how many rows of the first frame could be decoded.
    """

    width: int
    height: int
    rows: int
    frames: int
    orientation: int
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How much picture could be decoded: frames and the seconds from first to last shown."""

    frames: int
    seconds: float
    errors: int
    clean: bool


class MediaTools(Protocol):
    """The programs and parsers that read untrusted bytes, each isolated.

    All raise ``Refused`` for the material's own fault (E-MEDIA-002 … E-MEDIA-006),
    ``Unavailable`` when the host is out of memory, processes or space, ``Misconfigured``
    when the program or its isolation is missing.
    """

    def environment(self, *programs: str) -> dict[str, str]:
        """Name the versions of ``programs`` (``ffmpeg``, ``exiftool`` …), for the maker."""
        ...

    def isolation(self) -> str:
        """Name the level of isolation in force: ``bwrap`` or ``none``."""
        ...

    def probe(self, media: Path) -> dict[str, Any]:
        """Return ffprobe's account: ``format`` and ``streams``."""
        ...

    def metadata(self, media: Path) -> dict[str, Any]:
        """Return exiftool's raw tags, keyed ``Group:Tag``, numeric where exiftool can."""
        ...

    def exif(self, media: Path) -> dict[str, str]:
        """Return exifread's raw tags as printed text."""
        ...

    def picture(self, media: Path) -> Picture:
        """Decode a picture wholly (first frame) within the pixel limit."""
        ...

    def decode_audio(self, media: Path, stream: int, out: Path) -> Decoded:
        """Decode one stream (its index in the container) into ``out``."""
        ...

    def decode_video(self, media: Path, stream: int) -> Frames:
        """Decode one stream to nothing, counting frames and seconds."""
        ...

    def stills(
        self,
        photograph: Path | None,
        looks: Path | None,
        shots: Sequence[Mapping[str, Any]],
        frame: Callable[[str], Path],
    ) -> Sequence[Still]:
        """Return what there is to look at: a photograph (upright), then the keyframes of ``shots``.

        ``looks`` holds all keyframes, small; ``frame`` returns the file of one by its role, ``frame/<n>``.
        A photograph is decoded once, however often it is asked for while it is worked on.
        """
        ...
