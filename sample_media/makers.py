"""Makers: how each sort of sample item is made from members of packages and from numbers of the recipe."""

import io
import tempfile
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample_media import films, pictures
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

    def fonts(self) -> dict[str, Path]:
        """Return every font of the packages by its name."""
        found = {one.font: self.member(source.id, one.path) for source in self.sources.values()
                 for one in source.members if one.font}  # fmt: skip
        return {name: file for name, file in found.items() if name}

    def item(self, file: str) -> bytes:
        """Return the bytes of an item made before."""
        return (self.out / file).read_bytes()


def copy(recipe: Recipe, bench: Bench) -> bytes:
    """Take a member as it is."""
    return bench.member(recipe["source"], recipe["member"]).read_bytes()


def speech(recipe: Recipe, bench: Bench) -> bytes:
    """Join prompts of one or several sources, with ``gap_ms`` of digital silence between them, into one recording."""
    gap = bytes(2 * RATE * recipe["gap_ms"] // 1000)
    parts = recipe.get("parts") or [recipe]
    for part in parts:
        _check_texts(part, bench)
    spoken = (_samples(bench.member(part["source"], path)) for part in parts for path in part["prompts"])
    return _wav(gap.join(spoken), RATE)


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
    """Film stills over speech, with captions, a position and a date where the recipe says so.

    The bytes depend on the encoder's version, so nothing is claimed of them; picture size, frame
    rate, scene lengths, sound and position are the recipe's.
    """
    with tempfile.TemporaryDirectory(prefix="sample-") as folder:
        sound = Path(folder, "sound.wav") if "sound" in recipe else None
        if sound:
            sound.write_bytes(speech(recipe["sound"], bench))
        captions = []
        for n, one in enumerate(recipe.get("captions", ())):
            file = Path(folder, f"caption{n}.png")
            file.write_bytes(_caption(one, recipe, bench))
            captions.append(films.Caption(picture=file, begin=one["begin"], end=one["end"]))
        scenes = [
            films.Scene(
                still=bench.member(one["source"], one["member"]), seconds=one["seconds"], pan=one.get("pan", False)
            )
            for one in recipe["scenes"]
        ]
        names = {"location": "location", "created": "creation_time", "note": "comment"}
        wanted = films.Film(
            width=recipe["width"], height=recipe["height"], rate=recipe["rate"], scenes=scenes, sound=sound,
            captions=captions, lying=recipe.get("turned", False),
            metadata={there: recipe[here] for here, there in names.items() if here in recipe},
        )  # fmt: skip
        out = Path(folder, f"out.{recipe.get('container', 'mov')}")
        films.film(wanted, out)
        data = out.read_bytes()
        return films.turned(data) if recipe.get("turned") else data


def _caption(one: Recipe, recipe: Recipe, bench: Bench) -> bytes:
    import PIL.Image

    clear = PIL.Image.new("RGBA", (recipe["width"], recipe["height"]), (0, 0, 0, 0))
    return pictures.png(pictures.sign({"lines": one["lines"]}, bench.fonts(), clear))


def sign(recipe: Recipe, bench: Bench) -> bytes:
    """Draw text on a board, or on a photograph."""
    ground = pictures.opened(bench.member(recipe["source"], recipe["member"])) if "source" in recipe else None
    return pictures.png(pictures.sign(recipe, bench.fonts(), ground))


def picture(recipe: Recipe, bench: Bench) -> bytes:
    """Pass a photograph on in another form: changed, turned, or as HEIC."""
    image = pictures.opened(bench.member(recipe["source"], recipe["member"]))
    if how := recipe.get("change"):
        image = pictures.changed(image, how)
    if recipe["form"] == "jpeg":
        return pictures.jpeg(image, orientation=recipe.get("orientation", 1))
    return {"png": pictures.png, "heic": pictures.heic}[recipe["form"]](image)


def several(recipe: Recipe, bench: Bench) -> bytes:
    """Put several stills into one file: an animation or a paged scan."""
    images = [pictures.opened(bench.member(one["source"], one["member"])) for one in recipe["stills"]]
    return pictures.gif(images, recipe["milliseconds"]) if recipe["form"] == "gif" else pictures.tiff(images)


def recording(recipe: Recipe, bench: Bench) -> bytes:
    """Encode another recording again, as a messenger does."""
    with tempfile.TemporaryDirectory(prefix="sample-") as folder:
        before, after = Path(folder, "before.wav"), Path(folder, f"after.{recipe['container']}")
        before.write_bytes(bench.item(recipe["of"]))
        films.encode(before, after, recipe["options"])
        return after.read_bytes()


def excerpt(recipe: Recipe, bench: Bench) -> bytes:
    """Take so many seconds of a recording that a package carries."""
    samples = _samples(bench.member(recipe["source"], recipe["member"]))
    first = 2 * RATE * recipe["start"]
    return _wav(samples[first : first + 2 * RATE * recipe["seconds"]], RATE)


def flight(recipe: Recipe, _bench: Bench) -> bytes:
    """Write the side-car that a drone leaves beside its film: a position every second, as subtitles."""
    (lat, lon), (north, east) = recipe["from"], recipe["step"]
    lines = []
    for n in range(recipe["seconds"]):
        spot = f"[latitude: {lat + n * north:.6f}] [longitude: {lon + n * east:.6f}] [rel_alt: 60.000 abs_alt: 420.000]"
        lines += [str(n + 1), f"00:00:{n:02d},000 --> 00:00:{n + 1:02d},000",
                  f"FrameCnt: {n * recipe['rate'] + 1}, DiffTime: 1000ms", f"{recipe['day']} 12:00:{n:02d}.000",
                  f"[iso: 100] [shutter: 1/500.0] {spot}", ""]  # fmt: skip
    return "\n".join(lines).encode()


MAKERS: Mapping[str, Callable[[Recipe, Bench], bytes]] = {
    "copy": copy,
    "cut": cut,
    "duplicate": duplicate,
    "excerpt": excerpt,
    "flight": flight,
    "geotag": geotag,
    "picture": picture,
    "recording": recording,
    "several": several,
    "sign": sign,
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
