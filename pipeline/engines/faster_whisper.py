"""faster-whisper: Whisper through CTranslate2, in 8-bit integers on the processor, 16-bit floats on a GPU."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pipeline.engines.device import device
from pipeline.engines.hearing import POLICY
from pipeline.engines.identity import Identity, identify
from pipeline.engines.listener import Listener, processors
from pipeline.engines.recogniser import Aligned, Reading, Task, Tokens
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

One = TypeVar("One")
Answer = TypeVar("Answer")

LIBRARIES = ("faster-whisper", "ctranslate2", "tokenizers", "numpy")

_SAMPLES = 480_000
_FRAMES_PER_SECOND = 50
_LAST_FIRST_TIMESTAMP = 50
_MEDIAN_FRAMES = 7
_TOGETHER = {"cpu": 8, "cuda": 64}
_PRECISION = {"cpu": "int8", "cuda": "float16"}


def parameters() -> Mapping[str, Any]:
    """Return what can change a reading beside the weights."""
    return {**POLICY, "device": device(), "precision": _PRECISION[device()]}


class FasterWhisper(Listener):
    """The port ``Transcriber`` over faster-whisper."""

    def __init__(self, installed: Installed, *, threads: int | None = None) -> None:
        super().__init__(installed, self.identity(installed), Recogniser(installed, threads or processors()))

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("faster-whisper", installed, parameters=parameters(), libraries=LIBRARIES)


class Recogniser:
    """CTranslate2's Whisper, with faster-whisper's features, tokenizer and word boundaries.

    Each thread computes windows of its own: two that share one window wait for each other all the time.
    """

    def __init__(self, installed: Installed, threads: int, task: Task = "transcribe") -> None:
        from faster_whisper import WhisperModel
        from faster_whisper.feature_extractor import FeatureExtractor

        self._task = task
        self._device = device()
        self._threads = 1 if self._device == "cuda" else threads
        self.together = _TOGETHER[self._device]
        # The verified bytes themselves are handed over: no other file of a folder, no name, no hub.
        files = {name: path.read_bytes() for name, path in installed.files.items()}
        self._whisper = WhisperModel(
            str(installed.files[installed.card.weights]), device=self._device, compute_type=_PRECISION[self._device],
            cpu_threads=1, num_workers=self._threads, files=files,
        )  # fmt: skip
        self._model = self._whisper.model
        # How many mel bands there are stands in the weights; the file that may say so beside them is not needed.
        self._whisper.feature_extractor = FeatureExtractor(feature_size=self._model.n_mels)
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="hearing")
        self.tokens = cache(self._tokens)

    def encode(self, samples: Sequence["Samples"]) -> list[Any]:
        """Encode windows of at most thirty seconds each."""
        if self._device == "cuda":
            return list(_numbers(self._model.encode(_stored([self._features(one) for one in samples]), to_cpu=True)))
        return self._each(lambda one: _numbers(self._model.encode(_stored([self._features(one)])))[0], samples)

    def excerpt(self, encoded: Any, start: float, end: float) -> Any:
        """Return what was encoded of a part of a window."""
        return encoded[int(start * _FRAMES_PER_SECOND) : int(end * _FRAMES_PER_SECOND)]

    def tongues(self, encoded: Sequence[Any]) -> list[list[tuple[str, float]]]:
        """Return every language of the model with its probability, most likely first."""
        return self._shared(
            lambda some: [
                [(token[2:-2], float(share)) for token, share in one]
                for one in self._model.detect_language(_stored(some))
            ],
            encoded,
        )

    def decode(self, encoded: Sequence[Any], language: str, beam: int) -> list[Reading]:
        """Decode windows, with timestamps."""
        from faster_whisper.transcribe import get_suppressed_tokens

        tokens = self.tokens(language)
        prompt = self._whisper.get_prompt(tokens, [], without_timestamps=False)
        options = {
            "beam_size": beam, "patience": 1, "length_penalty": 1, "repetition_penalty": 1, "no_repeat_ngram_size": 0,
            "max_length": self._whisper.max_length, "max_initial_timestamp_index": _LAST_FIRST_TIMESTAMP,
            "suppress_blank": True, "suppress_tokens": get_suppressed_tokens(tokens, [-1]),
            "return_scores": True, "return_no_speech_prob": True,
        }  # fmt: skip

        def read(some: Sequence[Any]) -> list[Reading]:
            return [_reading(one) for one in self._model.generate(_stored(some), [prompt] * len(some), **options)]

        return self._shared(read, encoded)

    def align(
        self, encoded: Sequence[Any], texts: Sequence[list[int]], frames: Sequence[int], language: str
    ) -> list[list[Aligned]]:
        """Find when each word was said."""
        tokens = self.tokens(language)

        def align(some: Sequence[tuple[Any, list[int], int]]) -> list[list[Aligned]]:
            parts, said, lengths = (list(one) for one in zip(*some, strict=True))
            found = self._whisper.find_alignment(tokens, said, _stored(parts), lengths, _MEDIAN_FRAMES)
            return [[_aligned(word) for word in one] for one in found]

        return self._shared(align, list(zip(encoded, texts, frames, strict=True)))

    def _features(self, samples: "Samples") -> Any:
        import numpy as np

        padded = np.pad(samples[:_SAMPLES], (0, max(0, _SAMPLES - len(samples))))
        return self._whisper.feature_extractor(padded, padding=0)

    def _each(self, ask: Callable[[One], Answer], asked: Sequence[One]) -> list[Answer]:
        return [ask(one) for one in asked] if len(asked) == 1 else list(self._pool.map(ask, asked))

    def _shared(self, ask: Callable[[Sequence[One]], list[Answer]], asked: Sequence[One]) -> list[Answer]:
        """Share windows out among the threads, and put the answers into the order asked."""
        shares = [asked[first :: self._threads] for first in range(min(self._threads, len(asked)))]
        answers = self._each(ask, shares)
        return [answers[n % len(shares)][n // len(shares)] for n in range(len(asked))]

    def _tokens(self, language: str) -> Tokens:
        from faster_whisper.tokenizer import Tokenizer

        return cast("Tokens", Tokenizer(self._whisper.hf_tokenizer, True, task=self._task, language=language))


def _numbers(view: Any) -> Any:
    import numpy as np

    return np.array(view)


def _stored(arrays: Iterable[Any]) -> Any:
    import ctranslate2
    import numpy as np

    return ctranslate2.StorageView.from_array(np.stack(list(arrays)))


def _reading(result: Any) -> Reading:
    tokens = tuple(result.sequences_ids[0])
    # The score is a mean over the tokens; Whisper's own measure counts the end of text too.
    mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
    return Reading(tokens=tokens, log_probability=mean, no_speech=float(result.no_speech_prob))


def _aligned(word: Any) -> Aligned:
    return Aligned(
        text=word["word"], tokens=len(word["tokens"]), start=float(word["start"]), end=float(word["end"]),
        probability=float(word["probability"]),
    )  # fmt: skip
