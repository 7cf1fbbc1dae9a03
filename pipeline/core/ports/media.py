"""Port of programs and parsers: what reads untrusted bytes, each isolated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.core.ports.moving import Gathered, Instant, Sheet, Wanted
from pipeline.core.ports.pictures import PictureHash, Pixels, Still
from pipeline.core.sidecars import Beside

RATE = 16_000
"""Samples a second of all sound that is analysed: what ``decode_audio`` writes is what engines of sound read."""

THUMBNAIL = 320
"""Pixels of the longest side of what is shown of every picture; a parser may make it with its first look."""


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

    ``rows`` is how many rows of the first frame could be decoded. ``preview``: it is the photograph that a
    camera put beside its raw picture; the raw picture itself was not developed. ``left_out``: something beside
    the pixels (a text, a colour profile) could not be read.
    """

    width: int
    height: int
    rows: int
    frames: int
    orientation: int
    format: str
    preview: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PronomName:
    """A format as the PRONOM registry names it; ``sort`` is its class there (``Image (Raster)``)."""

    puid: str
    media_type: str | None
    sort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How much picture could be decoded: frames and the seconds from first to last shown."""

    frames: int
    seconds: float
    errors: int
    clean: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWord:
    """A word as a reader of pictures saw it, in reading order.

    ``box``: left, top, width, height in fractions of the picture as it was turned for reading. ``line`` names
    its block, paragraph and line. ``confidence`` 0 to 1, the reader's own.
    """

    text: str
    confidence: float
    box: tuple[float, float, float, float]
    line: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What text is looked for in a picture.

    ``script``: ``Latn`` reads Latin letters, ``Arab`` most of them and Arabic ones. ``scattered`` looks anywhere, as on
    signs; else it is laid out like a page. ``turn`` is by how many degrees, clockwise, it is turned first: 0, 90, 180
    or 270. ``grown`` is by how much larger than usual it is read. ``light`` takes for ink what is bright: captions.
    """

    script: str
    scattered: bool = False
    turn: int = 0
    grown: float = 1
    light: bool = False


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

    def name(self, media: Path) -> PronomName | None:
        """Return what the PRONOM registry calls a file, by its bytes alone; ``None`` where it knows no one format."""
        ...

    def metadata(self, media: Path) -> dict[str, Any]:
        """Return exiftool's raw tags, keyed ``Group:Tag``, numeric where exiftool can."""
        ...

    def track(self, media: Path) -> dict[str, Any]:
        """Return times and positions embedded sample by sample, keyed ``Doc<n>:Tag`` (``Doc<n>-<m>`` within one)."""
        ...

    def sidecar(self, media: Path, name: str) -> Beside | None:
        """Return what a file beside a recording states, read by the ending of its name; ``None``: no position."""
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

    def scan(self, media: Path) -> tuple[str, ...] | None:
        """Return what a malware scanner names in a file; ``None`` where none is configured.

        Raises ``Refused`` (U-SCAN-002) for what it does not take whole, ``Unavailable`` when it does not answer.
        """
        ...

    def pdq(self, pixels: Pixels, windows: int) -> PictureHash:
        """Hash a decoded picture, and at most ``windows`` windows of it; raises nothing."""
        ...

    def chromaprint(self, pcm: Path) -> tuple[int, ...]:
        """Return the raw fingerprint of PCM as ``decode_audio`` wrote it: 32 bits for every 1365 / 11025 seconds.

        The first value stands for the first 2.6 seconds; shorter sound gives none.
        """
        ...

    def read_text(self, pixels: Pixels, sought: Sought, scratch: Path) -> tuple[ReadWord, ...]:
        """Read the words of a picture, in reading order."""
        ...

    def text_turn(self, pixels: Pixels, scratch: Path) -> int | None:
        """Tell by how many degrees, clockwise, to turn a picture for its text to stand upright; ``None``: not told."""
        ...

    def glance(
        self, media: Path, stream: int, see: Callable[[Pixels, Sequence[Instant]], None], *, damaged: bool
    ) -> Frames:
        """Decode one stream once and hand over every frame, small: shape (n, 3, *GLANCE), with its instant.

        ``damaged`` material is decoded in the one way that always gives the same.
        """
        ...

    def fetch(
        self, media: Path, stream: Mapping[str, Any], wanted: Sequence[Wanted], into: Path, *, damaged: bool
    ) -> Gathered:
        """Write frames in full into a folder; ``stream`` is ffprobe's account of theirs."""
        ...

    def glance_pictures(self, media: Path, see: Callable[[Pixels, Sequence[Instant]], None]) -> Frames:
        """Hand over every frame of an animated picture as ``glance`` does; its times are milliseconds."""
        ...

    def fetch_pictures(self, media: Path, wanted: Sequence[Wanted], into: Path) -> Gathered:
        """Write frames of an animated picture in full into a folder."""
        ...

    def reduce(self, media: Path, out: Path, longest: int) -> tuple[int, int]:
        """Write a picture as JPEG as it is shown, its longest side at most ``longest``; return width and height."""
        ...

    def thumbnail(self, looks: Path, number: int, out: Path, longest: int) -> tuple[int, int]:
        """Write one of the small keyframes as JPEG; return width and height."""
        ...

    def contact_sheet(self, looks: Path, numbers: Sequence[int], out: Path) -> Sheet:
        """Write small keyframes side by side as one JPEG; say where each stands."""
        ...

    def proxy(self, media: Path, streams: Sequence[Mapping[str, Any]], into: Path) -> tuple[int, int] | None:
        """Write ``proxy.mp4`` into a folder; return width and height, ``None`` when no frame came out.

        ``streams`` are ffprobe's accounts of the moving picture, first, and of the sounds to put with it.
        """
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

    def close(self) -> None:
        """End the programs that are kept. May be repeated."""
        ...
