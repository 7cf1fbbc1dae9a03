"""Name forms: the words of a text, and under which keys a run of them may stand in a gazetteer."""

# ruff: noqa: RUF001  # Arabic letters and apostrophes of several kinds are the subject of this file

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core import place_words as table
from pipeline.core.folding import fold, located
from pipeline.core.gazetteer import LONGEST, loose_key

APOSTROPHE = re.compile("['’‘`´ʼ]\\Z")
STEM = 3
"""Letters that must be left of a word when what is written onto it is taken off."""

_DOUBTFUL, _ARTICLE = -1.0, -1.3
_JOINED = re.compile(r"[ \u00a0\-\u2010\u2011'’‘`´ʼ.]{0,2}\Z")
_SENTENCE = re.compile(r"[.!?:;؟\n\r\"“”«»•()\[\]]")
_OF_ARABIC = re.compile("[\u0600-\u06ff]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, folded, and how it stands in its sentence."""

    word: str
    start: int
    end: int
    gap: str  # what stands before it
    capital: bool
    first: bool  # of a sentence
    large: bool  # all of its letters
    arabic: bool


@dataclass(frozen=True, slots=True)
class Option:
    """A run of words that may be a name, under one key. ``bonus``: what its own form says for or against it."""

    first: int
    last: int
    key: str
    bonus: float
    proper: bool  # written as only proper names are
    altered: int  # 0 as written, 1 without what is written onto it, 2 in a loose spelling


# --- words


def tokens_of(text: str) -> list[Token]:
    """Return the words of a text, in order."""
    tokens: list[Token] = []
    before = 0
    for word, start, end in located(text):
        gap = text[before:start]
        tokens.append(Token(
            word=word, start=start, end=end, gap=gap, capital=text[start : start + 1].isupper(),
            first=not tokens or bool(_SENTENCE.search(gap)), large=text[start:end].isupper(),
            arabic=bool(_OF_ARABIC.match(text[start])),
        ))  # fmt: skip
        before = end
    return tokens


def is_cased(text: str) -> bool:
    """Tell whether capitals mean something in a text: not where all letters are large, or all small."""
    letters = _LETTER.findall(text)
    large, small = sum(one.isupper() for one in letters), sum(one.islower() for one in letters)
    return bool(large and small > large)


def joins(one: Token) -> bool:
    """Tell whether a word may belong to one name with the word before it."""
    return _JOINED.match(one.gap) is not None and "." not in one.gap


# --- what a run of words may be called


def options_at(tokens: Sequence[Token], at: int, language: str | None, *, cased: bool) -> Iterator[Option]:
    """Yield what may be a name from the word ``at`` on; ``cased``: whether capitals mean something here."""
    first = tokens[at]
    if (
        first.word.isdigit()
        or len(first.word) == 1
        or (cased and not first.arabic and not first.capital and first.word not in {"al", "el"})
    ):
        return
    for last in range(at, min(at + LONGEST, len(tokens))):
        if last > at and not (joins(tokens[last]) or _abbreviated(tokens[last - 1], tokens[last])):
            return
        if last > at and tokens[last].arabic != first.arabic:
            return
        run = tokens[at : last + 1]
        ending = tokens[last]
        if cased and not ending.arabic and not ending.capital and not APOSTROPHE.search(ending.gap):
            continue  # a name does not end in a small word
        following = tokens[last + 1] if last + 1 < len(tokens) else None
        yield from _spelled(run, at, last, language, following)


def _abbreviated(before: Token, one: Token) -> bool:
    return one.gap == ". " and before.word in {"st", "mt"}


def _spelled(
    run: Sequence[Token], at: int, last: int, language: str | None, following: Token | None
) -> Iterator[Option]:
    words = [one.word for one in run]
    proper = bool(following and APOSTROPHE.search(following.gap) and language in {"tr", None}
                  and len(following.word) <= 5 and not run[-1].arabic)  # noqa: PLR2004 (an ending, not a name) # fmt: skip
    seen = set()
    starts = _without_prefix(words[0]) if run[0].arabic else [(words[0], 0.0)]
    for start, bonus in starts:
        for end, cost in _without_suffix(words[-1] if len(words) > 1 else start, language):
            parts = [start, *words[1:-1], end] if len(words) > 1 else [end]
            key = _joined(parts, run)
            if key not in seen:
                seen.add(key)
                yield Option(at, last, key, bonus - cost, proper, int((start, end) != (words[0], words[-1])))
    plain = " ".join(words)
    if not run[0].arabic and (loose := loose_key(plain)):
        yield Option(at, last, loose, -1.0, proper, 2)


def _joined(parts: Sequence[str], run: Sequence[Token]) -> str:
    """Write the key as gazetteers have it: an apostrophe within a word joins its parts."""
    key = parts[0]
    for part, token in zip(parts[1:], run[1:], strict=True):
        key += part if APOSTROPHE.search(token.gap) else f" {part}"
    return key


def _without_prefix(word: str) -> list[tuple[str, float]]:
    """Return an Arabic word with and without what is written onto it: and, in, to, the."""
    found = {word: 0.0}
    bare = [word[1:]] if word[0] in "وف" and len(word) > STEM else []
    for one in (word, *bare):
        found.setdefault(one, 0.0 if len(one) > STEM else _DOUBTFUL)
        if one.startswith("لل") and len(one) > STEM + 1:
            found.setdefault("ال" + one[2:], 0.5)
        if one[0] in "بل" and len(one) > STEM:
            found.setdefault(one[1:], (0.5 if one[0] == "ب" else 0.0) + (0.0 if len(one) > STEM + 1 else _DOUBTFUL))
    for one, bonus in tuple(found.items()):
        if one.startswith("ال") and len(one) > STEM + 1:
            found.setdefault(one[2:], bonus + _ARTICLE)
        elif len(one) >= STEM:
            found.setdefault("ال" + one, bonus + _ARTICLE)
    if (plain := _arabic_spelling(word)) and len(plain) >= STEM:
        found.setdefault(plain, _DOUBTFUL)
    return list(found.items())


def _arabic_spelling(word: str) -> str | None:
    """Return a Sorani word as Arabic lists would have it: Sorani writes every vowel."""
    if "ه" not in word and not word.startswith("يي"):
        return None
    bare = re.sub("^ي(?=[ياوه])", "", word)
    return ("ا" + bare.lstrip("اي") if bare != word else word).replace("ه", "")


_SUFFIX = {"kmr": -0.3, "tr": 1.2}
"""What it costs a name to lose its ending. In Kurmanji the ending is how a place stands after a verb of
going; in Turkish names keep an apostrophe before it, and words of every day have none."""

_ENDINGS = {
    language: tuple(dict.fromkeys(fold(one) for one in endings)) for language, endings in table.SUFFIXES.items()
}


def _without_suffix(word: str, language: str | None) -> list[tuple[str, float]]:
    endings = [one for one in _ENDINGS.get(language or "", ()) if word.endswith(one) and len(word) - len(one) >= STEM]
    return [(word, 0.0), *((word[: -len(one)], _SUFFIX.get(language or "", 0.5)) for one in endings)]
