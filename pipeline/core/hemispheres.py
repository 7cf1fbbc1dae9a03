"""Hemispheres: the words and letters by which north, south, east and west are written beside a coordinate."""

# ruff: noqa: RUF001  # Arabic and Kurdish words are the subject of this file

from typing import Literal

Side = Literal["N", "S", "E", "W"]

_WORDS: dict[Side, str] = {
    "N": "northern north nördlich nörd nord kuzey bakur شمالي شمالا شمال باکوور",
    "S": "southern south südlich süd sud güney başûr جنوبي جنوبا جنوب باشوور",
    "E": "eastern east östlich ost est doğu rojhilat شرقي شرقا شرق ڕۆژهەڵات رۆژهەڵات",
    "W": "western west westlich ouest batı rojava غربي غربا غرب ڕۆژئاوا رۆژئاوا",
}
_LETTERS: dict[str, Side] = {"N": "N", "S": "S", "E": "E", "W": "W", "ش": "N", "ج": "S", "ق": "E", "غ": "W"}
# The same letter is east in one language and west in another: only a language that is known tells.
_LOCAL: dict[str, dict[str, Side]] = {
    "tr": {"K": "N", "G": "S", "D": "E", "B": "W"},
    "de": {"O": "E"},
    "fr": {"O": "W"},
}
_BY_WORD = {word: side for side, words in _WORDS.items() for word in words.split()}

PATTERN = (
    r"(?:(?i:" + "|".join(sorted(_BY_WORD, key=len, reverse=True)) + r")(?![^\W\d_])"
    r"|(?<![^\W\d_])[NSEWKGDBOشجقغ](?![^\W\d_]))"
)
"""Matches a hemisphere; which one, ``side`` says."""


def side(written: str, language: str | None) -> Side | None:
    """Return the hemisphere that a word or letter stands for in a language; ``None`` where it does not say."""
    letter = _LETTERS.get(written) or _LOCAL.get(language or "", {}).get(written)
    return letter or _BY_WORD.get(written.casefold())
