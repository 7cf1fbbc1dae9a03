"""Listener: what the adapters of Whisper libraries have in common as transcribers."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.core.ports import Heard, Region, WindowTongues
from pipeline.engines.hearing import Hearing
from pipeline.engines.identity import Identity
from pipeline.engines.recogniser import Recogniser
from pipeline.weights import Installed


class Listener(Identity):
    """The port ``Transcriber`` over any recogniser."""

    def __init__(self, installed: Installed, identity: Identity, recogniser: Recogniser) -> None:
        super().__init__(**asdict(identity))
        self.reliability: Mapping[str, str] = dict(installed.card.transcription)
        self._hearing = Hearing(recogniser)
        self.reach = self._hearing.reach

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[WindowTongues, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        return self._hearing.languages(pcm, regions)

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        return self._hearing.transcribe(pcm, regions, language)


def processors() -> int:
    """Return how many threads a model may use here."""
    return min(4, len(os.sched_getaffinity(0)))
