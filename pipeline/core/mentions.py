"""Mentions: names of places in a text, found by a gazetteer and believed only on evidence.

Every language has words of every day that are also some settlement's name. So a name counts what speaks
for it (its size, a word such as *city* or a preposition beside it, a capital letter, a country named nearby)
and what speaks against it (a common word, a person's title or first name before it). The figures of the
evaluation in the tests were what the weights were set by.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.core import place_words as table
from pipeline.core.name_forms import APOSTROPHE, STEM, Option, Token, is_cased, joins, options_at, tokens_of
from pipeline.core.ports.places import Known

LookUp = Callable[[Sequence[str]], Mapping[str, tuple[Known, ...]]]

ENOUGH = 2.7
"""Evidence from which a name is taken for a place."""

MOST_PLACES = 4
"""Places that one name may mean and that are kept; the others are far less likely."""

_LONGEST_TEXT = 50_000
_LIKELY = 0.1
_CLEAR = 0.9
_SMALL_LETTERS, _LARGE_LETTERS = 1.0, 0.5
_AT_HOME = 3.0
_NEAR_BY = 60.0
_OWN_WEIGHT = 2_000_000.0
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}")
_SHORT = {1: 9.0, 2: 4.0, 3: 1.5, 4: 0.7}
_SHORT_ARABIC = {1: 9.0, 2: 4.0}
_SHORT_TOGETHER = 6
"""Letters up to which several words are no more telling than one: *de la*, *el bab*."""

_SHORTEST_NAME = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a text. ``places``: what it may mean, likeliest first, with shares; none where none is known."""

    start: int
    end: int
    evidence: float
    places: tuple[tuple[Known, float], ...]


def mentions(
    text: str, language: str | None, look_up: LookUp, countries: Iterable[str] = ()
) -> tuple[tuple[Mention, ...], frozenset[str]]:
    """Find names of places, in order, and the countries that the text speaks of.

    ``countries`` (ISO 3166) are those already known of; they tell which of several places a name means.
    """
    # What stands in the address of a page or a person was not said of a place.
    text = _ADDRESS.sub(lambda found: " " * len(found[0]), text[:_LONGEST_TEXT])
    tokens = tokens_of(text)
    cased = is_cased(text)
    options = [one for at in range(len(tokens)) for one in options_at(tokens, at, language, cased=cased)]
    known = look_up(list(dict.fromkeys(one.key for one in options)))
    options = [one for one in options if one.key in known]
    near = frozenset(countries) | {table.COUNTRIES[one.word] for one in tokens if one.word in table.COUNTRIES}
    reader = _Reader(tokens=tokens, language=language, cased=cased, known=known)
    sure = reader.choose(options, near)
    reader = replace(reader, ends=frozenset(one.end for one in sure))
    near |= {one.places[0][0].country or "" for one in sure if one.places[0][1] >= _CLEAR} - {""}
    return reader.choose(options, near), near


def unknown_names(text: str, found: Sequence[Mention]) -> Iterator[Mention]:
    """Yield what stands where a place's name must stand (*the village of …*) and no gazetteer knows."""
    tokens = tokens_of(text[:_LONGEST_TEXT])
    for at, one in enumerate(tokens):
        behind = at > 0 and (tokens[at - 1].word in table.KINDS or (
            at > 1 and tokens[at - 1].word in table.LINKS and tokens[at - 2].word in table.KINDS
        ))  # fmt: skip
        if not behind or not _may_be_name(one) or any(m.start < one.end and one.start < m.end for m in found):
            continue
        end = at
        while (
            not one.arabic
            and end + 1 < len(tokens)
            and end - at < STEM - 1
            and tokens[end + 1].capital
            and joins(tokens[end + 1])
        ):
            end += 1
        yield Mention(start=one.start, end=tokens[end].end, evidence=0.0, places=())


def _may_be_name(one: Token) -> bool:
    word = one.word
    usual = word in table.KINDS or word in table.ALL_COMMON or word in table.PREPOSITIONS or word in table.LINKS
    return len(word) >= _SHORTEST_NAME and not usual and not word.isdigit() and (one.arabic or one.capital)


