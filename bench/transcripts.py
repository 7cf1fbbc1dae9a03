"""Transcripts: what a search is measured on: many short passages of made-up words in six languages, mostly Arabic."""

# ruff: noqa: RUF001  # letters of several scripts are the subject of this file

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow

SEGMENTS = 10
"""Spoken passages to an item; a label comes to each, a position to each fifth."""
BATCHES = 50
LABELS = ("person", "car", "truck", "tank", "smoke", "fire", "building", "flag", "tent", "bus", "dog", "boat")

_CHUNK = 500
_LONGEST, _SHORTEST = 17, 6
_ZIPF = 1.05

_ARABIC = ("ا", "ب", "ت", "ث", "ج", "ح", "خ", "د", "ذ", "ر", "ز", "س", "ش", "ص", "ض", "ط", "ظ", "ع", "غ", "ف", "ق",
           "ك", "ل", "م", "ن", "ه", "و", "ي", "ا", "و", "ي", "ل", "م", "ن", "ر", "أ", "إ", "ة", "ى", "ئ")  # fmt: skip
_SORANI = ("ا", "ب", "ت", "ج", "چ", "ح", "خ", "د", "ر", "ڕ", "ز", "ژ", "س", "ش", "ع", "غ", "ف", "ڤ", "ق", "ک", "گ",
           "ل", "ڵ", "م", "ن", "ه", "ە", "و", "ۆ", "ی", "ێ", "ە", "ە", "ا", "ی")  # fmt: skip
_VOWELS = {"kmr": "aeêiîouû", "tr": "aeıioöuü", "en": "aeiou", "fr": "aeiouéè"}
_CONSONANTS = {"kmr": "bcçdfghjklmnpqrsştvwxyz", "tr": "bcçdfgğhjklmnprsştvyz", "en": "bcdfghjklmnprstvwy",
               "fr": "bcdfghjlmnpqrstvç"}  # fmt: skip
_SHARES = {"ar": 0.65, "ckb": 0.08, "kmr": 0.06, "tr": 0.08, "en": 0.08, "fr": 0.05}
_WORDS = {"ar": 300_000, "ckb": 60_000, "kmr": 60_000, "tr": 60_000, "en": 40_000, "fr": 40_000}
_MARKS = "\u064e\u064f\u0650\u0651\u0652"


@dataclass(slots=True)
class Transcripts:
    """A corpus that is the same whenever it is made; ``sample`` keeps some passages to ask for."""

    items: int
    sample: list[IndexRow] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[AssetId, list[IndexRow]]]:
        """Yield every item with its rows."""
        self.sample.clear()
        random_words = _Words()
        for first in range(0, self.items, _CHUNK):
            many = min(_CHUNK, self.items - first)
            lines = random_words.lines(many)
            for n in range(first, first + many):
                rows = _rows(n, lines)
                if n % max(1, self.items // 500) == 0:
                    self.sample.append(rows[n % SEGMENTS])
                yield asset_of(n), rows


def asset_of(n: int) -> AssetId:
    """Return the id of the ``n``-th item."""
    return AssetId(hashlib.sha256(b"item %d" % n).hexdigest())


def batch_of(asset: str) -> int:
    """Return the batch that an item came in, spread evenly over all."""
    return int(asset[-8:], 16) % BATCHES


def _rows(n: int, lines: Iterator[tuple[str, str]]) -> list[IndexRow]:
    media, told = ("video", "audio", "video")[n % 3], hashlib.sha256(b"told %d" % n).hexdigest()
    rows = [
        IndexRow(
            field="transcript", text=text, enrichment=told, media=media, language=language, t=4.0 * at, end=4.0 * at + 4
        )
        for at, (language, text) in zip(range(SEGMENTS), lines, strict=False)
    ]
    rows.append(IndexRow(field="tags", text=LABELS[(n * n) % 97 % len(LABELS)], enrichment=told, media=media))
    if n % 5 == 0:
        lat, lon = 33 + n * 37 % 4000 / 1000, 36 + n * 53 % 9000 / 1000
        rows.append(IndexRow(field="places", text="", enrichment=told, media=media, lat=lat, lon=lon))
    return rows


class _Words:
    """Words as often as they are in a language: few very often, most of them hardly ever."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(7)
        rng = random.Random(7)  # noqa: S311  # figures to compare, no secrets
        self._of = {language: np.array(_vocabulary(language, rng), dtype=object) for language in _SHARES}
        self._sums = {}
        for language, known in self._of.items():
            weights = 1.0 / np.arange(1, len(known) + 1) ** _ZIPF
            self._sums[language] = np.cumsum(weights) / weights.sum()

    def lines(self, items: int) -> Iterator[tuple[str, str]]:
        """Yield passages in plenty for this many items: the language of an item's passages is mostly one."""
        names = list(_SHARES)
        chosen = self._rng.choice(len(names), size=items, p=list(_SHARES.values()))
        sizes = self._rng.integers(_SHORTEST, _LONGEST, size=(items, SEGMENTS))
        for which, lengths in zip(chosen, sizes, strict=True):
            language = names[which]
            drawn = np.searchsorted(self._sums[language], self._rng.random(int(lengths.sum())))
            found = self._of[language][np.minimum(drawn, len(self._of[language]) - 1)]
            at = 0
            for length in lengths:
                yield language, " ".join(found[at : at + length])
                at += int(length)


def _vocabulary(language: str, rng: random.Random) -> list[str]:
    return [_word(language, rng) for _ in range(_WORDS[language])]


def _word(language: str, rng: random.Random) -> str:
    if language == "ar":
        word = "".join(rng.choices(_ARABIC, k=rng.randint(3, 6)))
        luck = rng.random()
        if luck < 0.2:  # noqa: PLR2004  # as often as the article stands
            word = "ال" + word
        elif luck < 0.25:  # noqa: PLR2004  # "and"
            word = "و" + word
        elif luck < 0.28:  # noqa: PLR2004  # vocalised
            word = "".join(letter + rng.choice(_MARKS) for letter in word)
        return word
    if language == "ckb":
        return "".join(rng.choices(_SORANI, k=rng.randint(3, 7)))
    vowels, consonants = _VOWELS[language], _CONSONANTS[language]
    word = "".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(rng.randint(1, 4)))
    word += rng.choice(consonants) if rng.random() < 0.5 else ""  # noqa: PLR2004  # one in two
    return word.capitalize() if rng.random() < 0.1 else word  # noqa: PLR2004  # names
