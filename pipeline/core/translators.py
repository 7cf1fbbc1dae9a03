"""Translators: which of a home's engines translates what, and what one of them wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.core.alignment import Unit
from pipeline.core.ports import Gloss, Glossary, Heard, SpeechTranslator, TextLanguage, TextTranslator

Way = Literal["text", "speech"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model wrote of a unit: text, its own confidence, and who it was."""

    unit: Unit
    text: str
    confidence: float | None
    engine: str
    model: str
    trust: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The engines of this home, each ``None`` where it has none, and the language to translate into."""

    target: str
    speech: SpeechTranslator | None
    text: TextTranslator | None
    glossary: Glossary | None
    languages: TextLanguage | None

    def way(self, language: str, *, spoken: bool) -> tuple[Way, str] | None:
        """Choose how to translate: what the cards trust most; from text rather than from sound where equal."""
        pairs = self.text.pairs.get(language, {}) if self.text else {}
        direct = self.speech.sources if self.speech and spoken and self.speech.target == self.target else {}
        ways: dict[Way, str | None] = {"text": pairs.get(self.target), "speech": direct.get(language)}
        trusted = [(way, trust) for trust in ("usable", "low") for way, given in ways.items() if given == trust]
        return trusted[0] if trusted else None

    def glosses(self, text: str, language: str) -> tuple[Gloss, ...] | None:
        """Return what the dictionary says of a text's words; ``None`` where there is no such dictionary."""
        if self.glossary is None or self.glossary.target != self.target or language not in self.glossary.sources:
            return None
        return self.glossary.gloss(text, language)


def confidence_of(heard: Sequence[Heard]) -> float | None:
    """Return the confidence of what was heard, by its length; ``None`` of nothing."""
    seconds = sum(one.end - one.start for one in heard)
    return sum(one.confidence * (one.end - one.start) for one in heard) / seconds if seconds else None
