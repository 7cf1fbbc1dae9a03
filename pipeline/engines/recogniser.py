"""Recogniser: what a library must offer so that Whisper can be heard through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

Task = Literal["transcribe", "translate"]
"""What a recogniser writes down: the words spoken, or English ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one decoding of one window gave: tokens, their mean log probability, and that nobody speaks."""

    tokens: tuple[int, ...]
    log_probability: float
    no_speech: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """A word of a reading: its letters as decoded, how many tokens it is, and its moments of the window in seconds."""

    text: str
    tokens: int
    start: float
    end: float
    probability: float


class Tokens(Protocol):
    """What the libraries' tokenizers have in common."""

    eot: int
    timestamp_begin: int

    def decode(self, tokens: list[int]) -> str:
        """Turn text tokens into text."""
        ...


class Recogniser(Protocol):
    """A Whisper model in some library. What comes back for a window is the same whatever is beside it.

    Several threads may call it at once.
    """

    together: int
    """How many windows it is best asked for at a time."""

    def encode(self, samples: Sequence["Samples"]) -> list[Any]:
        """Encode windows of at most thirty seconds each."""
        ...

    def excerpt(self, encoded: Any, start: float, end: float) -> Any:
        """Return what was encoded of a part of a window, good for telling its language and for nothing else."""
        ...

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        """Return every language of the model with its probability, most likely first, per window or excerpt."""
        ...

    def tokens(self, language: str) -> Tokens:
        """Return the tokenizer for a language."""
        ...

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        """Decode windows, with timestamps."""
        ...

    def align(
        self, encoded: Sequence[Any], texts: Sequence[list[int]], frames: Sequence[int], language: str
    ) -> list[list[Aligned]]:
        """Find when each word was said; ``frames`` of ten milliseconds hold sound."""
        ...
