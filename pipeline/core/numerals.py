# ruff: noqa: RUF001  # digits and words of several scripts are the subject of this file
"""Numerals: the numbers that a text states, in digits of any script or in words, so that two texts can be compared."""

import re
import unicodedata
from collections.abc import Iterator

_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[.,٬'’ \u00a0\u202f]\d{3})+(?!\d)")
_DIGITS = re.compile(r"\d+")
# Only the hour itself: a night on which somebody came makes no other number an hour.
_AFTERNOON = re.compile(
    r"\b(?:(\d{1,2})(?:[:.]\d{2})?|([a-z]+))\s*(?:o['’]clock\s*)?"
    r"(?:p\.?\s?m\b|in the (?:afternoon|evening)|(?:at|to)\s?night)",
    re.IGNORECASE,
)
_NOON, _DAY = 12, 24

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20, "thirtieth": 30,
    "both": 2, "pair": 2, "twice": 2, "dozen": 12, "half": 30, "quarter": 15,
}  # fmt: skip
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_SMALL = (
    {word: number for number, word in enumerate(_UNITS)}
    | {word: 10 * number for number, word in enumerate(_TENS, start=2)}
)  # fmt: skip
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}

_NUMBER_WORDS = {
    "fr": re.compile(
        r"\b(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente"
        r"|quarante|cinquante|soixante|cents?|mille|millions?|milliards?|premi\w+|\w+ième|demie?|quart)\b"
    ),
    "de": re.compile(
        r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|zwanzig|dreißig|[a-z]zig\b|hundert|tausend"
        r"|million|milliarde|\berst\w+|\bdritt\w+|\bhalb|viertel"
    ),
    "tr": re.compile(
        r"\b(?:iki|üç|dört|beş|altı|yedi|sekiz|dokuz|on|yirmi|otuz|kırk|elli|altmış|yetmiş|seksen|doksan|yüz|bin"
        r"|milyon|milyar|birinci|yarım|buçuk)"
    ),
    "ar": re.compile(
        r"اثن|ثلاث|[أا]ربع|خمس|ست[ةه]?\b|ستين|ستون|سبع|ثمان|تسع|عشر|مئ|مائ|[أا]لف|[آا]لاف|مليون|ملايين|مليار|[أا]ول|نصف|ربع"
    ),
    "kmr": re.compile(
        r"\b(?:du|didu|sê|sisê|çar|pênc|şeş|heft|heşt|neh|deh|yanzdeh|bîst|sî|çil|pêncî|şêst|sed|hezar|milyon|yekem|nîv)"
    ),
}  # fmt: skip


_ALONE = {
    "fr": {
        "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "dix": 10, "onze": 11,
        "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "trente": 30,
        "quarante": 40, "cinquante": 50, "soixante": 60, "mille": 1000,
    },
    "de": {
        "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
        "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17,
        "achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreissig": 30, "vierzig": 40, "fünfzig": 50,
        "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90, "hundert": 100, "tausend": 1000,
    },
}  # fmt: skip
"""Folded words that say a number by themselves; *neuf* is also new, *cent* also of percent."""

_JOINED = frozenset({
    "cent", "cents", "vingts", "mille", "million", "millions", "milliard", "milliards", "neuf", "demi", "demie",
    "quart", "et", "und", "halb", "viertel",
})  # fmt: skip
"""Beside one of these a word says a part of a number, or of an hour."""


def alone_in_words(text: str, language: str) -> list[int]:
    """Return the numbers that single words of a text say; those that several words make up are left out."""
    return [value for value, *_ in alone_in_words_at(text, language)]


def alone_in_words_at(text: str, language: str) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers that single words of a text say, each with the characters where it stands."""
    values = _ALONE.get(language, {})
    found = list(re.finditer(r"[^\W\d_]+|\d+", text))
    folded = ["", *(one.group() if one.group() == "Acht" else one.group().casefold() for one in found), ""]
    parts = values.keys() | _JOINED
    for place, before, one, after in zip(found, folded, folded[1:], folded[2:], strict=False):
        if one in values and before not in parts and after not in parts and not (before + after).isdigit():
            yield values[one], place.start(), place.end()


def in_digits(text: str) -> list[int]:
    """Return the numbers written in digits of any script, in order; dates and times give their parts."""
    latin = "".join(str(unicodedata.digit(one)) if unicodedata.category(one) == "Nd" else one for one in text)
    joined = _GROUPED.sub(lambda found: re.sub(r"\D", "", found.group()), latin)
    return [int(one) for one in _DIGITS.findall(joined) if len(one) <= len("1000000000000000")]


def in_english_words(text: str) -> set[int]:
    """Return the numbers that English words say, the parts of a compound included; months count by their place."""
    found = set()
    for run in _runs(re.findall(r"[a-z]+", text.casefold())):
        found |= {_SMALL.get(one) or _LARGE.get(one) or 0 for one in run} | {_sum(run)}
    words = set(re.findall(r"[a-z]+", text.casefold()))
    found |= {number for word, number in _ORDINALS.items() if word in words}
    return found | {number for number, month in enumerate(_MONTHS, start=1) if month in words}


def has_words(text: str, language: str) -> bool | None:
    """Tell whether numbers are written in words; ``None`` for a language whose words are not known here."""
    words = _NUMBER_WORDS.get(language)
    return None if words is None else bool(words.search(text.casefold()))


def english_words_at(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers that English words say, each as a whole with the characters where it stands."""
    run: list[re.Match[str]] = []
    for word in re.finditer(r"[A-Za-z]+|$", text):
        said = word.group().lower()
        if said in _SMALL or said in _LARGE:
            run.append(word)
        elif run and said != "and":
            yield _sum([one.group().lower() for one in run]), run[0].start(), run[-1].end()
            run = []


def _runs(words: list[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for word in [*words, ""]:
        if word in _SMALL or word in _LARGE:
            run.append(word)
        elif run and word != "and":
            yield run
            run = []


def _sum(words: list[str]) -> int:
    total = part = 0
    for word in words:
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        else:
            total, part = total + max(part, 1) * _LARGE[word], 0
    return total + part


def lost(source: str, english: str, language: str = "") -> list[int]:
    """Return the numbers of a source, in digits or single words, that its English version says in neither."""
    said = {*in_digits(english), *in_english_words(english)}
    told = _AFTERNOON.findall(english)
    hours = [int(digits) if digits else _SMALL.get(word.casefold(), _NOON) for digits, word in told]
    said |= {one + _NOON for one in hours if one < _NOON}
    scaled = {one * factor for one in said for factor in _LARGE.values()} if said & set(_LARGE.values()) else set()
    stated = dict.fromkeys((*in_digits(source), *alone_in_words(source, language)))
    return [one for one in stated if one not in said | scaled and one != 0]


def added(source: str, english: str, language: str) -> list[int]:
    """Return the numbers in digits of an English version that its source does not say; none where that is untold."""
    if has_words(source, language) is not False:
        return []
    said = {*in_digits(source)}
    said |= {one - _NOON for one in said if _NOON < one < _DAY}
    return [one for one in dict.fromkeys(in_digits(english)) if one not in said]
