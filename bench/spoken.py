"""Spoken: recordings with known words, and word errors with their paired bootstrap."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bench.places import testdata
from pipeline.core.error_rates import normalised
from pipeline.engines import pcm as sound
from pipeline.settings import read_settings
from pipeline.tools import open_tools

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

_DRAWS = 2000
_SEED = 20_26


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A recording as PCM on disk, its language, and the words said where they are known."""

    name: str
    language: str
    said: tuple[str, ...]
    pcm: Path

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sound.count(self.pcm) / sound.RATE

    @property
    def samples(self) -> "Samples":
        """Its samples, -1 to 1."""
        return sound.read(self.pcm, 0, sound.count(self.pcm))


def clips(place: Path, *languages: str, most: float = 30.0, seconds: float = math.inf) -> list[Clip]:
    """Decode every clip with known words in these languages, of ``most`` seconds at most; none is there twice.

    The same recording in other encodings is left out, or its errors would count several times. Of each language
    there are no more than make up ``seconds``.
    """
    media, tools, found, seen = testdata(), open_tools(read_settings()), [], set()
    lasts: Counter[str] = Counter()
    for one in json.loads((media / "MANIFEST.json").read_text(encoding="utf-8"))["files"]:
        truth = one.get("ground_truth") or {}
        said = words(truth.get("transcript_undiacritised") or truth.get("transcript") or "")
        if not one["path"].startswith("speech/") or truth.get("language") not in languages or not said:
            continue
        if (*said, truth["language"]) in seen or lasts[truth["language"]] >= seconds:
            continue
        pcm = place / (one["sha256"] + ".pcm")
        if not pcm.exists():
            tools.decode_audio(media / one["path"], 0, pcm)
        clip = Clip(name=one["path"], language=truth["language"], said=said, pcm=pcm)
        if clip.seconds <= most:
            seen.add((*said, truth["language"]))
            lasts[clip.language] += math.ceil(clip.seconds)
            found.append(clip)
    return found


def after_each_other(place: Path, name: str, some: Sequence[Clip], seconds: float, *, pause: float) -> Clip:
    """Write clips into one recording, again and again in another order, with pauses between."""
    order, count = Random(_SEED), 0  # noqa: S311  # the same order each time is what is wanted
    said: list[str] = []
    pcm = place / f"{name}.pcm"
    with pcm.open("wb") as out:
        while count < seconds * sound.RATE:
            for clip in order.sample(list(some), len(some)):
                data = clip.pcm.read_bytes() + bytes(2 * int(pause * sound.RATE))
                out.write(data)
                said += clip.said
                count += len(data) // 2
    return Clip(name=name, language="mul" if len({one.language for one in some}) > 1 else some[0].language,
                said=tuple(said), pcm=pcm)  # fmt: skip


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, normalised as in ``make quality``."""
    return tuple(normalised(text).split())


def rate(pairs: Iterable[tuple[int, int]]) -> float:
    """Return word errors over words, from (errors, words) of each clip."""
    wrong, all_words = (sum(column) for column in zip(*pairs, strict=True))
    return float(wrong / all_words)


def interval(ours: Sequence[int], theirs: Sequence[int], lengths: Sequence[int]) -> tuple[float, float]:
    """Return the 95 % interval of the difference in word error rate: paired bootstrap over clips."""
    draw, differences = Random(_SEED), []  # noqa: S311  # a bootstrap hides nothing
    for _ in range(_DRAWS):
        some = draw.choices(range(len(lengths)), k=len(lengths))
        differences.append(sum(ours[n] - theirs[n] for n in some) / sum(lengths[n] for n in some))
    differences.sort()
    return differences[round(0.025 * _DRAWS)], differences[round(0.975 * _DRAWS) - 1]


def chunks(some: Sequence[Clip], size: int) -> Iterator[Sequence[Clip]]:
    """Return clips a few at a time: what is compared takes turns, so that a busy machine is busy for both."""
    for at in range(0, len(some), size):
        yield some[at : at + size]
