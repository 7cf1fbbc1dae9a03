# ruff: noqa: RUF001  # words and digits of several scripts are the subject of this file
"""Number order: whether the numbers of a text stand where they did, so that two that changed places are seen.

Only numbers that stand once in each text are compared, years with years and others with others; times of day
and dates are left out, since each language puts them in its own order. Languages also put places before or
behind what happens there: where a dictionary knows the word behind a number, that word decides.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core import numerals
from pipeline.core.likeness import FUNCTION_WORDS, same_word, stem
from pipeline.core.ports import Gloss

_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|januar|februar|märz|juni|juli|oktober|dezember|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım"
    "|aralık|يناير|فبراير|مارس|[أا]بريل|مايو|يونيو|يوليو|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر|ديسمبر|كانون|شباط|[آا]ذار|نيسان"
    "|[أا]يار|حزيران|تموز|[آا]ب|[أا]يلول|تشرين"
)
_ASIDE = re.compile(
    r"(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)"
    r"|(?<!\d)\d{1,2}(?::|h|\.(?=\d\d\b))\d{2}(?!\d)(?:\s*[ap]\.?m\.?)?"
    r"|(?<!\d)\d{1,2}\s*(?:[ap]\.?\s?m\b|o'clock|uhr|heures?|h\b)"
    r"|(?:\bsaat|الساعة|\bseet|کاتژمێر)\s*\d{1,2}(?!\d)"
    rf"|(?<!\d)\d{{1,2}}(?:\.|er|st|nd|rd|th)?\s*(?:of\s+|de\s+)?(?:{_MONTH})(?!\w)"
    rf"|(?<!\w)(?:{_MONTH})\s+\d{{1,2}}(?:st|nd|rd|th)?(?!\d)"
)
_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,٬'’ \u00a0\u202f]\d{3})+(?!\d)|(?<![\d.,])\d+(?![\d])")
_WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*")
_LONGEST, _YEARS = len("1000000000000000"), range(1900, 2100)
_BEHIND = 3
"""Words behind a number among which what it counts is looked for."""
_FAR = 16
"""Characters between a number and what it counts, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    value: int
    start: int
    end: int


def moved(source: str, english: str, language: str, glosses: Sequence[Gloss] = ()) -> tuple[int, ...] | None:
    """Return the numbers of the English version that stand in another's place, in its order; empty when none does.

    ``None`` where there are no two to compare.
    """
    mine, theirs = list(_stated(source, language)), list(_in_english(english))
    once = _once(mine) & _once(theirs)
    before, after = ({one.value: one for one in some if one.value in once} for some in (mine, theirs))
    found: list[int] | None = None
    for years in (False, True):
        wanted = [one for value, one in before.items() if (value in _YEARS) is years]
        got = [one for value, one in after.items() if (value in _YEARS) is years]
        if len(wanted) > 1:
            found = (found or []) + ([] if _stand(wanted, got, english, glosses) else [one.value for one in got])
    return None if found is None else tuple(found)


def _stand(mine: Sequence[_Said], theirs: Sequence[_Said], english: str, glosses: Sequence[Gloss]) -> bool:
    """Tell whether numbers kept their places: by the words that they count where these are known, else by order."""
    counted = {one.value: _senses(one, glosses) for one in mine}
    behind = {one.value: _words_behind(english, one) for one in theirs}
    own = {value: _meet(senses, behind[value]) for value, senses in counted.items()}
    alien = {
        value: any(_meet(senses, words) for other, words in behind.items() if other != value)
        for value, senses in counted.items()
    }
    if any(alien[value] and not own[value] for value in counted):
        return False
    in_order = [one.value for one in mine] == [one.value for one in theirs]
    return in_order or all(own[value] and not alien[value] for value in counted)


def _once(said: Sequence[_Said]) -> set[int]:
    return {value for value, count in Counter(one.value for one in said).items() if count == 1}


def _plain(text: str) -> str:
    """Write digits in one way and blank out dates and times, character by character."""
    latin = "".join(
        str(unicodedata.digit(one)) if unicodedata.category(one) == "Nd" else one.lower()[:1] for one in text
    )
    return _ASIDE.sub(lambda found: " " * len(found.group()), latin)


def _digits(plain: str) -> Iterator[_Said]:
    for found in _NUMBER.finditer(plain):
        figures = re.sub(r"\D", "", found.group())
        if len(figures) <= _LONGEST:
            yield _Said(value=int(figures), start=found.start(), end=found.end())


def _stated(source: str, language: str) -> Iterator[_Said]:
    told = numerals.alone_in_words_at(source, language)
    words = (_Said(value=value, start=start, end=end) for value, start, end in told)
    yield from sorted((*_digits(_plain(source)), *words), key=lambda one: one.start)


def _in_english(text: str) -> Iterator[_Said]:
    plain = _plain(text)
    words = (_Said(value=value, start=start, end=end) for value, start, end in numerals.english_words_at(plain))
    yield from sorted((*_digits(plain), *words), key=lambda one: one.start)


def _senses(one: _Said, glosses: Sequence[Gloss]) -> frozenset[str]:
    """Return the stems of what the dictionary says of the word that a number counts."""
    near = next((gloss for gloss in sorted(glosses, key=lambda g: g.start) if gloss.start >= one.end), None)
    if near is None or near.start - one.end > _FAR:
        return frozenset()
    words = (word for sense in near.senses for word in _WORD.findall(sense.casefold()))
    return frozenset(stem(word) for word in words if word not in FUNCTION_WORDS)


def _words_behind(english: str, one: _Said) -> tuple[str, ...]:
    """Return the stems of the words behind a number, up to the next one."""
    found: list[str] = []
    for word in _WORD.finditer(english, one.end):
        if len(found) == _BEHIND or word.group()[0].isdigit():
            break
        found.append(stem(word.group()))
    return tuple(found)


def _meet(senses: frozenset[str], words: Sequence[str]) -> bool:
    return any(same_word(one, other) for one in senses for other in words)
