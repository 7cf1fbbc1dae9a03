"""Canaries: what no file may reach, laid where a file would look for it, and how to see that it was reached."""

import random
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

SECRETS = {
    "beside": b"nightjar-canary-81c2f0", "home": b"corncrake-canary-5d09ab", "environment": b"dunnock-canary-77e41c",
}  # fmt: skip
HOST = b"root:x:0:0"
"""How a host's list of users begins."""

_CELLS = 16
_ALIKE = 0.75
"""Two unrelated pictures of so many cells are never that alike: a sixteenth is one standard deviation."""

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{0}" width="9" height="9"/></svg>'
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{0}\n#EXT-X-ENDLIST\n"
_POINTERS = {
    "hls.mp4": _HLS, "hls.ts": _HLS, "list.m3u8": _HLS, "hls.jpg": _HLS,
    "concat.mp4": "ffconcat version 1.0\nfile '{0}'\n",
    "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9999 RTP/AVP 96\na={0}\n",
    "dash.mpd": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S"><Period>'
    '<AdaptationSet mimeType="video/mp2t"><Representation id="1" bandwidth="1"><BaseURL>{0}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "x.svg": _SVG, "svg.png": _SVG,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """What was laid out in a folder: texts, another case's film, an address that nobody may call."""

    folder: Path
    film: Path
    listener: socket.socket

    @property
    def address(self) -> str:
        """Where the listener listens."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/beacon"

    def pointers(self, *targets: Path) -> list[Path]:
        """Write files that name the film, the secrets and the address, under suffixes of all kinds."""
        names = ["other.ts", self.address, *(f"file://{one}" for one in targets), *map(str, targets)]
        made = []
        for form, (name, text) in enumerate(_POINTERS.items()):
            # Every form names the film beside it and the address; the other targets take turns.
            for number in (0, 1, 2 + form % (len(names) - 2), 2 + (form + len(targets)) % (len(names) - 2)):
                made.append(self.folder / f"{number}-{name}")
                made[-1].write_text(text.format(names[number]), encoding="utf-8")
        return made

    def called(self) -> bool:
        """Whether anybody called the address."""
        with suppress(TimeoutError, BlockingIOError):
            self.listener.accept()[0].close()
            return True
        return False


@contextmanager
def laid_out(folder: Path) -> Iterator[Canaries]:
    """Lay the canaries out in a folder that material will stand in."""
    (folder / "secret.txt").write_bytes(SECRETS["beside"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        yield Canaries(folder=folder, film=_film(folder / "other.ts"), listener=listener)


def _pattern() -> list[int]:
    chance = random.Random("another case")
    return [chance.choice((20, 235)) for _ in range(_CELLS * _CELLS)]


def _film(file: Path) -> Path:
    """Write two seconds of one pattern that no other material shows."""
    still = Image.new("L", (_CELLS, _CELLS))
    still.putdata(_pattern())
    picture = file.with_name("pattern.png")
    still.resize((256, 256), Image.Resampling.NEAREST).save(picture)
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-loop", "1", "-i", str(picture), "-t", "2", "-r", "25",
         "-c:v", "mpeg2video", "-q:v", "3", str(file)], check=True,
    )  # fmt: skip
    picture.unlink()
    return file


def shows(picture: Path) -> bool:
    """Whether a picture is the film's, whatever its size: by the correlation of its cells with the pattern."""
    try:
        with Image.open(picture) as image:
            cells = list(image.convert("L").resize((_CELLS, _CELLS), Image.Resampling.BOX).tobytes())
    except UnidentifiedImageError:
        return False
    return correlation(cells, _pattern()) > _ALIKE


def correlation(one: list[int], other: list[int]) -> float:
    """Return Pearson's correlation, 0 where one of them is flat."""
    means = sum(one) / len(one), sum(other) / len(other)
    pairs = [(a - means[0], b - means[1]) for a, b in zip(one, other, strict=True)]
    spread = (sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)) ** 0.5
    return sum(a * b for a, b in pairs) / spread if spread else 0.0


def found_in(files: Iterable[Path], *spoken: bytes) -> list[str]:
    """Name every place where a secret stands, among files and what programs said."""
    words = [*SECRETS.values(), HOST]
    places = [(str(file), file.read_bytes()) for file in files if file.is_file() and not file.is_symlink()]
    places += [("what was said", said) for said in spoken]
    return [f"{word.decode()} in {place}" for place, data in places for word in words if word in data]