# --- what speaks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """One text and what the gazetteer knows of it."""

    tokens: Sequence[Token]
    language: str | None
    cased: bool
    known: Mapping[str, tuple[Known, ...]]
    ends: frozenset[int] = frozenset()
    """Where names end of which it is already sure."""

    def choose(self, options: Sequence[Option], countries: frozenset[str]) -> tuple[Mention, ...]:
        """Take the longest names first, each word once."""
        rated = [(self._evidence(one, countries), one) for one in options]
        rated = [(evidence, one) for evidence, one in rated if evidence >= ENOUGH]
        rated.sort(
            key=lambda pair: (pair[1].first - pair[1].last, pair[1].altered, -pair[0], pair[1].first, pair[1].key)
        )
        taken: set[int] = set()
        found = []
        for evidence, one in rated:
            span = range(one.first, one.last + 1)
            if not taken.intersection(span):
                taken.update(span)
                start, end = self.tokens[one.first].start, self.tokens[one.last].end
                found.append(
                    Mention(
                        start=start, end=end, evidence=evidence, places=self._likely(self.known[one.key], countries)
                    )
                )
        return tuple(sorted(found, key=lambda one: one.start))

    def _evidence(self, one: Option, countries: frozenset[str]) -> float:
        places = self.known[one.key]
        told, follows = self._kind_before(one), self._kind_after(one)
        country = one.key in table.COUNTRIES or (
            one.first == one.last and self.tokens[one.first].word in table.COUNTRIES
        )
        if country and not told:
            return 0.0
        likely = self._likely(places, countries)
        evidence = one.bonus + _size(likely[0][0]) + self._shape(one, told=told)
        evidence += 3.0 if told else self._beside(one) + (2.5 if follows else 0.0)
        if any(place.country in countries for place, _ in likely):
            evidence += 1.0
        elif any(place.country in self._homes for place, _ in likely):
            evidence += 0.5
        evidence += 1.0 if self._listed(one) else 0.0
        return evidence

    @property
    def _homes(self) -> frozenset[str]:
        return table.HOMES.get(self.language or "", frozenset())

    def _listed(self, one: Option) -> bool:
        """Tell whether it follows another place: *Aleppo and Manbij*."""
        at = one.first - 1
        if at > 0 and self.tokens[at].word in table.CONJUNCTIONS:
            at -= 1
        return at >= 0 and self.tokens[at].end in self.ends and "." not in self.tokens[one.first].gap

    def _kind_before(self, one: Option) -> bool:
        """Tell whether a word such as *city (of)* stands before the name."""
        at = one.first - 1
        if at >= 0 and self.tokens[at].word in table.LINKS and not self.tokens[one.first].first:
            at -= 1
        return at >= 0 and self.tokens[at].word in table.KINDS and not self.tokens[at + 1].first

    def _kind_after(self, one: Option) -> bool:
        after = one.last + 1
        if self.language in {"fr", "de"} or after >= len(self.tokens) or self.tokens[after].first:
            return False
        return self.tokens[after].word in table.AFTER

    def _likely(self, places: Sequence[Known], countries: frozenset[str]) -> tuple[tuple[Known, float], ...]:
        """Return the places that are likely enough to be meant, with their shares."""
        weights = {one.id: self._weight(one, countries) for one in places}
        ranked = sorted(places, key=lambda one: (-weights[one.id], one.id))
        kept = [one for one in ranked if weights[one.id] >= _LIKELY * weights[ranked[0].id]][:MOST_PLACES]
        whole = sum(weights[one.id] for one in kept)
        return tuple((one, weights[one.id] / whole) for one in kept)

    def _weight(self, one: Known, countries: frozenset[str]) -> float:
        if one.own:
            return _OWN_WEIGHT
        here = _NEAR_BY if one.country in countries else _AT_HOME if one.country in self._homes else 1.0
        return (one.population + 300) * (1.0 if one.main else 0.35) * here

    def _shape(self, one: Option, *, told: bool) -> float:
        first, key = self.tokens[one.first], one.key.lstrip("~")
        words = key.split()
        evidence = 2.0 if one.proper else 0.0
        if len(words) > 1 and len(key) > _SHORT_TOGETHER:
            evidence += 2.0
        elif len(words) == 1 and not told:
            common = table.COMMON.get(self.language or "", table.ALL_COMMON)
            if key in common or first.word in common:
                evidence -= 1.0 if one.proper else 3.0
            evidence -= _SHORT_ARABIC.get(len(key), 0.0) if first.arabic else _SHORT.get(len(key), 0.0)
            written = self.tokens[one.first]
            if self.cased and written.large and len(key) > 1:
                evidence -= 2.0  # an abbreviation
        if self.cased and first.capital and not first.first and self.language != "de":
            evidence += 1.0
        if not self.cased and not first.arabic and not told:
            evidence -= _LARGE_LETTERS if first.large else _SMALL_LETTERS
            if first.word in table.SMALL:
                evidence -= 2.0
        return evidence

    def _beside(self, one: Option) -> float:
        first = self.tokens[one.first]
        before = self.tokens[one.first - 1] if one.first and not first.first else None
        after = self.tokens[one.last + 1] if one.last + 1 < len(self.tokens) else None
        evidence = 0.0
        if before:
            if before.word in table.TITLES:
                evidence -= 4.0
            elif before.word in table.PREPOSITIONS:
                evidence += 1.0
            elif self.cased and before.capital and not before.arabic and self.language != "de" and before.gap != "":
                evidence -= 2.0 if joins(first) and before.word not in table.COUNTRIES else 0.0
        if after and self.cased and after.capital and joins(after) and not after.first and not first.arabic:
            belongs = after.word in table.INSTITUTIONS or after.word in table.AFTER or APOSTROPHE.search(after.gap)
            evidence -= 0.0 if self.language == "de" or belongs else 1.5
        return evidence


def _size(one: Known) -> float:
    """Return 0 for a village to 3 for two million people: large places are spoken of more often."""
    if one.own:
        return 2.5
    return max(0.0, min(3.0, math.log10(max(one.population, 1)) - 3.3))
