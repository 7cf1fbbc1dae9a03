"""Transcript: what is said, passage by passage, and what stands in the way of trusting it."""

from typing import Literal

from pipeline.core.body import Body, Score, Seconds

Flag = Literal["low_confidence", "cut", "repetition", "language_doubt", "non_speech", "disagreement", "phantom", "rate"]


class SaidWord(Body):
    """A word, in seconds of the item."""

    start: Seconds
    end: Seconds
    text: str
    confidence: Score


class OneReading(Body):
    """What one engine wrote, offered as speech or not."""

    engine: str
    text: str
    confidence: Score


class Candidate(Body):
    """A language that was heard, and how probably."""

    language: str
    probability: Score


class Segment(Body):
    """A passage. ``text`` is null when the reading is not offered as speech: ``code`` says why.

    ``readings`` holds what was written but is not offered, and, where a second engine read the passage again,
    what each wrote; ``disagreement`` is then the share of words in which they differ. ``text_language`` is
    the language of the words as written, where it can be told from them.
    """

    stream: int
    channel: int
    start: Seconds
    end: Seconds
    text: str | None
    code: str | None
    language: str
    language_probability: Score
    candidates: tuple[Candidate, ...]
    text_language: str | None
    reliability: str | None
    confidence: Score | None
    speaker: str | None
    flags: tuple[Flag, ...]
    words: tuple[SaidWord, ...]
    readings: tuple[OneReading, ...]
    disagreement: Score | None


class Transcript(Body):
    """All passages, by stream and time. ``language``: the dominant one, ``mul`` for several, ``und`` when untold."""

    language: str
    segments: tuple[Segment, ...]
