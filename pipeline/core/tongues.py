"""Tongues: the language of each of several texts that stand together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.ports import TextLanguage
from pipeline.core.script import bare, script, speaks_against, told
from pipeline.core.spelling import spelled

UNTOLD = "und"
_ALLOWED = 0.5

Doubt = Literal["language_doubt", "language_by_context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language (``und``: not told), its probability where the text itself tells it, and what is doubtful about it."""

    language: str
    probability: float | None = None
    doubt: Doubt | None = None


def tongues(texts: Sequence[str], languages: TextLanguage | None) -> list[Tongue]:
    """Tell the language of each text: by itself, else by all that stands there in its script, where its letters may be.

    Where no model tells languages, none is told.
    """
    if languages is None:
        return [Tongue(language=UNTOLD, doubt="language_doubt")] * len(texts)
    together: dict[str | None, list[str]] = defaultdict(list)
    for text in texts:
        together[script(text)].append(text)
    around = {name: told(languages.languages(["\n".join(every)])[0]) for name, every in together.items()}
    return [
        _tongue(text, candidates, around[script(text)])
        for text, candidates in zip(texts, languages.languages(texts), strict=True)
    ]


def _tongue(text: str, candidates: Sequence[tuple[str, float]], around: str | None) -> Tongue:
    if language := told(candidates):
        return Tongue(language=language, probability=dict(candidates)[language])
    plain = bare(spelled(text, around))
    if around and plain and speaks_against(around, plain) >= _ALLOWED:
        return Tongue(language=around, doubt="language_by_context")
    return Tongue(language=UNTOLD, doubt="language_doubt")
