"""Tools: the programs and parsers that read untrusted bytes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.ports import Decoded, Frames, Picture, Still
from pipeline.errors import Misconfigured
from pipeline.settings import Settings
from pipeline.tools import exiftool, ffmpeg, parsers, sandbox
from pipeline.tools.stills import Stills

__all__ = ["Tools", "open_tools"]


class Tools:
    """The port ``MediaTools``: each program in its own room, each library behind typed errors."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._versions: dict[str, str] = {}
        self._stills = Stills(settings.limits.max_pixels)

    def environment(self, *programs: str) -> dict[str, str]:
        """Name the versions of ``ffmpeg``, ``exiftool``, ``exifread`` and ``pillow``, as asked."""
        return {name: self._version(name) for name in programs}

    def isolation(self) -> str:
        """Name the level of isolation in force: ``bwrap`` or ``none``."""
        return sandbox.isolation(self._settings.isolation)

    def probe(self, media: Path) -> dict[str, Any]:
        """Return ffprobe's account: ``format``, ``streams`` and ``chapters``."""
        return ffmpeg.probe(media, self._settings)

    def metadata(self, media: Path) -> dict[str, Any]:
        """Return exiftool's raw tags, keyed ``Group:Tag``, numeric where exiftool can."""
        return exiftool.metadata(media, self._settings)

    def exif(self, media: Path) -> dict[str, str]:
        """Return exifread's raw tags as printed text."""
        return parsers.exif(media)

    def picture(self, media: Path) -> Picture:
        """Decode a picture wholly (first frame) within the pixel limit."""
        return parsers.picture(media, self._settings.limits.max_pixels)

    def decode_audio(self, media: Path, stream: int, out: Path) -> Decoded:
        """Decode one stream (its index in the container) into ``out``."""
        return ffmpeg.decode_audio(media, stream, out, self._settings)

    def decode_video(self, media: Path, stream: int) -> Frames:
        """Decode one stream to nothing, counting frames and seconds."""
        return ffmpeg.decode_video(media, stream, self._settings)

    def stills(
        self,
        photograph: Path | None,
        looks: Path | None,
        shots: Sequence[Mapping[str, Any]],
        frame: Callable[[str], Path],
    ) -> Sequence[Still]:
        """Return what there is to look at: a photograph (upright), then the keyframes of ``shots``."""
        return self._stills.of(photograph, looks, shots, frame)

    def _version(self, name: str) -> str:
        if name not in self._versions:
            self._versions[name] = self._ask(name)
        return self._versions[name]

    def _ask(self, name: str) -> str:
        if name == "ffmpeg":
            return ffmpeg.version(self._settings)
        if name == "exiftool":
            return exiftool.version(self._settings)
        if name in {"exifread", "pillow"}:
            return parsers.version(name)
        raise Misconfigured(f"no tool is called {name!r}", code="E-CONF-007")


def open_tools(settings: Settings) -> Tools:
    """Return the tools of this machine; nothing is started before the first call."""
    return Tools(settings)
