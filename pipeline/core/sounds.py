# ruff: noqa: RUF001  # letters of several scripts are the subject of this file
"""Sounds: whether two words of different scripts, or of different transliterations, may be one name.

Arabic script writes consonants and long vowels; Latin writes all vowels, each language with letters of its own.
``frames`` gives the coarse consonants of a word, by which candidates are found. ``alike`` lays two words beside
each other, sound by sound: every long vowel of the one needs a vowel of its kind in the other, in its place. So
*kitab* is كتاب and neither كاتب nor كتابة. Two words of Arabic script are compared only where one of them has the
vowel letters of Kurdish; two of Latin script only where the passage writes a name, with a capital.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import product

VERSION = 1
"""Raise it whenever any word sounds differently: an index made before must be rebuilt."""

LONGEST = 24
"""Letters of the longest word that is taken for a name."""
_MOST_FRAMES = 12
_FEW = 2
"""Consonants up to which a word is short: then its vowels must tell it, too."""

_BRIEF = 5
"""Letters up to which one consonant is enough to look for a word by."""
_ALWAYS, _SHORT, _NEVER = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Unit:
    """One letter or pair of letters: its coarse consonants (``-``: none), its sounds, whether it may be left out."""

    frame: str
    sounds: str
    drops: int = _NEVER

    @property
    def vowel(self) -> bool:
        """Whether it can be a vowel."""
        return self.frame == "-"


_ARABIC_CONSONANTS = {
    "ب": ("b", "BP"), "پ": ("b", "P"), "ت": ("d", "T"), "ط": ("d", "T"), "د": ("d", "D"), "ث": ("ds", "ÞTS"),
    "ذ": ("ds", "ÐDZT"), "ض": ("ds", "DZ"), "ظ": ("ds", "ÐZD"), "ج": ("jk", "JG"), "چ": ("jx", "Č"), "ژ": ("j", "Ž"),
    "ح": ("h", "H"), "ه": ("h", "H"), "ھ": ("h", "H"), "خ": ("k", "X"), "غ": ("k", "ĠG"), "ق": ("k", "QKG"),
    "ك": ("k", "KG"), "ک": ("k", "KG"), "گ": ("k", "G"), "ر": ("r", "R"), "ڕ": ("r", "R"), "ز": ("s", "Z"),
    "س": ("s", "S"), "ص": ("s", "S"), "ش": ("x", "Š"), "ف": ("f", "FV"), "ڤ": ("f", "V"), "ل": ("l", "L"),
    "ڵ": ("l", "L"), "م": ("m", "M"), "ن": ("n", "N"),
}  # fmt: skip
_ARABIC_VOWELS = {
    "ا": ("a", _NEVER), "آ": ("a", _NEVER), "أ": ("aeou", _NEVER), "إ": ("ie", _NEVER), "ى": ("ai", _NEVER),
    "و": ("ouwV", _NEVER), "ؤ": ("ouw", _ALWAYS), "ۆ": ("ouw", _NEVER), "ي": ("iey", _NEVER), "ی": ("iey", _NEVER),
    "ئ": ("aeiouy", _ALWAYS), "ێ": ("ei", _NEVER), "ە": ("ae", _ALWAYS), "ء": ("", _ALWAYS), "ع": ("aeiou", _ALWAYS),
}  # fmt: skip
_ARABIC = {
    **{letter: Unit(frame, sounds) for letter, (frame, sounds) in _ARABIC_CONSONANTS.items()},
    **{letter: Unit("-", sounds, drops) for letter, (sounds, drops) in _ARABIC_VOWELS.items()},
}
_FIRST_ALIF = Unit("-", "aeiou")
_FIRST = frozenset((_FIRST_ALIF, _ARABIC["أ"], _ARABIC["إ"]))
_SEAT = Unit("-", "aeiou", _ALWAYS)
"""An alif that carries the vowel written after it, or that of an article within a name."""
_MARBUTA = Unit("d-", "aeT")
_SILENT_MARBUTA = Unit("d-", "aeT", _ALWAYS)
_LAST_HEH = Unit("h-", "aeH")
_SOFT_L = Unit("l-", "L", _ALWAYS)
_SPECIAL = (("ا", _FIRST_ALIF), ("ة", _MARBUTA), ("ه", _LAST_HEH))
_KURDISH = frozenset("ەێۆڕڵڤ")
_SUN = frozenset("تثدذرزسشصضطظلن")
_INNER_ARTICLE = re.compile("(?<=^عبد)ال|(?<=..)ال(?=دين$|له$)")
_PREFIXES = re.compile("^(?:[وف]?(?:ال|[بك]ال|لل)|[وفبل])(?=...)")

_LATIN = {
    "sh": Unit("x", "Š"), "ch": Unit("xkj", "ŠXČK"), "kh": Unit("k", "X"), "gh": Unit("k", "ĠG"),
    "th": Unit("ds", "ÞT"), "dh": Unit("ds", "ÐD"), "zh": Unit("j", "Ž"), "dj": Unit("jk", "J"), "ph": Unit("f", "F"),
    "tch": Unit("jx", "Č"), "sch": Unit("x", "Š"), "ck": Unit("k", "K"), "b": Unit("b", "B"), "p": Unit("b", "P"),
    "t": Unit("d", "T"), "d": Unit("d", "D"), "k": Unit("k", "K"), "q": Unit("k", "QK"), "g": Unit("kj", "GĠ"),
    "ğ": Unit("k-", "Ġ", _ALWAYS), "x": Unit("k", "X"), "c": Unit("jk", "JK"), "ç": Unit("jx", "ČS"),
    "j": Unit("j", "JŽ"), "ş": Unit("x", "Š"), "š": Unit("x", "Š"), "s": Unit("s", "S"), "ß": Unit("s", "S"),
    "z": Unit("s", "Z"), "f": Unit("f", "F"), "v": Unit("f-", "Vw"), "h": Unit("hk", "HX"), "l": Unit("l", "L"),
    "m": Unit("m", "M"), "n": Unit("n", "N"), "r": Unit("r", "R"), "w": Unit("-f", "wouV"), "y": Unit("-", "iy"),
    "a": Unit("-", "a", _SHORT), "e": Unit("-", "e", _SHORT), "i": Unit("-", "i", _SHORT), "ı": Unit("-", "i", _SHORT),
    "o": Unit("-", "o", _SHORT), "u": Unit("-", "u", _SHORT),
}  # fmt: skip
_PAIRS = sorted((one for one in _LATIN if len(one) > 1), key=len, reverse=True)
_PIECES = re.compile("|".join([*_PAIRS, "."]))
_KEPT = frozenset("çşğšßı")
_FINAL = {
    "t": Unit("d", "TD"), "d": Unit("d", "DT"), "p": Unit("b", "PB"), "b": Unit("b", "BP"), "ç": Unit("jx", "ČSJ")
}  # fmt: skip
_LAST_H = Unit("h-", "H", _ALWAYS)
_ARTICLES = re.compile("^(?:al|el|ul)(?=....)")
# Between two Latin spellings of one name vowels differ by habit: these stand for each other.
_HABITS = (("ou|oo", "u"), ("ee|ii|ie", "i"), ("aa", "a"), ("e[iy]|a[iy]", "E"))
_KINDS = {"a": "a", "e": "ae", "i": "e", "ı": "e", "y": "e", "o": "u", "u": "u", "E": "E", "w": "w"}


def frames(word: str) -> frozenset[str]:
    """Return the coarse consonants of a word as it is written, in every way that it may be read."""
    fewest = 1 if len(word) <= _BRIEF else 2  # of one consonant are short names (Ali), and too many long words
    found = (frame for units in _readings(_plain(word)) for frame in _frames(units))
    return frozenset(one for one in found if len(one) >= fewest)


def alike(typed: str, stands: str) -> bool:
    """Tell whether a word that was typed and one that stands in a passage, each as written, may be one name."""
    one, other = _plain(typed), _plain(stands)
    arabic = [_is_arabic(it) for it in (one, other)]
    if not any(arabic):
        if not stands[:1].isupper():
            return False
        fewest = _FEW if typed[:1].isupper() else _FEW + 1
        return _consonants(_latin_units(one)) >= fewest and _same_latin(one, other)
    if all(arabic) and (not _KURDISH & {*one, *other} or ("ق" in one) is not ("ق" in other)):
        return False
    return any(_same(a, b) for a in _readings(one) for b in _readings(other))


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
    if _is_arabic(word):
        return Writing.KURDISH if _KURDISH & set(word) else Writing.ARABIC
    return Writing.NAME if word[:1].isupper() else Writing.WORD


def answers(typed: str) -> tuple[Writing, ...]:
    """Return in which writings a word may stand that sounds like one that was typed."""
    own = writing(typed)
    if own is Writing.ARABIC:
        return (Writing.KURDISH, Writing.NAME)
    return (Writing.ARABIC, Writing.KURDISH, Writing.NAME)


def plain(word: str) -> str:
    """Return a word as it is compared: Arabic letters without marks; others as they are, for their capital tells."""
    return _plain(word) if _is_arabic(word) else word


@lru_cache(maxsize=256)
def rough(typed: str) -> re.Pattern[str] | None:
    """Return a pattern that every word of Arabic script fits that is ``alike``; ``None`` where none is quick."""
    word = _plain(typed)
    if _is_arabic(word):
        return None
    ways = "|".join(_pattern(units) for units in _readings(word))
    return re.compile(f"(?:{_PREFIXES.pattern.removeprefix('^')})?(?:{ways})")


def _pattern(units: Sequence[Unit]) -> str:
    loose = "".join(letter for letter, unit in _ARABIC.items() if unit.drops) + "اةلهأإو"
    parts = []
    for unit in units:
        fits = [letter for letter, it in (*_ARABIC.items(), *_SPECIAL) if set(it.sounds) & set(unit.sounds)]
        letters = "".join(dict.fromkeys(fits))
        parts.append(f"[{letters}]{{1,2}}" if not unit.drops else f"[{letters}]{{0,2}}")
    return f"[{loose}]?" + f"[{loose}]{{0,2}}".join(parts) + f"[{loose}]{{0,2}}"


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[:1] <= "\u06ff" or "\ufb50" <= word[:1] <= "\ufeff"


def _plain(word: str) -> str:
    """Return a word without what decorates its letters, in small letters."""
    if _ARABIC.keys() >= set(word):
        return word
    if _is_arabic(word):
        text = unicodedata.normalize("NFKC", word).translate({0x640: None, 0x200C: None})
        return "".join(one for one in text if unicodedata.category(one) != "Mn")
    lower = unicodedata.normalize("NFC", word).replace("İ", "i").lower()
    kept = "".join(one if one in _KEPT else unicodedata.normalize("NFKD", one) for one in lower)
    return "".join(one for one in kept if unicodedata.category(one) != "Mn")


@lru_cache(maxsize=4096)
def _readings(word: str) -> tuple[tuple[Unit, ...], ...]:
    if len(word) > LONGEST:
        return ()
    if _is_arabic(word):
        bare = _PREFIXES.sub("", word)
        found = dict.fromkeys(filter(None, (_arabic_units(one) for one in dict.fromkeys((word, bare)))))
        return tuple(found)
    bare = re.sub("^(abd)[aeu]l$", r"\1", _ARTICLES.sub("", word))
    spelled = [_latin_units(one) for one in dict.fromkeys((word, bare))]
    if any(pair in word for pair in ("th", "dh", "sh", "kh", "gh")):
        spelled.append(_latin_units(word, pairs=False))
    return tuple(dict.fromkeys(filter(None, spelled)))


def _arabic_units(word: str) -> tuple[Unit, ...]:
    word = re.sub("لله$", "له", word).replace("وو", "و")
    if _KURDISH & set(word):  # Sorani writes what is long twice
        word = re.sub(r"(.)\1", r"\1", word)
    article = _INNER_ARTICLE.search(word, 2)
    units = []
    for at, letter in enumerate(word):
        unit = _ARABIC.get(letter)
        if article and at == article.start():
            unit = _SEAT
        elif article and at == article.start() + 1 and word[at + 1] in _SUN:
            unit = _SOFT_L
        elif at == 0 and letter in "اأإ":
            unit = _SEAT if word[1:2] in "ويۆێی" else _FIRST_ALIF if letter == "ا" else unit
        elif letter == "ة":
            unit = _SILENT_MARBUTA if word[at - 1] == "ا" else _MARBUTA
        elif letter == "ه" and at == len(word) - 1 and at:
            unit = _LAST_HEH
        if unit is None:
            return ()
        units.append(unit)
    return tuple(units)


@lru_cache(maxsize=4096)
def _latin_units(word: str, *, pairs: bool = True) -> tuple[Unit, ...]:
    pieces = _PIECES.findall(re.sub(r"([^aeiouı])\1", r"\1", word)) if pairs else list(re.sub(r"(.)\1", r"\1", word))
    units = []
    for at, piece in enumerate(pieces):
        last = at == len(pieces) - 1
        unit = _FINAL.get(piece) if last else None
        if piece == "h" and last and at and pieces[at - 1] in "aeiou":
            unit = _LAST_H
        unit = unit or _LATIN.get(piece)
        if unit is None:
            return ()
        units.append(unit)
    return tuple(units)


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


def _same(one: Sequence[Unit], other: Sequence[Unit]) -> bool:
    """Lay two readings beside each other; short vowels of the Latin one may have nothing opposite."""
    short = min(_consonants(one), _consonants(other)) <= _FEW

    def step(at: int, its: int, ways: tuple[str, ...]) -> bool:
        # ``ways``: how each sound that is passed found its like: a vowel as long or weak, or not at all.
        if at == len(one) and its == len(other):
            return not short or 0 < ways.count(_LONG) + ways.count(_WEAKLY) >= ways.count(_NOTHING)
        meets = at < len(one) and its < len(other) and set(one[at].sounds) & set(other[its].sounds)
        if meets and step(at + 1, its + 1, (*ways, _way(one[at], other[its]))):
            return True
        for units, place, after in ((one, at, (at + 1, its)), (other, its, (at, its + 1))):
            if place < len(units) and _may_drop(units, place, ways):
                way = (_NOTHING,) if units[place].drops == _SHORT else ()
                if step(*after, (*ways, *way)):
                    return True
        return False

    return step(0, 0, ())


_LONG, _WEAKLY, _NOTHING, _CONSONANT = "V", "w", "-", "C"


def _way(one: Unit, other: Unit) -> str:
    if not (one.vowel or other.vowel):
        return _CONSONANT
    return _WEAKLY if _ALWAYS in (one.drops, other.drops) or {one, other} & _FIRST else _LONG


def _may_drop(units: Sequence[Unit], at: int, ways: tuple[str, ...]) -> bool:
    """Tell whether a sound may have nothing opposite, after those that went their ways."""
    unit = units[at]
    if unit.drops != _SHORT:
        return unit.drops == _ALWAYS
    rest = [one for one in units[at + 1 :] if one is not _LAST_H]
    before = "".join(ways)
    if not rest or before.endswith(_NOTHING):  # a last vowel is always written; one of two is, too
        return False
    if any(one.vowel for one in rest):
        return True
    # Of the last syllable: after a short a that stands open, i is long (Samir, Rashid; not Muslim), after any, u is
    # (Mahmud); after a long a that stands open, a is (Kamal).
    if unit.sounds == "i":
        return not before.endswith(("-C", "wC", "w"))
    if unit.sounds in "uo":
        return not (_NOTHING in before and any(one.sounds in "ae" for one in units[:at]))
    return not (unit.sounds == "a" and before.endswith("VC") and units[at - 2].sounds == "a")


def _same_latin(one: str, other: str) -> bool:
    return bool(_habitual(one) and len(_habitual(one)) == len(_habitual(other))) and all(
        set(a) & set(b) for a, b in zip(_habitual(one), _habitual(other), strict=True)
    )


@lru_cache(maxsize=4096)
def _habitual(word: str) -> tuple[str, ...]:
    word = re.sub(r"(?<=[aeiou])h$", "", word)
    for pattern, to in _HABITS:
        word = re.sub(pattern, to, word)
    pieces = _PIECES.findall(re.sub(r"([^aeiouı])\1", r"\1", word))
    found = []
    for at, piece in enumerate(pieces):
        if piece in _KINDS:
            found.append(_KINDS[piece])
            continue
        unit = (_FINAL.get(piece) if at == len(pieces) - 1 else None) or _LATIN.get(piece)
        if unit is None:
            return ()
        found.append(unit.sounds)
    return tuple(found)
