"""transformers Whisper: the larger Whispers in torch, many windows at once and in 16 bits where there is a GPU."""

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

from pipeline.engines.alignment import aligned_words, cross_attention
from pipeline.engines.device import device, usable_device
from pipeline.engines.greedy import Prompt, greedy
from pipeline.engines.hearing import POLICY
from pipeline.engines.identity import Identity, identify
from pipeline.engines.listener import Listener, processors
from pipeline.engines.pcm import RATE
from pipeline.engines.recogniser import Aligned, Reading, Task, Tokens
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

LIBRARIES = ("transformers", "torch", "tokenizers", "safetensors", "faster-whisper")

_SAMPLES, _FFT, _HOP = 480_000, 400, 160
_FRAMES_PER_SECOND = 50
_TOGETHER = {"cpu": 1, "cuda": 128}
"""A call has always so many windows, empty ones if need be: then what is beside a window cannot change it."""

_PRECISION = {"cpu": "float32", "cuda": "float16"}


def parameters() -> Mapping[str, Any]:
    """Return what can change a reading beside the weights."""
    here = device()
    return {**POLICY, "second_beam": 1, "device": here, "precision": _PRECISION[here], "batch": _TOGETHER[here]}


class TransformersWhisper(Listener):
    """The port ``Transcriber`` over transformers."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(installed, self.identity(installed), Recogniser(installed, threads or processors()))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("transformers-whisper", installed, parameters=parameters(), libraries=LIBRARIES)


class Recogniser:
    """A Whisper of transformers, built from verified files alone: never by name, never with code of a repository."""

    def __init__(self, installed: Installed, threads: int, task: Task = "transcribe", *, on: str | None = None) -> None:
        import tokenizers
        import torch
        from safetensors.torch import load_file
        from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

        def said(name: str) -> dict[str, Any]:
            return cast("dict[str, Any]", json.loads(installed.files[name].read_text(encoding="utf-8")))

        self._task = task
        self._device = on or usable_device()
        self.together = _TOGETHER[self._device]
        torch.set_num_threads(threads)
        config = WhisperConfig.from_dict({**said("config.json"), "attn_implementation": "sdpa"})
        self._model = WhisperForConditionalGeneration(config)
        missing, unknown = self._model.load_state_dict(load_file(installed.files[installed.card.weights]), strict=False)
        check_tensors(missing, unknown)
        self._model.tie_weights()
        self._model = self._model.to(self._device, getattr(torch, _PRECISION[self._device])).eval()
        self._rules = GenerationConfig.from_dict(said("generation_config.json"))
        self._tokenizer = tokenizers.Tokenizer.from_str(installed.files["tokenizer.json"].read_text(encoding="utf-8"))
        self.tokens = cache(self._tokens)
        self._alone = threading.Lock()

    def encode(self, samples: Sequence["Samples"]) -> list[Any]:
        """Encode windows of at most thirty seconds each."""
        import torch

        states: list[Any] = []
        for at in range(0, len(samples), self.together):
            some = samples[at : at + self.together]
            with torch.inference_mode(), self._alone:
                states += self._model.model.encoder(self._features(some)).last_hidden_state[: len(some)].unbind()
        return states

    def excerpt(self, encoded: Any, start: float, end: float) -> Any:
        """Return what was encoded of a part of a window."""
        return encoded[int(start * _FRAMES_PER_SECOND) : int(end * _FRAMES_PER_SECOND)]

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        """Return every language of the model with its probability, most likely first."""
        import torch

        names = {token: name[2:-2] for name, token in self._rules.lang_to_id.items()}
        start = torch.tensor([[self._tokenizer.token_to_id("<|startoftranscript|>")]], device=self._device)
        found = []
        with torch.inference_mode(), self._alone:
            for one in encoded:
                logits = self._model(decoder_input_ids=start, encoder_outputs=(one.unsqueeze(0),)).logits[0, -1]
                shares = logits[list(names)].float().softmax(-1).tolist()
                found.append(sorted(zip(names.values(), shares, strict=True), key=lambda item: -item[1]))
        return found

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        """Decode windows greedily, with timestamps; there is no other way here, whatever ``beam`` says."""
        import torch

        del beam
        tokens: Any = self.tokens(language)
        prompt = Prompt(tokens=tuple(tokens.sot_sequence), eot=tokens.eot, no_speech=tokens.no_speech,
                        begin=tokens.timestamp_begin)  # fmt: skip
        readings: list[Reading] = []
        for at in range(0, len(encoded), self.together):
            some = encoded[at : at + self.together]
            with torch.inference_mode(), self._alone:
                readings += greedy(self._model, self._rules, self._full(some), prompt)[: len(some)]
        return readings

    def align(
        self, encoded: Sequence[Any], texts: Sequence[list[int]], frames: Sequence[int], language: str
    ) -> list[list[Aligned]]:
        """Find when each word was said, from the heads that the model's makers name; no words where they name none."""
        heads = getattr(self._rules, "alignment_heads", None)
        if not heads:
            return [[] for _ in encoded]
        tokens: Any = self.tokens(language)
        found = []
        for one, said, length in zip(encoded, texts, frames, strict=True):
            asked = [*tokens.sot_sequence, tokens.no_timestamps, *said, tokens.eot]
            with self._alone:
                weights, logits = cross_attention(self._model, one, asked, heads)
            found.append(aligned_words(weights, logits, said, tokens, length))
        return found

    def _full(self, some: Sequence[Any]) -> Any:
        """Return a call's worth of windows, the last ones empty."""
        import torch

        states = torch.stack(list(some))
        return torch.nn.functional.pad(states, (0, 0, 0, 0, 0, self.together - len(some)))

    def _features(self, samples: Sequence["Samples"]) -> Any:
        """Compute log-mel features where the model is: (windows, mels, 3000)."""
        import torch

        sound = torch.zeros(self.together, _SAMPLES)
        for number, one in enumerate(samples):
            sound[number, : len(one)] = torch.from_numpy(one[:_SAMPLES])
        spectrum = torch.stft(sound.to(self._device), _FFT, _HOP, window=self._window, return_complex=True)
        mel = torch.log10((self._filters @ spectrum[..., :-1].abs().square()).clamp(min=1e-10))
        mel = torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 8.0)
        return ((mel + 4.0) / 4.0).to(self._model.dtype)

    @cached_property
    def _window(self) -> Any:
        import torch

        return torch.hann_window(_FFT, device=self._device)

    @cached_property
    def _filters(self) -> Any:
        import torch
        from faster_whisper.feature_extractor import FeatureExtractor

        filters = FeatureExtractor.get_mel_filters(RATE, _FFT, n_mels=self._model.config.num_mel_bins)
        return torch.from_numpy(filters.astype("float32")).to(self._device)

    def _tokens(self, language: str) -> Tokens:
        from faster_whisper.tokenizer import Tokenizer

        return cast("Tokens", Tokenizer(self._tokenizer, True, task=self._task, language=language))


def check_tensors(missing: Sequence[str], unknown: Sequence[str]) -> None:
    """Raise ``Misconfigured`` when a file is no Whisper: only what is shared with the embeddings may be missing."""
    from pipeline.errors import Misconfigured

    if unknown or {*missing} - {"proj_out.weight"}:
        raise Misconfigured("the weights are not those of such a Whisper", code="E-CONF-005")
