"""Ports of listening: where somebody speaks, and what is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from pipeline.core.ports.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A span of speech, in seconds of its stream."""

    start: float
    end: float


@runtime_checkable
class SpeechFinder(Engine, Protocol):
    """Voice activity: where in a stream somebody speaks."""

    def regions(self, pcm: Path) -> tuple[Region, ...]:
        """Find speech in 16 kHz mono s16le PCM."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word heard, in seconds of its stream; confidence 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A passage heard. ``compression`` is text bytes over zlib bytes, ``no_speech`` 0 to 1."""

    start: float
    end: float
    text: str
    language: str
    language_probability: float
    confidence: float
    no_speech: float
    compression: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTongues:
    """The languages a recogniser hears in a span, most likely first, with probabilities."""

    start: float
    end: float
    candidates: tuple[tuple[str, float], ...]


@runtime_checkable
class Transcriber(Engine, Protocol):
    """Speech to timed words in the language spoken."""

    reliability: Mapping[str, str]
    """The card's languages: BCP 47 → ``usable`` or ``low``; any other is unsupported."""

    reach: float
    """Seconds of speech that it is best given at a time: what it computes for the language serves for the words."""

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[WindowTongues, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        ...

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        ...


@runtime_checkable
class SecondTranscriber(Transcriber, Protocol):
    """Another engine's ear, for what the first doubts."""


@runtime_checkable
class SpeechTranslator(Engine, Protocol):
    """Speech to timed words in another language, without a transcript between."""

    target: str
    sources: Mapping[str, str]
    """The card's languages: BCP 47 → ``usable`` or ``low``; any other is unsupported."""

    def translate(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Translate the regions, spoken in ``language``. Times are seconds of the stream."""
        ...
