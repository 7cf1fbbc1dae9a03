"""Silero: finds speech with the Silero VAD model, in constant memory, on one thread."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.core.ports import Region
from pipeline.engines import pcm as sound
from pipeline.engines.identity import Identity, identify
from pipeline.weights import Installed

if TYPE_CHECKING:
    from pipeline.engines.pcm import Samples

_FRAME = 512
_CONTEXT = 64
_BLOCK = 512 * _FRAME
_STATE = (1, 1, 128)

PARAMETERS: Mapping[str, Any] = MappingProxyType(
    {
        "device": "cpu",
        "precision": "float32",
        # A frame of 32 ms is speech from here …
        "threshold": 0.5,
        # … and speech goes on until frames have been below this …
        "end_threshold": 0.35,
        # … for so long: breaths and stops do not end a region.
        "min_silence_ms": 500,
        "min_speech_ms": 250,
        # Onsets and endings are soft; what is cut off here, no later stage can hear.
        "pad_ms": 300,
    }
)


class Silero(Identity):
    """The port ``SpeechFinder`` over Silero VAD."""

    def __init__(self, installed: Installed) -> None:
        import onnxruntime

        super().__init__(**asdict(self.identity(installed)))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # it warns of unused constants in the published file
        self._session = onnxruntime.InferenceSession(
            installed.files[installed.card.weights].read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    @staticmethod
    def identity(installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return identify("silero", installed, parameters=PARAMETERS, libraries=("onnxruntime",))

    def regions(self, pcm: Path) -> tuple[Region, ...]:
        """Find speech in 16 kHz mono s16le PCM; regions are in order, apart, and padded."""
        end = sound.count(pcm)
        spans = _spans(self._probabilities(pcm), end)
        return tuple(
            Region(start=round(start / sound.RATE, 3), end=round(stop / sound.RATE, 3))
            for start, stop in _padded(spans, end)
        )

    def _probabilities(self, pcm: Path) -> Iterator[float]:
        """Yield the probability of speech of each frame; the state is carried from block to block."""
        import numpy as np

        hidden, cell = np.zeros(_STATE, np.float32), np.zeros(_STATE, np.float32)
        context = np.zeros(_CONTEXT, np.float32)
        for block in sound.blocks(pcm, _BLOCK):
            frames = _framed(block)
            before = np.vstack([context, frames[:-1, -_CONTEXT:]])
            context = frames[-1, -_CONTEXT:]
            found, hidden, cell = self._session.run(
                ["speech_probs", "hn", "cn"], {"input": np.hstack([before, frames]), "h": hidden, "c": cell}
            )
            yield from found.reshape(-1).tolist()


def _framed(block: "Samples") -> "Samples":
    """Cut a block into frames, the last one filled up with silence."""
    import numpy as np

    return np.pad(block, (0, -len(block) % _FRAME)).reshape(-1, _FRAME)


def _spans(probabilities: Iterable[float], total: int) -> Iterator[tuple[int, int]]:
    """Turn probabilities of frames into spans of samples that hold speech."""
    silence = PARAMETERS["min_silence_ms"] * sound.RATE // 1000
    shortest = PARAMETERS["min_speech_ms"] * sound.RATE // 1000
    start = quiet = None
    for number, probability in enumerate(probabilities):
        now = number * _FRAME
        if probability >= PARAMETERS["threshold"]:
            quiet = None
            start = now if start is None else start
        elif start is not None and probability < PARAMETERS["end_threshold"]:
            quiet = now if quiet is None else quiet
            if now - quiet >= silence:
                if quiet - start >= shortest:
                    yield start, quiet
                start = quiet = None
    if start is not None and (stop := total if quiet is None else quiet) - start >= shortest:
        yield start, stop


def _padded(spans: Iterable[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    """Widen spans on both sides; where two would meet they become one."""
    pad = PARAMETERS["pad_ms"] * sound.RATE // 1000
    padded: list[tuple[int, int]] = []
    for start, stop in spans:
        first, last = max(0, start - pad), min(total, stop + pad)
        if padded and first <= padded[-1][1]:
            first = padded.pop()[0]
        padded.append((first, last))
    return padded
