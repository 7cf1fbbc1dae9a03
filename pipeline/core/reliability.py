# ruff: noqa: RUF001  # marks of several scripts are the subject of this file
"""Reliability: what speaks against a translation, found by comparing it with its source; no model is asked again.

Each check passes or fails by name, and a check that cannot be made is left out rather than passed.
Grave failures (an echo of the source, another language, a loop, words that only subtitles have, nothing
of what the source says) make a translation ``unreliable``; others make it ``low``. Nothing here can
make a translation better than the trust that the model's card gives to the pair of languages.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core import negation, numerals
from pipeline.core.doubt import REPEATS, fold
from pipeline.core.likeness import FUNCTION_WORDS, copied, same_name, same_word, stem
from pipeline.core.number_order import moved
from pipeline.core.ports import Gloss
from pipeline.core.script import script

Reliability = Literal["usable", "low", "unreliable"]

CONFIDENT = 0.35
"""Mean probability of a token below which the model itself doubts its translation; true ones gave 0.4 and more."""

_ECHO, _FOREIGN = 0.5, 0.1
_BOUNDS = {"ar": (0.55, 2.6), "ckb": (0.55, 2.6), "fa": (0.55, 2.6), "tr": (0.6, 2.4)}
_USUAL_BOUNDS = (0.45, 1.9)
_SLACK_BELOW, _SLACK_ABOVE = 8, 14
"""Letters by which a short text may be shorter or longer than the bounds: a word has no usual ratio."""

_TOLD, _SOME_WORDS, _LOOP = 0.6, 4, 3
_KNOWN, _SHARE = 3, 0.25
_PHANTOM = re.compile(
    r"thank(?:s| you)(?: so much| very much)? for (?:watching|your attention)|see you (?:in the )?next (?:video|time)"
    r"|(?:in|of) the (?:next )?video\b|subscribe to|subtitles? by|translated by"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NO_NAMES = frozenset({"de"})
"""Languages that write every noun with a capital."""

_CALENDAR = frozenset({
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
    "april", "may", "june", "july", "august", "september", "october", "november", "december", "god", "mr", "mrs", "ms",
    "dr",
})  # fmt: skip


_STATES = frozenset({"US", "USA", "UK", "UN", "EU", "AM", "PM", "TV", "OK", "DC"})
"""Abbreviations that English uses where others write words; any other is invented where the source has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison: its name, whether it passed, how much a failure weighs, and what was found."""

    name: str
    passed: bool
    grave: bool = False
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source and its translation, with what is known beside them.

    ``glosses`` are what a dictionary says of the source, ``None`` without a dictionary; ``heard_as`` the
    languages that the translation seems to be in, likeliest first, ``None`` when nobody can tell.
    """

    source: str
    text: str
    language: str
    target: str = "en"
    confidence: float | None = None
    source_reliable: bool = True
    glosses: Sequence[Gloss] | None = None
    heard_as: Sequence[tuple[str, float]] | None = None


def weigh(pair: Pair) -> tuple[Check, ...]:
    """Return every check that can be made of a pair."""
    return tuple(_checks(pair))


def judged(checks: Sequence[Check], trust: str) -> Reliability:
    """Return the reliability that checks leave of the trust in a card (``usable`` or ``low``)."""
    failed = [one for one in checks if not one.passed]
    if any(one.grave for one in failed):
        return "unreliable"
    return "low" if failed or trust != "usable" else "usable"


def _checks(pair: Pair) -> Iterator[Check]:
    if pair.target == "en":
        yield from _numbers(pair)
        yield from _negation(pair)
        yield from _names(pair)
        yield from _meaning(pair)
        yield Check(name="phantom", passed=not _PHANTOM.search(fold(pair.text)), grave=True)
    yield _length(pair)
    yield _residue(pair)
    yield _repetition(pair)
    yield from _language(pair)
    if pair.confidence is not None:
        yield Check(name="confidence", passed=pair.confidence >= CONFIDENT)
    yield Check(name="source", passed=pair.source_reliable)


def _numbers(pair: Pair) -> Iterator[Check]:
    """Compare numbers and their order; where the source says them only in words that nobody here reads, nothing is."""
    stated = numerals.in_digits(pair.source) or numerals.alone_in_words(pair.source, pair.language)
    if not stated and numerals.has_words(pair.source, pair.language) is not False:
        return
    lost = [f"-{one}" for one in numerals.lost(pair.source, pair.text, pair.language)]
    added = [f"+{one}" for one in numerals.added(pair.source, pair.text, pair.language)]
    yield Check(name="numbers", passed=not lost and not added, found=(*lost, *added))
    places = moved(pair.source, pair.text, pair.language, pair.glosses or ())
    if places is not None:
        yield Check(name="numbers_order", passed=not places, found=tuple(map(str, places)))


def _negation(pair: Pair) -> Iterator[Check]:
    """Compare what is denied, where the words are known by which a language denies."""
    if not negation.known(pair.language):
        return
    found = negation.compared(pair.source, pair.text, pair.language, pair.target)
    yield Check(name="negation", passed=not found, found=found)


