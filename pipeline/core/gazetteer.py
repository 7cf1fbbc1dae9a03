"""Gazetteer: how names of places are keyed, so that one spelling finds the others."""

# ruff: noqa: RUF001  # letters of several scripts are the subject of this file

import re
from functools import lru_cache

from pipeline.core.folding import words

VERSION = 1
"""Raise it whenever any name is keyed differently: what was made of a gazetteer before must be made again."""

LONGEST = 6
"""Words of the longest name that is looked up."""

LOOSE = "~"
"""Begins the keys of loose spellings: transliterations of one Arabic name differ more than its letters do."""

_APOSTROPHES = re.compile("['’‘`´ʼʻʿʾ′]")
_ARTICLES = frozenset(
    ["al", "el", "ar", "as", "at", "ad", "az", "an", "ash", "ath", "adh", "er", "es", "ed", "ez", "en", "esh", "ul"]
)
_SPELLINGS = [(re.compile(one), to) for one, to in (
    ("ou|oo|ow|aw|o", "u"), ("ee|iy|ii", "i"), ("ei|ai|ey|ay", "ay"), ("tch|sch", "sh"), ("dj|gh", "j"),
    ("aa", "a"), ("e", "a"), (r"(.)\1", r"\1"), ("q|kh", "k"), ("th", "t"),
    ("dh", "d"), ("(?:ah|yah|a|h)$", ""), ("y$", "i"),
)]  # fmt: skip


def name_key(name: str) -> str:
    """Return the key of a name: its folded words, apostrophes within words left out."""
    return " ".join(words(_APOSTROPHES.sub("", name)))


def loose_key(key: str) -> str | None:
    """Return the loose key of a Latin spelling of an Arabic name; ``None`` where too little would be left of it."""
    if not key.isascii() or key.isdigit():
        return None
    parts = [one for one in key.split() if one not in _ARTICLES]
    loose = " ".join(_loosen(one) for one in parts)
    return LOOSE + loose if len(loose) >= 4 else None  # noqa: PLR2004 - shorter ones are all alike


@lru_cache(maxsize=50_000)
def _loosen(word: str) -> str:
    for pattern, to in _SPELLINGS:
        word = pattern.sub(to, word)
    return word
