"""Query: what a person typed, as terms that a passage must hold all of, and how well it does.

Words must all be there, ``"words in quotes"`` stand side by side in this order, ``begin*`` finds
what begins so. Nothing else has a meaning: whatever else is typed is a word or parts words, and
no syntax of the engine below can be reached.

A score speaks of one passage alone: how often the terms stand in it, and how long it is. What the
rest of the corpus holds does not enter, since it would betray what a person may not see.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import Misconfigured
from pipeline.index.folding import light_words, located, words

MAX_CHARACTERS = 2000
MAX_TERMS = 32

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PART = re.compile(r'"(?P<phrase>[^"]*)"?(?P<phrase_star>\*?)|(?P<word>[^\s"]+)')

# Okapi BM25 with every word equally rare and a passage of twelve words as the usual one.
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.5
_USUAL_LENGTH = 12
_LIGHT_WEIGHT = 0.4

SNIPPET_CHARACTERS = 240
_BEFORE_HIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand side by side, in their exact and in their light form."""

    exact: tuple[str, ...]
    light: tuple[str, ...]
    prefix: bool

    def match(self) -> str:
        """Return the term as an expression of FTS5, every word quoted."""
        star = "*" if self.prefix else ""
        exact, light = " ".join(self.exact), " ".join(self.light)
        if exact == light:
            return f'{{exact light}} : "{light}"{star}'
        # The light form of the query may be the exact form of a passage: it looks in both columns.
        return f'(exact : "{exact}"{star} OR {{exact light}} : "{light}"{star})'

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

    def match(self) -> str:
        """Return the whole query as an expression of FTS5."""
        return " AND ".join(term.match() for term in self.terms)

    def score(self, exact: str, light: str) -> float:
        """Return how well a passage answers, from its folded words alone; three decimals.

        ``light`` is empty where it would repeat ``exact``.
        """
        exact_words = exact.split(" ")
        light_form = light.split(" ") if light else exact_words
        norm = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * len(exact_words) / _USUAL_LENGTH
        total = 0.0
        for term in self.terms:
            weight, found = 1.0, term.count(exact_words, term.exact)
            if not found:
                weight = _LIGHT_WEIGHT
                found = max(term.count(exact_words, term.light), term.count(light_form, term.light))
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
        return 0


def parse(text: str) -> Query:
    """Read a query; without a single word it has no terms. ``Misconfigured`` (E-QUERY-001) when it is too long."""
    if len(text) > MAX_CHARACTERS:
        raise Misconfigured(f"the query has more than {MAX_CHARACTERS} characters", code="E-QUERY-001")
    terms: dict[Term, None] = {}
    for part in _PART.finditer(text.translate(_QUOTES)):
        typed = part["word"] if part["word"] is not None else part["phrase"]
        exact = tuple(words(typed))
        if exact:
            prefix = typed.endswith("*") if part["word"] is not None else bool(part["phrase_star"])
            terms[Term(exact=exact, light=tuple(light_words(typed)), prefix=prefix)] = None
    if sum(len(term.exact) for term in terms) > MAX_TERMS:
        raise Misconfigured(f"the query has more than {MAX_TERMS} words", code="E-QUERY-001")
    return Query(terms=tuple(terms))
