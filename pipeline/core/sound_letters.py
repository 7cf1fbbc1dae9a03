# ruff: noqa: RUF001  # letters of several scripts are the subject of this file
"""Sound letters: what each letter of Arabic and Latin script may sound like, and in which ways a word may be read."""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

LONGEST = 24
"""Letters of the longest word that is taken for a name."""

ALWAYS, SHORT, _NEVER = 2, 1, 0


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
    "س": ("s", "S"), "ص": ("s", "S"), "ش": ("x", "ŠΣ"), "ف": ("f", "FV"), "ڤ": ("f", "V"), "ل": ("l", "L"),
    "ڵ": ("l", "L"), "م": ("m", "M"), "ن": ("n", "N"),
}  # fmt: skip
_ARABIC_VOWELS = {
    "ا": ("a", _NEVER), "آ": ("a", _NEVER), "أ": ("aeiou", _NEVER), "إ": ("ie", _NEVER), "ى": ("a", _NEVER),
    "و": ("ouwV", _NEVER), "ؤ": ("ouw", ALWAYS), "ۆ": ("ouw", _NEVER), "ي": ("iey", _NEVER), "ی": ("iey", _NEVER),
    "ئ": ("aeiouy", ALWAYS), "ێ": ("ei", _NEVER), "ە": ("e@", ALWAYS), "ء": ("", ALWAYS), "ع": ("aeiou", ALWAYS),
}  # fmt: skip
ARABIC = {
    **{letter: Unit(frame, sounds) for letter, (frame, sounds) in _ARABIC_CONSONANTS.items()},
    **{letter: Unit("-", sounds, drops) for letter, (sounds, drops) in _ARABIC_VOWELS.items()},
}
_FIRST_ALIF = Unit("-", "aeiou")
FIRST = frozenset((_FIRST_ALIF, ARABIC["أ"], ARABIC["إ"]))
_SEAT = Unit("-", "aeiou", ALWAYS)
"""An alif that carries the vowel written after it, or that of an article within a name."""
_MARBUTA = Unit("d-", "aeT")
_SILENT_MARBUTA = Unit("d-", "aeT", ALWAYS)
_LAST_E = Unit("-", "e@")
_LAST_HEH = Unit("h-", "aeH")
_SOFT_L = Unit("l-", "L", ALWAYS)
SPECIAL = (("ا", _FIRST_ALIF), ("ة", _MARBUTA), ("ه", _LAST_HEH))
KURDISH = frozenset("ەێۆڕڵڤ")
_SUN = frozenset("تثدذرزسشصضطظلن")
_INNER_ARTICLE = re.compile("(?<=^عبد)ال|(?<=..)ال(?=دين$|له$)")
PREFIXES = re.compile("^(?:[وف]?(?:ال|[بك]ال|لل)|[وفبل])(?=...)")

LATIN = {
    "sh": Unit("x", "ŠΣ"), "ch": Unit("xkj", "ŠXČK"), "kh": Unit("k", "X"), "gh": Unit("k", "ĠG"),
    "th": Unit("ds", "ÞT"), "dh": Unit("ds", "ÐD"), "zh": Unit("j", "Ž"), "dj": Unit("jk", "J"), "ph": Unit("f", "F"),
    "dsch": Unit("jk", "J"), "tsch": Unit("jx", "Č"), "ou": Unit("-", "uow", SHORT),
    "tch": Unit("jx", "Č"), "sch": Unit("x", "Σ"), "ck": Unit("k", "K"), "b": Unit("b", "B"), "p": Unit("b", "P"),
    "t": Unit("d", "T"), "d": Unit("d", "D"), "k": Unit("k", "K"), "q": Unit("k", "QK"), "g": Unit("kj", "GĠ"),
    "ğ": Unit("k-", "Ġ", ALWAYS), "x": Unit("k", "X"), "c": Unit("jk", "JK"), "ç": Unit("jx", "ČS"),
    "j": Unit("j", "JŽ"), "ş": Unit("x", "ŠΣ"), "š": Unit("x", "ŠΣ"), "s": Unit("s", "S"), "ß": Unit("s", "S"),
    "z": Unit("s", "Z"), "f": Unit("f", "F"), "v": Unit("f-", "Vw"), "h": Unit("hk", "HX"), "l": Unit("l", "L"),
    "m": Unit("m", "M"), "n": Unit("n", "N"), "r": Unit("r", "R"), "w": Unit("-f", "wouV"), "y": Unit("-", "iy"),
    "a": Unit("-", "a@", SHORT), "e": Unit("-", "e", SHORT), "i": Unit("-", "i", SHORT), "ı": Unit("-", "i", SHORT),
    "o": Unit("-", "o", SHORT), "u": Unit("-", "u", SHORT),
}  # fmt: skip
_PAIRS = sorted((one for one in LATIN if len(one) > 1), key=len, reverse=True)
PIECES = re.compile("|".join([*_PAIRS, "."]))
DOUBLED = "\u00b2"
"""Marks the sound of a consonant that is written twice."""
_KEPT = frozenset("çşğšßı")
FINAL = {
    "t": Unit("d", "TD"), "d": Unit("d", "DT"), "p": Unit("b", "PB"), "b": Unit("b", "BP"), "ç": Unit("jx", "ČSJ")
}  # fmt: skip
LAST_H = Unit("h-", "H", ALWAYS)
_ARTICLES = re.compile("^(?:al|el|ul)(?=....)")


