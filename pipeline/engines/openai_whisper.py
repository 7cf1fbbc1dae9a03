"""openai-whisper: OpenAI's own Whisper in torch, over the tensors that faster-whisper reads."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pipeline.core.ports import Heard, Region, Tongue
from pipeline.engines.ct2 import read_whisper
from pipeline.engines.hearing import APPENDED, POLICY, PREPENDED, Hearing
from pipeline.engines.identity import Identity, identify
from pipeline.engines.recogniser import Reading, Tokens
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

PARAMETERS: Mapping[str, Any] = MappingProxyType({**POLICY, "device": "cpu", "precision": "float32"})


class OpenAIWhisper(Identity):
    """The port ``Transcriber`` over openai-whisper."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(**asdict(self.identity(installed)))
        self.reliability: Mapping[str, str] = dict(installed.card.transcription)
        self._hearing = Hearing(_Recogniser(installed, threads or min(4, len(os.sched_getaffinity(0)))))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        libraries = ("openai-whisper", "torch", "tiktoken", "numpy")
        return identify("openai-whisper", installed, parameters=PARAMETERS, libraries=libraries)

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[Tongue, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        return self._hearing.languages(pcm, regions)

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        return self._hearing.transcribe(pcm, regions, language)


class _Recogniser:
    """OpenAI's Whisper, built from verified tensors: never by name, never from an address."""

    def __init__(self, installed: Installed, threads: int) -> None:
        import torch
        from whisper.model import ModelDimensions, Whisper

        torch.set_num_threads(threads)
        dimensions, tensors = read_whisper(installed.files[installed.card.weights])
        self._model = Whisper(ModelDimensions(**dimensions)).eval()
        # The loaded parameters are 32-bit; every 16-bit value has its exact place among them.
        self._model.load_state_dict({name: torch.from_numpy(one.copy()) for name, one in tensors.items()})
        heads = json.loads(installed.files["config.json"].read_text(encoding="utf-8"))["alignment_heads"]
        mask = torch.zeros(self._model.dims.n_text_layer, self._model.dims.n_text_head, dtype=torch.bool)
        mask[tuple(zip(*heads, strict=True))] = True
        self._model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
        self.tokens = cache(self._tokens)

    def encode(self, samples: "Samples") -> Any:
        import torch
        import whisper

        # The features are kept beside what they encode to: word alignment starts from them again.
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self._model.dims.n_mels)
        with torch.no_grad():
            return mel, self._model.embed_audio(mel.unsqueeze(0))

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        _, shares = self._model.detect_language(_stacked(encoded))
        return [sorted(one.items(), key=lambda item: -item[1]) for one in shares]

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        import whisper

        options = whisper.DecodingOptions(
            language=language, temperature=0.0, beam_size=beam if beam > 1 else None, fp16=False
        )
        results = whisper.decode(self._model, _stacked(encoded), options)
        return [
            Reading(tokens=tuple(one.tokens), log_probability=one.avg_logprob, no_speech=one.no_speech_prob)
            for one in results
        ]

    def time_words(self, segments: list[dict[str, Any]], encoded: Any, frames: int, language: str) -> None:
        from whisper.timing import add_word_timestamps

        add_word_timestamps(
            segments=segments, model=self._model, tokenizer=self.tokens(language), mel=encoded[0], num_frames=frames,
            prepend_punctuations=PREPENDED, append_punctuations=APPENDED,
            last_speech_timestamp=segments[0]["seek"] / 100,
        )  # fmt: skip

    def _tokens(self, language: str) -> Tokens:
        from whisper.tokenizer import get_tokenizer

        made = get_tokenizer(
            self._model.is_multilingual, num_languages=self._model.num_languages, language=language, task="transcribe"
        )
        return cast("Tokens", made)


def _stacked(encoded: Sequence[Any]) -> Any:
    import torch

    return torch.cat([one for _, one in encoded])
