"""Fetching: chosen frames of a recording in full, upright, with square pixels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.ports import LOOK
from pipeline.core.ports.moving import Fetched, Gathered, Instant, Wanted
from pipeline.core.streams import rotation
from pipeline.settings import Settings
from pipeline.tools.ffmpeg import call, inputs
from pipeline.tools.frames import EXACT, SHOWN, SWS, THREADS
from pipeline.tools.sandbox import run

if TYPE_CHECKING:
    from PIL.Image import Image

_AT_ONCE = 8
_BYTES_AT_ONCE = 64_000_000
_START = 40
"""Frames that could be decoded in the time that a seek takes."""

_TERMS = 50
_OFF = 8.0
_QUALITY = 90
_ODD_PIXELS = 8


def fetch(
    media: Path, stream: Mapping[str, Any], wanted: Sequence[Wanted], into: Path, settings: Settings, *, damaged: bool
) -> Gathered:
    """Write each wanted frame as ``<n>.jpg`` into a folder, and all of them small as one file.

    Frames are reached by seeking where that is cheaper than decoding everything again. What a seek gives is
    compared with what was seen when all was decoded; where it differs, everything is decoded once more.
    """
    pool = _Pool(media=media, stream=stream, into=into, settings=settings, damaged=damaged)
    left = list(range(len(wanted)))
    by_seeking = sum(wanted[one].after_key + _START for one in left) < (wanted[-1].index if wanted else 0) + _START
    if by_seeking or len(wanted) == 1:
        for group in _groups(wanted, pool.size):
            if pool.seek([(one, wanted[one]) for one in group]):
                break
    left = [one for one in left if one not in pool.found]
    if left:
        pool.pass_by([(one, wanted[one]) for one in left])
    frames = tuple(pool.found.get(one) for one in range(len(wanted)))
    return Gathered(frames=frames, looks=looks([one for one in frames if one], into))


class _Pool:
    """The frames found so far."""

    def __init__(
        self, *, media: Path, stream: Mapping[str, Any], into: Path, settings: Settings, damaged: bool
    ) -> None:
        self._threads = 1 if damaged else THREADS
        self._media, self._stream, self._into, self._settings = media, stream, into, settings
        self._turned = (rotation(stream) or 0) in {90, 270}
        self._base = Fraction(str(stream["time_base"]))
        self.found: dict[int, Fetched] = {}

    def size(self, at: Instant) -> tuple[int, int]:
        """Return width and height as shown: pixels made square, turned upright."""
        return display_size((at.width, at.height), at.sar, turned=self._turned)

    def seek(self, group: Sequence[tuple[int, Wanted]]) -> bool:
        """Fetch a few by one program, each through a seek of its own; say whether any was missed."""
        words: list[str] = []
        for _, one in group:
            at = float((one.at.pts or 0) * self._base)
            words += [*self._input(1), "-seek_timestamp", "1", "-noaccurate_seek", "-ss", f"{at:.6f}"]
            words += ["-i", "file:/in/media"]
        graphs = [
            f"[{place}:{self._stream['index']}]select=eq(pts\\,{one.at.pts}),{self._shape(one.at)}[v{place}]"
            for place, (_, one) in enumerate(group)
        ]
        words += ["-filter_complex", ";".join(graphs)]
        for place in range(len(group)):
            words += ["-map", f"[v{place}]", *_OUT, "-frames:v", "1", f"/out/{place}.rgb"]
        self._run(words)
        for place, (number, one) in enumerate(group):
            self._keep(self._into / f"{place}.rgb", number, one)
        return any(number not in self.found for number, _ in group)

    def pass_by(self, group: Sequence[tuple[int, Wanted]]) -> None:
        """Fetch them while everything is decoded once more: once for each size that they have."""
        for size in dict.fromkeys(self.size(one.at) for _, one in group):
            self._pick([(number, one) for number, one in group if self.size(one.at) == size])

    def _pick(self, some: Sequence[tuple[int, Wanted]]) -> None:
        """Write the frames as they come by; the log tells which they are, for one may be missing."""
        width, height = self.size(some[0][1].at)
        held, size = bytearray(), width * height * 3
        came: list[Path] = []
        stamps: list[str] = []

        def take(chunk: bytes) -> None:
            held.extend(chunk)
            while len(held) >= size:
                came.append(self._into / f"passed-{len(came)}.jpg")
                _write(bytes(held[:size]), (width, height), came[-1])
                del held[:size]

        def hear(line: str) -> None:
            if found := SHOWN.match(line):
                stamps.append(found[1])

        which = _any_of([f"eq(pts\\,{one.at.pts})" for _, one in some])
        words = [*self._input(self._threads), "-i", "file:/in/media", "-map", f"0:{self._stream['index']}"]
        words += ["-vf", f"select={which},showinfo=checksum=0,{self._shape(some[0][1].at)}", *_OUT]
        self._run([*words, "-frames:v", str(len(some)), "pipe:1"], on_data=take, on_line=hear)
        numbers = {str(one.at.pts): number for number, one in some}
        for file, stamp in zip(came, stamps, strict=False):
            if (number := numbers.get(stamp)) is not None and number not in self.found:
                target = file.replace(self._into / f"{number}.jpg")
                self.found[number] = Fetched(file=target, width=width, height=height)

    def _input(self, threads: int) -> list[str]:
        return [*inputs(self._settings, threads=threads, probesize=None), *EXACT]

    def _shape(self, at: Instant) -> str:
        width, height = self.size(at)
        return f"scale={width}:{height}:flags=bicubic+full_chroma_int+full_chroma_inp+{SWS},format=rgb24"

    def _run(self, words: Sequence[str], **more: Any) -> None:
        start = ["ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info", "-copyts"]
        start += ["-max_error_rate", "1", "-filter_threads", "1", "-filter_complex_threads", "1"]
        run(call([*start, *words], self._media, self._settings, output=self._into, **more))

    def _keep(self, file: Path, number: int, one: Wanted) -> None:
        if not file.exists():
            return
        width, height = self.size(one.at)
        data = file.read_bytes()
        file.unlink()
        if len(data) == width * height * 3 and _alike(data, (width, height), one):
            self.found[number] = _write(data, (width, height), self._into / f"{number}.jpg")


def _any_of(terms: Sequence[str]) -> str:
    """Join terms of ffmpeg's expressions: a sum of more than a hundred is one that it cannot read."""
    while len(terms) > 1:
        terms = [f"({'+'.join(terms[at : at + _TERMS])})" for at in range(0, len(terms), _TERMS)]
    return terms[0]


