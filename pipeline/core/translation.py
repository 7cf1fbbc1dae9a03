"""Translation: pieces in another language beside their sources, and what speaks against each."""

from typing import Literal

from pipeline.core.body import Body, Score, Seconds


class Of(Body):
    """Which passages a piece is of: ``index`` to ``last`` of a transcript's segments or of an OCR's regions.

    ``at`` counts the characters of the first of them before the piece begins.
    """

    kind: Literal["transcript", "ocr"]
    index: int
    last: int
    at: int


class Failed(Body):
    """A check that speaks against a translation; ``grave`` ones make it unreliable."""

    name: str
    grave: bool
    found: tuple[str, ...]


class OneGloss(Body):
    """What a dictionary says of a word; ``start`` and ``end`` count characters of ``source``."""

    start: int
    end: int
    word: str
    lemma: str
    senses: tuple[str, ...]


class Segment(Body):
    """One piece beside its source. ``kind`` is ``gloss`` where a dictionary only says what its words may mean.

    A gloss is no translation: its ``text`` is null, ``gloss_text`` is its line to show. ``code`` says why there
    is no translation. ``checks`` are those that failed, ``checked`` all that could be made.
    """

    of: Of
    kind: Literal["translation", "gloss"] | None
    start: Seconds | None
    end: Seconds | None
    text: str | None
    code: str | None
    source_language: str
    source: str
    engine: str | None
    model: str | None
    confidence: Score | None
    reliability: Literal["usable", "low", "unreliable", "gloss"] | None
    checks: tuple[Failed, ...]
    checked: tuple[str, ...]
    gloss_text: str | None
    glosses: tuple[OneGloss, ...]


class Translation(Body):
    """All pieces that are not in the target language, speech first, in the order of their passages."""

    target: str
    segments: tuple[Segment, ...]
