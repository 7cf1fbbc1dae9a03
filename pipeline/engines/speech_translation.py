"""Speech translation: Whisper asked for English, for the languages that its card allows and no other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.core.ports import Heard, Region
from pipeline.engines.faster_whisper import LIBRARIES, Recogniser, parameters
from pipeline.engines.hearing import Hearing
from pipeline.engines.identity import Identity, identify
from pipeline.engines.listener import processors
from pipeline.errors import Misconfigured
from pipeline.weights import Installed


class WhisperTranslation(Identity):
    """The port ``SpeechTranslator`` over faster-whisper: heard as a transcriber hears, written in English."""

    target = "en"

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(**asdict(self.identity(installed)))
        self.sources: Mapping[str, str] = dict(installed.card.speech_translation)
        self._hearing = Hearing(Recogniser(installed, threads or processors(), "translate"))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify(
            "faster-whisper-translate", installed, parameters={**parameters(), "task": "translate"}, libraries=LIBRARIES
        )

    def translate(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Translate the regions, spoken in ``language``. Times are seconds of the stream.

        Raises ``Misconfigured`` for a language that the card does not list: what the model writes then is invented.
        """
        if language not in self.sources:
            raise Misconfigured(f"model {self.model} does not translate {language!r}")
        return self._hearing.transcribe(pcm, regions, language)
