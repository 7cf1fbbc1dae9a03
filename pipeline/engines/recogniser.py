"""Recogniser: what a library must offer so that Whisper can be heard through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one decoding of one window gave: tokens, their mean log probability, and that nobody speaks."""

    tokens: tuple[int, ...]
    log_probability: float
    no_speech: float


class Tokens(Protocol):
    """What both libraries' tokenizers have in common."""

    eot: int
    timestamp_begin: int

    def decode(self, tokens: list[int]) -> str:
        """Turn text tokens into text."""
        ...


class Recogniser(Protocol):
    """A Whisper model in some library, one window at a time or several at once."""

    def encode(self, samples: "Samples") -> Any:
        """Encode at most thirty seconds; what comes back is the same whatever else is encoded."""
        ...

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        """Return every language of the model with its probability, most likely first, per window."""
        ...

    def tokens(self, language: str) -> Tokens:
        """Return the tokenizer for a language."""
        ...

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        """Decode windows, each on its own."""
        ...

    def time_words(self, segments: list[dict[str, Any]], encoded: Any, frames: int, language: str) -> None:
        """Add ``words`` to the segments of one window; ``frames`` of ten milliseconds hold sound."""
        ...
