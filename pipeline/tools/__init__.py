"""Tools: the programs and parsers that read untrusted bytes."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.ports import Decoded, Frames, Picture, PictureHash, Pixels, PronomName, ReadWord, Sought, Still
from pipeline.core.ports.moving import Gathered, Instant, Sheet, Wanted
from pipeline.core.sidecars import Beside
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.tools import chromaprint, clamd, exiftool, ffmpeg, naming, parsers, pdq, previews, raw, sandbox, tesseract
from pipeline.tools.animation import fetch_pictures, glance_pictures
from pipeline.tools.fetching import fetch
from pipeline.tools.frames import glance
from pipeline.tools.stills import Stills

__all__ = ["Tools", "open_tools"]


class Tools:
    """The port ``MediaTools``: each program in its own room, each library behind typed errors."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._versions: dict[str, str] = {}
        self._asking = threading.Lock()
        self._parsers = parsers.Parsers(settings)
        self._stills = Stills(settings, self._parsers)
        self._residents = exiftool.residents(settings)
        self._clamd = clamd.Clamd(settings)
        self._naming = naming.Naming(settings)

    def environment(self, *programs: str) -> dict[str, str]:
        """Name the versions of ``ffmpeg``, ``exiftool``, ``exifread`` and ``pillow``, as asked."""
        return {name: self._version(name) for name in programs}

    def isolation(self) -> str:
        """Name the level of isolation in force: ``bwrap`` or ``none``."""
        return sandbox.isolation(self._settings.isolation)

    def probe(self, media: Path) -> dict[str, Any]:
        """Return ffprobe's account: ``format``, ``streams`` and ``chapters``."""
        return ffmpeg.probe(media, self._settings)

    def name(self, media: Path) -> PronomName | None:
        """Return what the PRONOM registry calls a file by its bytes."""
        return self._naming.name(media)

    def metadata(self, media: Path) -> dict[str, Any]:
        """Return exiftool's raw tags, keyed ``Group:Tag``, numeric where exiftool can."""
        return exiftool.metadata(media, self._settings, self._residents)

    def track(self, media: Path) -> dict[str, Any]:
        """Return times and positions embedded sample by sample, keyed ``Doc<n>:Tag``."""
        return exiftool.track(media, self._settings)

    def exif(self, media: Path) -> dict[str, str]:
        """Return exifread's raw tags as printed text."""
        return self._parsers.exif(media)

    def sidecar(self, media: Path, name: str) -> Beside | None:
        """Return what a file beside a recording states, read by the ending of its name."""
        return self._parsers.sidecar(media, name)

    def picture(self, media: Path) -> Picture:
        """Decode a picture wholly (first frame) within the pixel limit."""
        source, turn = raw.source(media, self._settings)
        found = self._parsers.picture(source)
        if turn is None:
            return found
        return replace(found, orientation=found.orientation if found.orientation > 1 else turn, preview=True)

    def decode_audio(self, media: Path, stream: int, out: Path) -> Decoded:
        """Decode one stream (its index in the container) into ``out``."""
        return ffmpeg.decode_audio(media, stream, out, self._settings)

    def decode_video(self, media: Path, stream: int) -> Frames:
        """Decode one stream to nothing, counting frames and seconds."""
        return ffmpeg.decode_video(media, stream, self._settings)

    def scan(self, media: Path) -> tuple[str, ...] | None:
        """Return what a malware scanner names in a file; ``None`` where none is configured."""
        return self._clamd.scan(media)

    def pdq(self, pixels: Pixels, windows: int) -> PictureHash:
        """Hash a decoded picture, and at most ``windows`` windows of it."""
        return pdq.pdq(pixels, windows)

    def chromaprint(self, pcm: Path) -> tuple[int, ...]:
        """Return the raw fingerprint of PCM: 32 bits for every 1365 / 11025 seconds."""
        return chromaprint.chromaprint(pcm, self._settings)

    def read_text(self, pixels: Pixels, sought: Sought, scratch: Path) -> tuple[ReadWord, ...]:
        """Read the words of a picture, in reading order."""
        return tesseract.read(pixels, sought, scratch, self._settings)

    def text_turn(self, pixels: Pixels, scratch: Path) -> int | None:
        """Tell by how many degrees, clockwise, to turn a picture so that its text stands upright."""
        return tesseract.turn_of(pixels, scratch, self._settings)

    def glance(
        self, media: Path, stream: int, see: Callable[[Pixels, Sequence[Instant]], None], *, damaged: bool
    ) -> Frames:
        """Decode one stream once and hand over every frame, small, with its instant."""
        return glance(media, stream, see, self._settings, damaged=damaged)

    def fetch(
        self, media: Path, stream: Mapping[str, Any], wanted: Sequence[Wanted], into: Path, *, damaged: bool
    ) -> Gathered:
        """Write frames in full into a folder."""
        return fetch(media, stream, wanted, into, self._settings, damaged=damaged)

    def glance_pictures(self, media: Path, see: Callable[[Pixels, Sequence[Instant]], None]) -> Frames:
        """Hand over every frame of an animated picture, small, with its instant in milliseconds."""
        return glance_pictures(media, see, self._parsers)

    def fetch_pictures(self, media: Path, wanted: Sequence[Wanted], into: Path) -> Gathered:
        """Write frames of an animated picture in full into a folder."""
        return fetch_pictures(media, wanted, into, self._parsers)

    def reduce(self, media: Path, out: Path, longest: int) -> tuple[int, int]:
        """Write a picture as JPEG as it is shown, its longest side at most ``longest``; return width and height."""
        return previews.reduce(media, out, longest, self._settings, self._parsers)

    def thumbnail(self, looks: Path, number: int, out: Path, longest: int) -> tuple[int, int]:
        """Write one of the small keyframes as JPEG; return width and height."""
        return previews.thumbnail(looks, number, out, longest)

    def contact_sheet(self, looks: Path, numbers: Sequence[int], out: Path) -> Sheet:
        """Write small keyframes side by side as one JPEG; say where each stands."""
        return previews.contact_sheet(looks, numbers, out)

    def proxy(self, media: Path, streams: Sequence[Mapping[str, Any]], into: Path) -> tuple[int, int] | None:
        """Write ``proxy.mp4`` into a folder; return width and height, ``None`` when no frame came out."""
        return previews.proxy(media, streams, into, self._settings)

    def stills(
        self,
        photograph: Path | None,
        looks: Path | None,
        shots: Sequence[Mapping[str, Any]],
        frame: Callable[[str], Path],
    ) -> Sequence[Still]:
        """Return what there is to look at: a photograph (upright), then the keyframes of ``shots``."""
        return self._stills.of(photograph, looks, shots, frame)

    def close(self) -> None:
        """End the programs that were kept. May be repeated; what is asked afterwards is asked of new ones, one each."""
        self._residents.close()
        self._parsers.close()
        self._naming.close()

    def _version(self, name: str) -> str:
        if name == "clamd":  # may have changed since
            return self._clamd.version()
        with self._asking:  # many hands begin at once; one of them asks
            if name not in self._versions:
                self._versions[name] = self._ask(name)
            return self._versions[name]

    def _ask(self, name: str) -> str:
        if name == "ffmpeg":
            return ffmpeg.version(self._settings)
        if name == "exiftool":
            return exiftool.version(self._settings)
        if name == "tesseract":
            return tesseract.version(self._settings)
        if name in {"exifread", "pillow", "pillow-heif", "pygfried"}:
            return parsers.version(name)
        if name == "pdq":
            return pdq.version()
        raise Misconfigured(f"no tool is called {name!r}", code="E-CONF-007")


def open_tools(settings: Settings) -> Tools:
    """Return the tools of this machine; nothing is started before the first call."""
    return Tools(settings)
