"""openai-whisper: OpenAI's own Whisper in torch, over the tensors that faster-whisper reads."""

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from pipeline.engines.ct2 import read_whisper
from pipeline.engines.hearing import POLICY
from pipeline.engines.identity import Identity, identify
from pipeline.engines.listener import Listener, processors
from pipeline.engines.recogniser import Aligned, Reading, Tokens
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

PARAMETERS: Mapping[str, Any] = MappingProxyType({**POLICY, "device": "cpu", "precision": "float32"})

_FRAMES_PER_SECOND = 50


class OpenAIWhisper(Listener):
    """The ports ``Transcriber`` and ``SecondTranscriber`` over openai-whisper."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(installed, self.identity(installed), Recogniser(installed, threads or processors()))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        libraries = ("openai-whisper", "torch", "tiktoken", "numpy")
        return identify("openai-whisper", installed, parameters=PARAMETERS, libraries=libraries)


class Recogniser:
    """OpenAI's Whisper, built from verified tensors: never by name, never from an address."""

    together = 4

    def __init__(self, installed: Installed, threads: int) -> None:
        import torch
        from whisper.model import ModelDimensions, Whisper

        torch.set_num_threads(threads)
        dimensions, tensors = read_whisper(installed.files[installed.card.weights])
        self.model = Whisper(ModelDimensions(**dimensions)).eval()
        # The loaded parameters are 32-bit; every 16-bit value has its exact place among them.
        self.model.load_state_dict({name: torch.from_numpy(one.copy()) for name, one in tensors.items()})
        heads = json.loads(installed.files["config.json"].read_text(encoding="utf-8"))["alignment_heads"]
        mask = torch.zeros(self.model.dims.n_text_layer, self.model.dims.n_text_head, dtype=torch.bool)
        mask[tuple(zip(*heads, strict=True))] = True
        self.model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
        self.tokens = cache(self._tokens)
        # The library hangs what one call computes on the model itself.
        self._alone = threading.Lock()

    def encode(self, samples: Sequence["Samples"]) -> list[Any]:
        """Encode windows of at most thirty seconds each."""
        with self._alone:
            return [self._encode(one) for one in samples]

    def _encode(self, samples: "Samples") -> Any:
        import torch
        import whisper

        # The features are kept beside what they encode to: word alignment starts from them again.
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self.model.dims.n_mels)
        with torch.no_grad():
            return mel, self.model.embed_audio(mel.unsqueeze(0))

    def excerpt(self, encoded: Any, start: float, end: float) -> Any:
        """Return what was encoded of a part of a window."""
        mel, states = encoded
        return mel, states[:, int(start * _FRAMES_PER_SECOND) : int(end * _FRAMES_PER_SECOND)]

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        """Return every language of the model with its probability, most likely first."""
        with self._alone:
            shares = [self.model.detect_language(states)[1][0] for _, states in encoded]
        return [sorted(one.items(), key=lambda item: -item[1]) for one in shares]

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        """Decode windows, with timestamps."""
        import torch
        import whisper

        options = whisper.DecodingOptions(
            language=language, temperature=0.0, beam_size=beam if beam > 1 else None, fp16=False
        )
        with self._alone:
            results = whisper.decode(self.model, torch.cat([states for _, states in encoded]), options)
        return [
            Reading(tokens=tuple(one.tokens), log_probability=one.avg_logprob, no_speech=one.no_speech_prob)
            for one in results
        ]

    def align(
        self, encoded: Sequence[Any], texts: Sequence[list[int]], frames: Sequence[int], language: str
    ) -> list[list[Aligned]]:
        """Find when each word was said."""
        from whisper.timing import find_alignment

        tokens = self.tokens(language)
        with self._alone:
            found = [
                find_alignment(self.model, tokens, said, mel, length)
                for (mel, _), said, length in zip(encoded, texts, frames, strict=True)
            ]
        return [[_aligned(word) for word in one] for one in found]

    def _tokens(self, language: str) -> Tokens:
        from whisper.tokenizer import get_tokenizer

        made = get_tokenizer(
            self.model.is_multilingual, num_languages=self.model.num_languages, language=language, task="transcribe"
        )
        return cast("Tokens", made)


def _aligned(word: Any) -> Aligned:
    return Aligned(
        text=word.word, tokens=len(word.tokens), start=float(word.start), end=float(word.end),
        probability=float(word.probability),
    )  # fmt: skip
