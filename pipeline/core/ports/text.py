"""Ports of reading: which language a text is in, and what it says in another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.core.ports.engine import Engine


@runtime_checkable
class TextLanguage(Engine, Protocol):
    """The language of a written text."""

    def languages(self, texts: Sequence[str]) -> list[tuple[tuple[str, float], ...]]:
        """Return, per text, BCP 47 languages with probabilities, most likely first; none where nothing can be told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A text in the target language; ``score`` 0 to 1 is the model's own, where it gives one."""

    text: str
    score: float | None


@runtime_checkable
class TextTranslator(Engine, Protocol):
    """Text from one language into another."""

    pairs: Mapping[str, Mapping[str, str]]
    """The card's pairs: source → target → ``usable`` or ``low``; any other is unsupported."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Translated]:
        """Translate each text; what is translated beside it does not matter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gloss:
    """What a dictionary says of one word of a text; ``start`` and ``end`` count its characters."""

    start: int
    end: int
    word: str
    lemma: str
    senses: tuple[str, ...]


@runtime_checkable
class Glossary(Engine, Protocol):
    """A dictionary, word by word. It is no translation and is never called one."""

    target: str
    sources: tuple[str, ...]

    def gloss(self, text: str, source: str) -> tuple[Gloss, ...]:
        """Look up every word that the dictionary has, in order."""
        ...
