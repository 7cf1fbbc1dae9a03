"""Hemispheres: the words and letters by which north, south, east and west are written beside a coordinate."""

# ruff: noqa: RUF001  # Arabic and Kurdish words are the subject of this file

import re
from bisect import bisect_left
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


_BEFORE = re.compile(rf"(?<![^\W\d_])(?P<side>{PATTERN})\s*\Z")
_AFTER = re.compile(rf"\s*°?\s*(?P<side>{PATTERN})(?P<on>\s+(?:of\b|[^\W\d_]{{2}}))?")
_FIGURE = re.compile(r"[\d°º˚'′’\"″”]\s*\Z")
_LOOK = 24


def half(text: str, start: int, end: int, language: str | None) -> bool:
    """Tell whether a hemisphere beside only one of two bare numbers says that the other's is missing.

    North before them and east behind them change nothing; a word that goes on (*west of …*) is none of theirs.
    """
    before, after = _BEFORE.search(text[max(0, start - _LOOK) : start]), _AFTER.match(text, end)
    if before and side(before["side"], language) not in {"N", None}:
        return True
    if after is None or (after["on"] and len(after["side"]) > 1):
        return False
    return side(after["side"], language) not in {"E", None}


class Leading:
    """Where pairs stand whose letters come first: in a row, the letter behind a number is then the next one's."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self.pairs: list[re.Match[str]] = []
        for match in pattern.finditer(text):
            last = self.pairs[-1].end() if self.pairs else 0
            in_a_row = self.pairs and not text[last : match.start()].strip(" ,;،؛/|")
            if in_a_row or not _FIGURE.search(text[max(0, match.start() - _LOOK) : match.start()]):
                self.pairs.append(match)
        self._starts = [one.start() for one in self.pairs]

    def holds(self, match: re.Match[str]) -> bool:
        """Tell whether a match lies, in part, where such a pair is."""
        at = bisect_left(self._starts, match.end()) - 1
        return at >= 0 and self.pairs[at].end() > match.start()
