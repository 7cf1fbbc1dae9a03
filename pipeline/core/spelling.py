# ruff: noqa: RUF001, RUF002  # letters that look alike are the subject of this file
"""Spelling: one code for letters that look alike in a picture, by the language that was told."""

import re

SORANI = "ckb"
ITS_LETTERS = "ڕڵۆێە"
"""Letters of Sorani that Arabic and Persian do not have."""

_PERSIAN_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩")
_HEH, _VOWEL, _JOINER = "ه", "ە", "\u200c"
_AS_SORANI = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ھ": _HEH, "ہ": _HEH, "ة": _VOWEL, "ں": "ن"})
_SORANI_VOWELS = "اەۆوێی"
_PERSIAN = str.maketrans("يىكں", "ییکن")
_ARABIC = str.maketrans("کھہں", "كههن")
_NUMBER = re.compile(r"\d+")
_YEH_WITHIN = re.compile(r"ی(?=[\u0621-\u06ff])")


def spelled(text: str, language: str | None) -> str:
    """Return a reading as its language spells it.

    A picture shows shapes; which of several codes for one shape a reader writes down is its habit.
    Arabic gets its own kaf and yeh (without dots at the end of a word: that is how the other yeh
    looks there), Persian and Sorani theirs; Arabic and Sorani the digits of Arabic. The Sorani vowel
    ە is one letter: not heh and joiner, and no heh after a consonant, where Sorani has none.
    """
    if language == SORANI:
        plain = text.translate(_AS_SORANI).translate(_PERSIAN_DIGITS)
        plain = plain.replace(_HEH + _JOINER, _VOWEL).replace(_VOWEL + _JOINER, _VOWEL)
        return " ".join(map(_vowels, plain.split(" ")))
    if language == "ar":
        return _YEH_WITHIN.sub("ي", text.translate(_ARABIC)).replace("ی", "ى").translate(_PERSIAN_DIGITS)
    return text.translate(_PERSIAN) if language == "fa" else text


def digits_doubtful(text: str) -> bool:
    """Tell whether one number mixes digits of two alphabets: nobody writes so, but ٥ is taken for 0, and ١ for 1."""
    return any(len({ord(char) - int(char) for char in number}) > 1 for number in _NUMBER.findall(text))


def _vowels(word: str) -> str:
    """Write ە for each heh that follows a consonant."""
    found = ""
    for char in word:
        consonant = bool(found) and found[-1].isalpha() and found[-1] not in _SORANI_VOWELS
        found += _VOWEL if char == _HEH and consonant else char
    return found
