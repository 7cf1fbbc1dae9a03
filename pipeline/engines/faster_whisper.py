"""faster-whisper: Whisper through CTranslate2, in 8-bit integers on the processor."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.ports import Heard, Region, Tongue
from pipeline.engines.hearing import APPENDED, POLICY, PREPENDED, Hearing
from pipeline.engines.identity import Identity, identify
from pipeline.engines.recogniser import Reading, Tokens
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

PARAMETERS: Mapping[str, Any] = MappingProxyType({**POLICY, "device": "cpu", "precision": "int8"})

_SAMPLES = 480_000
_LAST_FIRST_TIMESTAMP = 50


class FasterWhisper(Identity):
    """The port ``Transcriber`` over faster-whisper."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(**asdict(self.identity(installed)))
        self.reliability: Mapping[str, str] = dict(installed.card.transcription)
        self._hearing = Hearing(_Recogniser(installed, threads or min(4, len(os.sched_getaffinity(0)))))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        libraries = ("faster-whisper", "ctranslate2", "tokenizers", "numpy")
        return identify("faster-whisper", installed, parameters=PARAMETERS, libraries=libraries)

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[Tongue, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        return self._hearing.languages(pcm, regions)

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        return self._hearing.transcribe(pcm, regions, language)


class _Recogniser:
    """CTranslate2's Whisper, with faster-whisper's features, tokenizer and word alignment."""

    def __init__(self, installed: Installed, threads: int) -> None:
        from faster_whisper import WhisperModel

        # The verified bytes themselves are handed over: no other file of a folder, no name, no hub.
        files = {name: path.read_bytes() for name, path in installed.files.items()}
        path = str(installed.files[installed.card.weights])
        self._whisper = WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=threads, files=files)
        self.tokens = cache(self._tokens)

    def encode(self, samples: "Samples") -> Any:
        import numpy as np

        padded = np.pad(samples[:_SAMPLES], (0, max(0, _SAMPLES - len(samples))))
        # One at a time: what is encoded beside it must not matter, and the processor is full already.
        return np.array(self._whisper.encode(self._whisper.feature_extractor(padded, padding=0)))

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        found = self._whisper.model.detect_language(_stored(encoded))
        return [[(token[2:-2], float(share)) for token, share in one] for one in found]

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        from faster_whisper.transcribe import get_suppressed_tokens

        tokens = self.tokens(language)
        prompt = self._whisper.get_prompt(tokens, [], without_timestamps=False)
        results = self._whisper.model.generate(
            _stored(encoded), [list(prompt) for _ in encoded],
            beam_size=beam, patience=1, length_penalty=1, repetition_penalty=1, no_repeat_ngram_size=0,
            max_length=self._whisper.max_length, max_initial_timestamp_index=_LAST_FIRST_TIMESTAMP,
            suppress_blank=True, suppress_tokens=get_suppressed_tokens(tokens, [-1]),
            return_scores=True, return_no_speech_prob=True,
        )  # fmt: skip
        return [_reading(result) for result in results]

    def time_words(self, segments: list[dict[str, Any]], encoded: Any, frames: int, language: str) -> None:
        self._whisper.add_word_timestamps(
            [segments], self.tokens(language), _stored([encoded]), frames, PREPENDED, APPENDED,
            last_speech_timestamp=segments[0]["seek"] / self._whisper.frames_per_second,
        )  # fmt: skip

    def _tokens(self, language: str) -> Tokens:
        from faster_whisper.tokenizer import Tokenizer

        return cast("Tokens", Tokenizer(self._whisper.hf_tokenizer, True, task="transcribe", language=language))


def _stored(encoded: Sequence[Any]) -> Any:
    import ctranslate2
    import numpy as np

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(np.concatenate(encoded)))


def _reading(result: Any) -> Reading:
    tokens = tuple(result.sequences_ids[0])
    # The score is a mean over the tokens; Whisper's own measure counts the end of text too.
    mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return Reading(tokens=tokens, log_probability=mean, no_speech=float(result.no_speech_prob))
