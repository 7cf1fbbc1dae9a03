"""Films: how sample videos are made by ffmpeg from stills, prompts and burnt-in captions."""

import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sample_media.sources import RecipeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A still shown for so many seconds; ``pan`` moves over it, so that it is not all the same picture."""

    still: Path
    seconds: float
    pan: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A picture laid over the film from one second to another."""

    picture: Path
    begin: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What is asked of the encoder. The bytes depend on its version, what is asked does not.

    A film that is ``lying`` is stored turned a quarter against the clock; ``turned`` says how to show it.
    """

    width: int
    height: int
    rate: int
    scenes: Sequence[Scene]
    sound: Path | None
    captions: Sequence[Caption] = ()
    lying: bool = False
    metadata: Mapping[str, str]


def film(wanted: Film, out: Path) -> None:
    """Film the scenes, one after the other with a hard cut between."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    for scene in wanted.scenes:
        command += ["-loop", "1", "-framerate", str(wanted.rate), "-t", str(scene.seconds), "-i", str(scene.still)]
    for caption in wanted.captions:
        command += ["-i", str(caption.picture)]
    if wanted.sound:
        command += ["-i", str(wanted.sound)]
    command += ["-filter_complex", _filters(wanted), "-map", "[film]"]
    if wanted.sound:
        command += ["-map", f"{len(wanted.scenes) + len(wanted.captions)}:a", "-c:a", "aac", "-b:a", "64k",
                    "-ar", "44100", "-ac", "1"]  # fmt: skip
    command += ["-c:v", "libx264", "-preset", "medium", "-crf", "26", "-threads", "1", "-r", str(wanted.rate)]
    for name, value in wanted.metadata.items():
        command += ["-metadata", f"{name}={value}"]
    command += ["-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]
    run([*command, str(out)])


def _filters(wanted: Film) -> str:
    size = f"{wanted.width}:{wanted.height}"
    parts = []
    for n, scene in enumerate(wanted.scenes):
        wide = round(wanted.width * 1.3) if scene.pan else wanted.width
        crop = f"crop={size}:x='(iw-ow)*t/{scene.seconds}'" if scene.pan else f"crop={size}"
        parts.append(
            f"[{n}:v]scale={wide}:{wanted.height}:force_original_aspect_ratio=increase,{crop},setsar=1,"
            f"format=yuv420p[s{n}]"
        )
    joined = "".join(f"[s{n}]" for n in range(len(wanted.scenes)))
    last = "c0" if wanted.captions else "upright"
    parts.append(f"{joined}concat=n={len(wanted.scenes)}:v=1:a=0[{last}]")
    for n, caption in enumerate(wanted.captions):
        after = "upright" if n == len(wanted.captions) - 1 else f"c{n + 1}"
        picture = len(wanted.scenes) + n
        during = f"between(t,{caption.begin},{caption.end})"
        parts.append(f"[c{n}][{picture}:v]overlay=0:0:enable='{during}'[{after}]")
    parts.append(f"[upright]{'transpose=2' if wanted.lying else 'null'}[film]")
    return ";".join(parts)


def turned(movie: bytes) -> bytes:
    """Return an MP4 whose first track is to be shown a quarter turn clockwise, as a telephone held upright films."""
    at = movie.index(b"tkhd") + 4
    if movie[at]:
        raise RecipeError("the track header is not of version 0")
    matrix = at + 4 + 20 + 16
    one = 0x10000
    values = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)
    return movie[:matrix] + values + movie[matrix + len(values) :]


def encode(sound: Path, out: Path, options: Sequence[str]) -> None:
    """Encode a recording as somebody else passed it on."""
    run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(sound), *options, "-fflags", "+bitexact",
         "-flags:a", "+bitexact", str(out)])  # fmt: skip


def run(command: list[str]) -> None:
    """Run ffmpeg; say what is missing, or what it says."""
    if shutil.which(command[0]) is None:
        raise RecipeError("ffmpeg is missing; install the package ffmpeg")
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if ended.returncode:
        raise RecipeError(f"ffmpeg could not make an item: {ended.stderr.strip()[-500:]}")