def _names(pair: Pair) -> Iterator[Check]:
    """Compare names where the script shows them: with capitals, or in Latin letters amid Arabic ones."""
    if pair.language in _NO_NAMES:
        return
    source, text = _words(pair.source), _words(pair.text)
    arabic = script(pair.source) == "Arab"
    mine = {one for one in source if one.isascii()} if arabic else set(_capitals(pair.source))
    known = {one.word: one.senses for one in pair.glosses or ()}
    lost = [
        one for one in sorted(mine)
        if not any(same_name(one, other) for other in text) and not _said(known.get(one, ()), text)
    ]  # fmt: skip
    senses = [word for said in known.values() for sense in said for word in _words(sense)]
    theirs = {one for one in _capitals(pair.text) if one.casefold() not in _CALENDAR | FUNCTION_WORDS}
    added = [one for one in sorted(theirs) if not any(same_name(one, other) for other in (*source, *senses))]
    if not arabic and not any(_short(one) for one in source):
        added += sorted({one for one in text if _short(one)} - _STATES)
    found = (*(f"-{one}" for one in lost), *(f"+{one}" for one in added))
    yield Check(name="names", passed=not found, found=found)


def _short(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _capitals(text: str) -> Iterator[str]:
    """Yield words with a capital that no start of a sentence explains; abbreviations are often translated."""
    for found in re.finditer(r"(?<=[^.!?…:\"“«\s])\s+([^\W\d_]+)", text):
        word = found.group(1)
        if word[0].isupper() and len(word) > len("ONU") and not word.isupper():
            yield word


def _meaning(pair: Pair) -> Iterator[Check]:
    """Look for what the dictionary says of the source's words; it knows too little to ask for all of them."""
    said = [set(_content(one.senses)) for one in pair.glosses or ()]
    known = [one for one in said if one]
    if not known:
        return
    text = [stem(one) for one in _words(pair.text)]
    hits = sum(any(same_word(one, other) for one in senses for other in text) for senses in known)
    yield Check(
        name="meaning", passed=hits > 0 and hits / len(known) >= _SHARE, grave=hits == 0 and len(known) >= _KNOWN,
        found=(f"{hits}/{len(known)}",),
    )  # fmt: skip


def _content(senses: Sequence[str]) -> Iterator[str]:
    for sense in senses:
        for word in _words(sense):
            if word.casefold() not in FUNCTION_WORDS and len(word) > 1:
                yield stem(word)


def _said(senses: Sequence[str], text: Sequence[str]) -> bool:
    stems = [stem(one) for one in text]
    return any(same_word(one, other) for one in _content(senses) for other in stems)


def _length(pair: Pair) -> Check:
    source, text = (sum(map(str.isalpha, one)) for one in (pair.source, pair.text))
    low, high = _BOUNDS.get(pair.language, _USUAL_BOUNDS) if pair.target == "en" else (0.3, 3.3)
    passed = low * source - _SLACK_BELOW <= text <= high * source + _SLACK_ABOVE
    return Check(name="length", passed=passed, grave=text == 0, found=(f"{text}/{source}",))


def _residue(pair: Pair) -> Check:
    """Find what was not translated: letters of another script, words of the source."""
    text, source = _words(pair.text), _words(pair.source)
    letters = [one for one in pair.text if one.isalpha()]
    foreign = [one for one in letters if pair.target == "en" and script(one) != "Latn"]
    meant = {stem(word) for one in pair.glosses or () for sense in one.senses for word in _words(sense)}
    kept = [one for one in text if any(copied(one, other) for other in source) and stem(one) not in meant]
    echo = bool(text) and len(kept) / len(text) >= _ECHO
    unasked = len(foreign) > _FOREIGN * max(len(letters), 1)
    # A lone name may stay as it is.
    name = len(text) == 1 and not pair.glosses and text[0][0].isupper()
    return Check(
        name="residue", passed=not echo and not foreign, grave=unasked or (echo and not name),
        found=tuple(dict.fromkeys(kept)) if echo else (),
    )  # fmt: skip


def _repetition(pair: Pair) -> Check:
    loops, chants = _loop(pair.text), _loop(pair.source)
    return Check(name="repetition", passed=loops < _LOOP or chants >= loops, grave=True)


def _loop(text: str) -> int:
    """Return how often the same three words stand in a text; what packs as only a loop does counts as one."""
    words = fold(text).split()
    counts = Counter(zip(words, words[1:], words[2:], strict=False))
    packed = len(words) >= _SOME_WORDS and _compression(text) > REPEATS
    return max([*counts.values(), _LOOP if packed else 0], default=0)


def _compression(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def _language(pair: Pair) -> Iterator[Check]:
    words = [one.casefold() for one in _words(pair.text)]
    if len(words) < _SOME_WORDS:
        return
    if pair.heard_as:
        name, share = pair.heard_as[0]
        other = name != pair.target and share >= _TOLD
        yield Check(name="language", passed=not other, grave=True, found=(name,) if other else ())
    elif pair.target == "en":
        yield Check(name="language", passed=bool(FUNCTION_WORDS & set(words)))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)
