# ruff: noqa: RUF001  # letters of several scripts are the subject of this file
"""Likeness: whether two words may be the same name in two alphabets, or the same English word in two forms."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_ARABIC = {
    "ب": "b", "پ": "b", "ت": "t", "ث": "t", "ج": "j", "چ": "s", "ح": "h", "خ": "k", "د": "d", "ذ": "d", "ر": "r",
    "ڕ": "r", "ز": "z", "ژ": "j", "س": "s", "ش": "s", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "غ": "g", "گ": "g",
    "ف": "f", "ڤ": "f", "ق": "k", "ك": "k", "ک": "k", "ل": "l", "ڵ": "l", "م": "m", "ن": "n", "ه": "h", "ھ": "h",
}  # fmt: skip
_PAIRS = (("sh", "s"), ("ch", "s"), ("kh", "k"), ("gh", "g"), ("th", "t"), ("dh", "d"), ("ph", "f"), ("ck", "k"))
_LATIN = str.maketrans({"c": "k", "q": "k", "x": "k", "v": "f", "p": "b"})
_VOWELS = re.compile(r"[aeiouwy]")
_DOUBLED = re.compile(r"(.)\1+")
_ALIKE = 0.6
_NEAR = 0.8
_SHORT = 5

_ENDINGS = (
    "ations", "ation", "ingly", "ings", "ing", "edly", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e", "y",
)  # fmt: skip

FUNCTION_WORDS = frozenset(re.findall(r"\w+", """
    a about after all also am an and any are as at be been before being but by can could did do does done each
    else for from get had has have having he her him his how i if in into is it its let like may me might mine
    more most much my no not of off on one onto only or other our out over own she should so some such than that
    the their them then there these they this those thus to too under up upon us very was we were what when
    where which who will with would yes yet you your
"""))  # fmt: skip


@lru_cache(maxsize=4096)
def bare(word: str) -> str:
    """Return a Latin word's letters without case and accents."""
    plain = unicodedata.normalize("NFKD", word.replace("ı", "i").casefold().replace("ß", "ss"))
    return "".join(one for one in plain if one.isalnum())


def skeleton(word: str) -> str:
    """Return what a name keeps from one alphabet to another: its consonants, as an English ear groups them."""
    if any(one in _ARABIC for one in word):
        letters = "".join(_ARABIC.get(one, "") for one in word)
    else:
        letters = bare(word)
        for pair, one in _PAIRS:
            letters = letters.replace(pair, one)
        letters = _VOWELS.sub("", letters.translate(_LATIN))
    return _DOUBLED.sub(r"\1", letters)


def same_name(one: str, other: str) -> bool:
    """Tell whether two words may be one name: nearly the same letters, or nearly the same consonants."""
    first, second = bare(one), bare(other)
    if first and second and _ratio(first, second) >= _NEAR:
        return True
    mine, theirs = skeleton(one), skeleton(other)
    if not mine or not theirs:
        return False
    if min(len(mine), len(theirs)) == 1:
        return mine == theirs
    return _ratio(mine, theirs) >= _ALIKE


def copied(word: str, source: str) -> bool:
    """Tell whether a word was taken over from the source, perhaps with a letter changed."""
    one, other = bare(word), bare(source)
    if one == other or min(len(one), len(other)) < _SHORT or one[0] != other[0]:
        return one == other
    return _ratio(one, other) >= _NEAR


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Return an English word without its commonest endings; at least three letters remain."""
    plain = bare(word)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= len("abc"):
            return _DOUBLED.sub(r"\1", plain[: -len(ending)])
    return plain


def same_word(one: str, other: str) -> bool:
    """Tell whether two stems belong to one English word."""
    shorter = min(len(one), len(other))
    return one == other or (shorter >= _SHORT and one[:_SHORT] == other[:_SHORT])


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