_OUT = ("-vsync", "passthrough", "-f", "rawvideo")


def _write(data: bytes, size: tuple[int, int], file: Path) -> Fetched:
    import PIL.Image

    return write(PIL.Image.frombuffer("RGB", size, data), file)


def write(image: "Image", file: Path) -> Fetched:
    """Write a frame in full: a codec that is quick, every colour kept at every point."""
    image.save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return Fetched(file=file, width=image.width, height=image.height)


def looks(frames: Sequence[Fetched], into: Path) -> Path | None:
    """Write all frames small into one NumPy file, each stretched to the largest: shape (n, height, width, 3)."""
    import numpy as np
    import PIL.Image

    if not frames:
        return None
    sizes = [small_size(one.width, one.height) for one in frames]
    width, height = (max(one[axis] for one in sizes) for axis in (0, 1))
    file = into / "looks.npy"
    array = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(len(frames), height, width, 3))
    for number, one in enumerate(frames):
        with PIL.Image.open(one.file) as image:
            image.draft("RGB", (width, height))
            array[number] = np.asarray(image.resize((width, height), PIL.Image.Resampling.BILINEAR, reducing_gap=2.0))
    array.flush()
    return file


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return the size with the longest side at most ``LOOK``."""
    share = min(1.0, LOOK / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def display_size(stored: tuple[int, int], sar: tuple[int, int], *, turned: bool) -> tuple[int, int]:
    """Return width and height as shown: pixels made square, as players do, then turned a quarter if so."""
    odd = not 1 / _ODD_PIXELS <= sar[0] / sar[1] <= _ODD_PIXELS
    width = stored[0] if odd else max(1, round(stored[0] * sar[0] / sar[1]))
    return (stored[1], width) if turned else (width, stored[1])


def _alike(data: bytes, size: tuple[int, int], one: Wanted) -> bool:
    """Tell whether a frame looks as it did at a glance, by light and contrast, which no turning changes."""
    import numpy as np
    import PIL.Image

    image = PIL.Image.frombuffer("RGB", size, data).convert("L").resize((64, 64), PIL.Image.Resampling.BOX)
    luma = np.asarray(image, dtype=np.float32) * (219 / 255) + 16
    return abs(float(luma.mean()) - one.luma) <= _OFF and abs(float(luma.std()) - one.spread) <= _OFF


def _few(size: tuple[int, int]) -> int:
    return max(1, min(_AT_ONCE * 8, _BYTES_AT_ONCE // (size[0] * size[1] * 3)))


def _groups(wanted: Sequence[Wanted], size: Callable[[Instant], tuple[int, int]]) -> Iterable[list[int]]:
    """Cut the list up so that a group's pictures fit the scratch disk and the memory of one program."""
    for start in range(0, len(wanted), _AT_ONCE):
        group = list(range(start, min(start + _AT_ONCE, len(wanted))))
        yield from _cut_up(group, min(_few(size(wanted[one].at)) for one in group))


def _cut_up(group: Sequence[Any], length: int) -> Iterable[list[Any]]:
    for start in range(0, len(group), length):
        yield list(group[start : start + length])