def is_arabic(word: str) -> bool:
    """Tell whether a word is of Arabic script, by its first letter."""
    return "\u0600" <= word[:1] <= "\u06ff" or "\ufb50" <= word[:1] <= "\ufeff"


def bare(word: str, *, but: str = "") -> str:
    """Return a word without what decorates its letters, in small letters; ``but``: letters that stay as they are."""
    if ARABIC.keys() >= set(word):
        return word
    if is_arabic(word):
        text = unicodedata.normalize("NFKC", word).translate({0x640: None, 0x200C: None})
        return "".join(one for one in text if unicodedata.category(one) != "Mn")
    lower = unicodedata.normalize("NFC", word).replace("İ", "i").lower()
    kept = "".join(one if one in _KEPT or one in but else unicodedata.normalize("NFKD", one) for one in lower)
    return "".join(one for one in kept if unicodedata.category(one) != "Mn")


@lru_cache(maxsize=4096)
def readings(word: str) -> tuple[tuple[Unit, ...], ...]:
    """Return the ways in which a bare word may be read: with and without an article, letters alone or in pairs."""
    if len(word) > LONGEST:
        return ()
    if is_arabic(word):
        short = word if KURDISH & set(word) else PREFIXES.sub("", word)
        found = dict.fromkeys(filter(None, (_arabic_units(one) for one in dict.fromkeys((word, short)))))
        return tuple(found)
    short = re.sub("^(abd)[aeu]l$", r"\1", _ARTICLES.sub("", word))
    spelled = [latin_units(one) for one in dict.fromkeys((word, short))]
    if any(pair in word for pair in ("th", "dh", "sh", "kh", "gh")):
        spelled.append(latin_units(word, pairs=False))
    return tuple(dict.fromkeys(filter(None, spelled)))


def _arabic_units(word: str) -> tuple[Unit, ...]:
    word = re.sub("لله$", "له", word).replace("وو", "و")
    if KURDISH & set(word):  # Sorani writes what is long twice
        word = re.sub(r"(.)\1", r"\1", word)
    article = _INNER_ARTICLE.search(word, 2)
    units = []
    for at, letter in enumerate(word):
        unit = ARABIC.get(letter)
        if article and at == article.start():
            unit = _SEAT
        elif article and at == article.start() + 1 and word[at + 1] in _SUN:
            unit = _SOFT_L
        elif at == 0 and letter in "اأإ":
            unit = _SEAT if word[1:2] in "ويۆێی" else _FIRST_ALIF if letter == "ا" else unit
        elif letter == "ە" and at == len(word) - 1:
            unit = _LAST_E
        elif letter == "ة":
            unit = _SILENT_MARBUTA if word[at - 1] == "ا" else _MARBUTA
        elif letter == "ه" and at == len(word) - 1 and at:
            unit = _LAST_HEH
        if unit is None:
            return ()
        units.append(unit)
    return tuple(units)


@lru_cache(maxsize=4096)
def latin_units(word: str, *, pairs: bool = True) -> tuple[Unit, ...]:
    """Return the sounds of a bare Latin word; none where a letter is of another script."""
    once = re.sub(r"([^aeiouı])\1", rf"\1{DOUBLED}", word)
    pieces = PIECES.findall(once) if pairs else list(once)
    units: list[Unit] = []
    for at, piece in enumerate(pieces):
        if piece == DOUBLED:
            units[-1] = replace(units[-1], sounds=units[-1].sounds + DOUBLED)
            continue
        last = at == len(pieces) - 1
        unit = FINAL.get(piece) if last else None
        if piece == "h" and last and at and pieces[at - 1] in "aeiou":
            unit = LAST_H
        unit = unit or LATIN.get(piece)
        if unit is None:
            return ()
        units.append(unit)
    return tuple(units)
