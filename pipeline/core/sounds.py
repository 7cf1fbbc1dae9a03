# ruff: noqa: RUF001  # letters of several scripts are the subject of this file
"""Sounds: whether two words of different scripts, or of different transliterations, may be one name.

Arabic script writes consonants and long vowels; Latin writes all vowels, each language with letters of its own.
``frames`` gives the coarse consonants of a word, by which candidates are found. ``alike`` lays two words beside
each other, sound by sound: every long vowel of the one needs a vowel of its kind in the other, in its place. So
*kitab* is كتاب and neither كاتب nor كتابة. Two words of Arabic script are compared only where one of them has the
vowel letters of Kurdish; two of Latin script only where the passage writes a name, with a capital.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import product

from pipeline.core.sound_letters import (
    ALWAYS,
    ARABIC,
    DOUBLED,
    FINAL,
    FIRST,
    KURDISH,
    LAST_H,
    LATIN,
    PIECES,
    PREFIXES,
    SHORT,
    SPECIAL,
    Unit,
    bare,
    is_arabic,
    latin_units,
    readings,
)

VERSION = 1
"""Raise it whenever any word sounds differently: an index made before must be rebuilt."""

_MOST_FRAMES = 12
_FEW = 2
"""Consonants up to which a word is short: then its vowels must tell it, too."""

_BRIEF = 5
"""Letters up to which one consonant is enough to look for a word by."""
# Between two Latin spellings of one name vowels differ by habit: these stand for each other.
_HABITS = (("ou|oo", "u"), ("ee|ii|ie", "i"), ("aa", "a"), ("eyi|ayi|e[iy]|a[iy]", "E"))
_UMLAUTS = "öü"
_KINDS = {"a": "a", "e": "ae", "i": "e", "ı": "e", "y": "e", "o": "uo", "u": "u", "E": "E", "w": "w",
          "ü": "uy", "ö": "o"}  # fmt: skip


def frames(word: str) -> frozenset[str]:
    """Return the coarse consonants of a word as it is written, in every way that it may be read."""
    fewest = 1 if len(word) <= _BRIEF else 2  # of one consonant are short names (Ali), and too many long words
    found = (frame for units in readings(bare(word)) for frame in _frames(units))
    return frozenset(one for one in found if len(one) >= fewest)


def alike(typed: str, stands: str) -> bool:
    """Tell whether a word that was typed and one that stands in a passage, each as written, may be one name."""
    one, other = bare(typed), bare(stands)
    arabic = [is_arabic(it) for it in (one, other)]
    if not any(arabic):
        if not stands[:1].isupper():
            return False
        fewest = _FEW if typed[:1].isupper() else _FEW + 1
        return _consonants(latin_units(one)) >= fewest and _same_latin(
            bare(typed, but=_UMLAUTS), bare(stands, but=_UMLAUTS)
        )  # fmt: skip
    if all(arabic) and (not KURDISH & {*one, *other} or ("ق" in one) is not ("ق" in other)):
        return False
    proper = typed[:1].isupper() or stands[:1].isupper()
    return any(_same(a, b, proper=proper) for a in readings(one) for b in readings(other))


class Writing(StrEnum):
    """How a word is written, as far as it decides what it is compared with."""

    ARABIC = "a"
    KURDISH = "k"
    """In Arabic script, with the vowel letters of Kurdish."""
    NAME = "n"
    """In another script, with a capital."""
    WORD = "w"


def writing(word: str) -> Writing:
    """Tell how a word is written."""
    if is_arabic(word):
        return Writing.KURDISH if KURDISH & set(word) else Writing.ARABIC
    return Writing.NAME if word[:1].isupper() else Writing.WORD


def answers(typed: str) -> tuple[Writing, ...]:
    """Return in which writings a word may stand that sounds like one that was typed."""
    own = writing(typed)
    if own is Writing.ARABIC:
        return (Writing.KURDISH, Writing.NAME)
    return (Writing.ARABIC, Writing.KURDISH, Writing.NAME)


def plain(word: str) -> str:
    """Return a word as it is compared: Arabic letters without marks; others as they are, for their capital tells."""
    return bare(word) if is_arabic(word) else word


@lru_cache(maxsize=256)
def rough(typed: str) -> re.Pattern[str] | None:
    """Return a pattern that every word of Arabic script fits that is ``alike``; ``None`` where none is quick."""
    word = bare(typed)
    if is_arabic(word):
        return None
    ways = "|".join(_pattern(units) for units in readings(word))
    return re.compile(f"(?:{PREFIXES.pattern.removeprefix('^')})?(?:{ways})")


def _pattern(units: Sequence[Unit]) -> str:
    loose = "".join(letter for letter, unit in ARABIC.items() if unit.drops) + "اةلهأإو"
    parts = []
    for unit in units:
        fits = [letter for letter, it in (*ARABIC.items(), *SPECIAL) if set(it.sounds) & set(unit.sounds)]
        letters = "".join(dict.fromkeys(fits))
        parts.append(f"[{letters}]{{1,2}}" if not unit.drops else f"[{letters}]{{0,2}}")
    return f"[{loose}]?" + f"[{loose}]{{0,2}}".join(parts) + f"[{loose}]{{0,2}}"


def _frames(units: Sequence[Unit]) -> list[str]:
    ways = [one.frame for one in units if one.frame != "-"]
    found: list[str] = []
    for way in product(*ways):
        found.append("".join(way).replace("-", ""))
        if len(found) == _MOST_FRAMES:
            break
    return [one for one in found if one]


def _consonants(units: Sequence[Unit]) -> int:
    return sum(not one.vowel for one in units)


def _same(one: Sequence[Unit], other: Sequence[Unit], *, proper: bool) -> bool:
    """Lay two readings beside each other; short vowels of the Latin one may have nothing opposite."""
    short = min(_consonants(one), _consonants(other)) <= _FEW

    def step(at: int, its: int, ways: tuple[str, ...]) -> bool:
        # ``ways``: how each sound that is passed found its like: a vowel as long or weak, or not at all.
        if at == len(one) and its == len(other):
            if proper and len(ways) == _FEW + 1 and set(ways) <= {_CONSONANT, _NOTHING}:
                return True  # Tell
            return not short or 0 < sum(ways.count(one) for one in (_LONG, _WEAKLY, _FIRSTLY)) >= ways.count(_NOTHING)
        meets = at < len(one) and its < len(other) and set(one[at].sounds) & set(other[its].sounds)
        if meets and step(at + 1, its + 1, (*ways, _way(one[at], other[its]))):
            return True
        for units, place, after in ((one, at, (at + 1, its)), (other, its, (at, its + 1))):
            if place < len(units) and _may_drop(units, place, ways):
                way = (_NOTHING,) if units[place].drops == SHORT else ()
                if step(*after, (*ways, *way)):
                    return True
        return False

    return step(0, 0, ())


_LONG, _WEAKLY, _FIRSTLY, _NOTHING, _CONSONANT = "V", "w", "f", "-", "C"


def _way(one: Unit, other: Unit) -> str:
    if not (one.vowel or other.vowel):
        return _CONSONANT
    if {one, other} & FIRST:
        return _FIRSTLY
    return _WEAKLY if ALWAYS in (one.drops, other.drops) else _LONG


def _may_drop(units: Sequence[Unit], at: int, ways: tuple[str, ...]) -> bool:
    """Tell whether a sound may have nothing opposite, after those that went their ways."""
    unit = units[at]
    if unit.drops != SHORT:
        return unit.drops == ALWAYS
    rest = [one for one in units[at + 1 :] if one is not LAST_H]
    before = "".join(ways)
    if not rest or before.endswith(_NOTHING):  # a last vowel is always written; one of two is, too
        return False
    if any(one.vowel for one in rest):
        return True
    return any(one.vowel for one in rest) or _short_at_last(unit.sounds[0], units[:at], before)


def _short_at_last(vowel: str, earlier: Sequence[Unit], before: str) -> bool:
    """Tell whether the vowel of a last syllable may be short.

    After a short a that stands open an i is long (Samir, Rashid; not Muslim), after any a, a u is (Mahmud); after a
    long a, or a short i or u, that stands open, an a is (Kamal, Hisham).
    """
    if vowel == "i":
        return not before.endswith(("-C", "wC", "w", "fC", "f"))
    last = next((one.sounds[0] for one in reversed(earlier) if one.vowel), "")
    if vowel in "uo":
        return not (before.rstrip(_CONSONANT).endswith(_NOTHING) and last in {"a", "e"})
    opened = earlier[-2].sounds[:1] if vowel == "a" and len(earlier) > 1 else ""
    if vowel == "a" and earlier and DOUBLED in earlier[-1].sounds and before.endswith("wC"):
        return False  # Ammar is not Omar
    long_a, short_other = before.endswith("VC") and opened == "a", before.endswith("-C") and opened in {"i", "o", "u"}
    return not (long_a or short_other)


def _same_latin(one: str, other: str) -> bool:
    return bool(_habitual(one) and len(_habitual(one)) == len(_habitual(other))) and all(
        set(a) & set(b) for a, b in zip(_habitual(one), _habitual(other), strict=True)
    )


@lru_cache(maxsize=4096)
def _habitual(word: str) -> tuple[str, ...]:
    word = re.sub(r"(?<=[aeiou])h$", "", word)
    for pattern, to in _HABITS:
        word = re.sub(pattern, to, word)
    pieces = PIECES.findall(re.sub(r"([^aeiouı])\1", r"\1", word))
    found = []
    for at, piece in enumerate(pieces):
        if piece in _KINDS:
            found.append(_KINDS[piece])
            continue
        unit = (FINAL.get(piece) if at == len(pieces) - 1 else None) or LATIN.get(piece)
        if unit is None:
            return ()
        found.append(unit.sounds)
    return tuple(found)
