"""Query: what a person typed, as terms that a passage must hold all of, and how well it does.

Words must all be there, ``"words in quotes"`` stand side by side in this order, ``begin*`` finds
what begins so, ``name~`` what a letter or two are wrong in. Nothing else has a meaning: whatever else is
typed is a word or parts words, and no syntax of the engine below can be reached. A single word also finds
the same name in another script, or in another way of writing it in Latin letters, and counts less there.

A score speaks of one passage alone: how often the terms stand in it, and how long it is. What the
rest of the corpus holds does not enter, since it would betray what a person may not see.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core import accents, sounds
from pipeline.core.distance import within
from pipeline.core.sound_letters import LONGEST
from pipeline.errors import Misconfigured
from pipeline.index.folding import light_words, located, words
from pipeline.index.lexicon import allowed

MAX_CHARACTERS = 2000
MAX_TERMS = 32

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PART = re.compile(r'"(?P<phrase>[^"]*)"?(?P<phrase_star>\*?)|(?P<word>[^\s"]+)')

# Okapi BM25 with every word equally rare and a passage of twelve words as the usual one.
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.5
_USUAL_LENGTH = 12
_LIGHT_WEIGHT = 0.4
_SOUND_WEIGHT = 0.25
_SHORTEST_NAME = 3
_ARTICLES = frozenset(["al", "el", "ul", "ar", "as", "at", "ad", "az", "an", "ash", "er", "es", "ez", "en", "esh"])

SNIPPET_CHARACTERS = 240
_BEFORE_HIT = 80


@dataclass(frozen=True, kw_only=True)
class Term:
    """Words that stand side by side, in their exact and in their light form.

    ``name``: the one word, as it was typed, that is also looked for by its sound; ``near``: and by its letters.
    """

    exact: tuple[str, ...]
    light: tuple[str, ...]
    prefix: bool
    name: str | None = None
    near: bool = False
    marked: str | None = None
    """The one word as it was typed, where it has accents: then a word without them is another."""

    def match(self, wider: Sequence[str] | None = None) -> str:
        """Return the term as an expression of FTS5, every word quoted; ``wider``: words found in its place.

        With a prefix these are all the words that begin so; else they come besides.
        """
        if self.prefix and wider:
            return _any_of(wider)
        star = "*" if self.prefix else ""
        exact, light = " ".join(self.exact), " ".join(self.light)
        if exact == light:
            own = f'{{exact light}} : "{light}"{star}'
        else:  # the light form of the query may be the exact form of a passage: it looks in both columns
            own = f'{{exact light}} : "{exact}"{star} OR {{exact light}} : "{light}"{star}'
        return f"({own} OR {_any_of(wider)})" if wider else f"({own})"

    def marked_in(self, text: str) -> int:
        """Count the words of a passage, as it is written, that have the accents that were typed."""
        same = (text[start:end] for word, start, end in located(text) if word == self.exact[0])
        return sum(accents.has(self.marked or "", spelled) for spelled in same)

    def sounds_in(self, text: str) -> int:
        """Count the words of a passage, as it is written, that may be this name."""
        return sum(self.fits(word, text[start:end]) for word, start, end in located(text))

    def fits(self, word: str, spelled: str) -> bool:
        """Tell whether a word, folded and as it is written, may be this name."""
        if self.name is None or len(spelled) > LONGEST:
            return False
        if self.near and within(self.exact[-1], word, allowed(self.exact[-1])):
            return True
        wanted = sounds.writing(spelled) in sounds.answers(self.name)
        return wanted and sounds.alike(self.name, sounds.plain(spelled))

    def count(self, passage: Sequence[str], form: tuple[str, ...]) -> int:
        """Count where the form stands among the words of a passage."""
        if len(form) > 1:
            return sum(1 for at in range(len(passage) - len(form) + 1) if self.stands_at(passage, at, form))
        if self.prefix:
            return sum(1 for word in passage if word.startswith(form[0]))
        return passage.count(form[0])

    def stands_at(self, passage: Sequence[str], at: int, form: tuple[str, ...]) -> bool:
        """Tell whether the form stands at one place of a passage."""
        span = passage[at : at + len(form)]
        if len(span) < len(form):
            return False
        if self.prefix:
            return tuple(span[:-1]) == form[:-1] and span[-1].startswith(form[-1])
        return tuple(span) == form


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Terms that one passage must hold all of."""

    terms: tuple[Term, ...]

    def match(self, wider: Mapping[Term, Sequence[str]] | None = None) -> str:
        """Return the whole query as an expression of FTS5."""
        return " AND ".join(term.match((wider or {}).get(term)) for term in self.terms)

    def score(self, exact: str, light: str, text: str = "") -> float:
        """Return how well a passage answers, from its own words alone; three decimals, 0 when it does not.

        ``light`` is empty where it would repeat ``exact``; ``text`` is needed only where a name is looked for.
        """
        exact_words = exact.split(" ")
        light_form = light.split(" ") if light else exact_words
        norm = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(exact_words) / _USUAL_LENGTH
        total = 0.0
        for term in self.terms:
            weight, found = 1.0, term.count(exact_words, term.exact)
            if found and term.marked:
                found = term.marked_in(text)
            if not found:
                weight = _LIGHT_WEIGHT
                forms = {term.light, term.exact} - ({term.exact} if term.marked else set())
                found = max((term.count(some, one) for one in forms for some in (exact_words, light_form)), default=0)
            if not found and term.name is not None:
                weight, found = _SOUND_WEIGHT, term.sounds_in(text)
            if not found:
                return 0.0
            total += weight * found * (_SATURATION + 1) / (found + _SATURATION * norm)
        return round(total, 3)

    def snippet(self, text: str) -> str:
        """Return the original passage, cut to what surrounds the first hit where it is long."""
        if len(text) <= SNIPPET_CHARACTERS:
            return text
        start = max(0, self._first(text) - _BEFORE_HIT)
        end = start + SNIPPET_CHARACTERS
        if start and (space := text.find(" ", start, start + _BEFORE_HIT // 2)) >= 0:
            start = space + 1
        if end < len(text) and (space := text.rfind(" ", end - _BEFORE_HIT // 2, end)) >= 0:
            end = space
        return f"{'… ' if start else ''}{text[start:end].strip()}{' …' if end < len(text) else ''}"

    def _first(self, text: str) -> int:
        spans = located(text)
        exact = [word for word, _, _ in spans]
        light = light_words(text)
        for at, (_, start, _) in enumerate(spans):
            for term in self.terms:
                if term.stands_at(exact, at, term.exact) or term.stands_at(light, at, term.light):
                    return start
        named = (start for word, start, end in spans for term in self.terms if term.fits(word, text[start:end]))
        return next(named, 0)


def _name(typed: str) -> str | None:
    """Return the one word that may be a name, an article before it left out."""
    spans = located(typed)
    if len(spans) == 2 and spans[0][0] in _ARTICLES:  # noqa: PLR2004  # al-Hasakah
        spans = spans[1:]
    if len(spans) != 1:
        return None
    word, start, end = spans[0]
    spelled = typed[start:end]
    return spelled if len(word) >= _SHORTEST_NAME and len(spelled) <= LONGEST and word.isalpha() else None


def _any_of(wider: Sequence[str]) -> str:
    return "({exact light} : (" + " OR ".join(f'"{word}"' for word in wider) + "))"


def parse(text: str) -> Query:
    """Read a query; without a single word it has no terms. ``Misconfigured`` (E-QUERY-001) when it is too long."""
    if len(text) > MAX_CHARACTERS:
        raise Misconfigured(f"the query has more than {MAX_CHARACTERS} characters", code="E-QUERY-001")
    terms: dict[tuple[tuple[str, ...], bool, bool], Term] = {}
    for part in _PART.finditer(text.translate(_QUOTES)):
        typed = part["word"] if part["word"] is not None else part["phrase"]
        exact = tuple(words(typed))
        if exact:
            prefix = typed.endswith("*") if part["word"] is not None else bool(part["phrase_star"])
            name = _name(typed) if part["word"] is not None and not prefix else None
            term = Term(
                exact=exact, light=tuple(light_words(typed)), prefix=prefix, name=name,
                near=name is not None and typed.endswith("~"),
                marked=name if name is not None and len(exact) == 1 and accents.any_in(name) else None,
            )  # fmt: skip
            terms.setdefault((term.exact, term.prefix, term.near), term)
    if sum(len(term.exact) for term in terms.values()) > MAX_TERMS:
        raise Misconfigured(f"the query has more than {MAX_TERMS} words", code="E-QUERY-001")
    return Query(terms=tuple(terms.values()))
