"""Hearing: how a Whisper model is made to write down a recording, whichever library runs it.

The policy is fixed and nothing in it is drawn at random, so that the same sound gives the same
words: windows are cut at pauses, decoded greedily with timestamps and without what was heard
before; a doubtful reading is tried once more with a beam, and the better one stands.
"""

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import exp
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.core.ports import Heard, Region, Tongue, Word
from pipeline.engines import pcm as sound
from pipeline.engines.pcm import RATE, Window
from pipeline.engines.recogniser import Reading, Recogniser, Tokens
from pipeline.errors import Misconfigured

POLICY: Mapping[str, Any] = MappingProxyType(
    {
        "window_seconds": 30.0,
        # Speech this close together shares a window: sentences need their context.
        "gap_seconds": 3.0,
        # A longer region is cut at the quietest moment of its last so many seconds.
        "search_seconds": 8.0,
        "temperature": 0.0,
        "timestamps": True,
        "condition_on_previous_text": False,
        "beam": 1,
        "second_beam": 5,
        # A reading is tried again when it repeats itself, or when the model doubts it.
        "max_compression": 2.4,
        "min_log_probability": -1.0,
        # A reading that stops so long before its window ends is followed by another of the rest.
        "rest_seconds": 2.0,
    }
)

CANDIDATES = 5
"""How many languages are named for a window."""

PREPENDED = "\"'\u201c\u00bf([{-"
APPENDED = "\"'.\u3002,\uff0c!\uff01?\uff1f:\uff1a\u201d)]}\u3001\u060c\u061f\u061b"
"""Marks that belong to the word after them, and to the word before them; Arabic ones included."""

_BATCH = 8
_KEPT = 32
_STEP = 0.02
_FRAMES_PER_SECOND = 100
_BCP47 = {"jw": "jv"}
_WHISPER = {tag: code for code, tag in _BCP47.items()}


_Encoded = tuple[Any, list[tuple[str, float]]]
"""A window as the model sees it, and its languages with their probabilities."""


class Hearing:
    """Listens to recordings through a recogniser; memory does not grow with their length."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._model = recogniser
        self._encoded: OrderedDict[tuple[Any, ...], _Encoded] = OrderedDict()

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[Tongue, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        tongues = []
        for batch in _batches(_windows(pcm, regions)):
            for window, (_, found) in zip(batch, self._encode(pcm, batch), strict=True):
                candidates = tuple((_BCP47.get(code, code), round(share, 3)) for code, share in found[:CANDIDATES])
                tongues.append(Tongue(start=window.start / RATE, end=window.end / RATE, candidates=candidates))
        return tuple(tongues)

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        code = _WHISPER.get(language, language)
        heard: list[Heard] = []
        waiting = _windows(pcm, regions)
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            rests = []
            for window, passages in self._hear(pcm, batch, code):
                heard += passages
                if rest := _rest(window, passages):
                    rests.append(rest)
            waiting = rests + waiting
        return tuple(sorted(heard, key=lambda one: (one.start, one.end)))

    def _hear(self, pcm: Path, batch: list[Window], code: str) -> Iterator[tuple[Window, list[Heard]]]:
        known = self._encode(pcm, batch)
        encoded, shares = [one for one, _ in known], [dict(found) for _, found in known]
        if code not in shares[0]:
            raise Misconfigured(f"the model has no language {code!r}")
        readings = self._readings(encoded, code)
        for window, one, share, reading in zip(batch, encoded, shares, readings, strict=True):
            segments = self._segments(window, one, reading, code)
            yield window, [_passage(segment, reading, share[code], code) for segment in segments]

    def _readings(self, encoded: Sequence[Any], code: str) -> list[Reading]:
        """Decode, and decode again with a beam what is doubtful."""
        tokens = self._model.tokens(code)
        readings = self._model.decode(encoded, code, POLICY["beam"])
        doubtful = [n for n, one in enumerate(readings) if _repeats(one, tokens) or _doubts(one)]
        if doubtful:
            again = self._model.decode([encoded[n] for n in doubtful], code, POLICY["second_beam"])
            for n, second in zip(doubtful, again, strict=True):
                readings[n] = max(
                    (readings[n], second), key=lambda one: (not _repeats(one, tokens), one.log_probability)
                )
        return readings

    def _segments(self, window: Window, encoded: Any, reading: Reading, code: str) -> list[dict[str, Any]]:
        tokens = self._model.tokens(code)
        frames = (window.end - window.start) // sound.GRID
        segments = []
        for start, end, part in split(reading.tokens, tokens.timestamp_begin, window.length):
            text = tokens.decode([token for token in part if token < tokens.eot]).strip()
            if text:
                seconds = window.seconds
                segments.append({
                    "seek": window.start // sound.GRID, "start": seconds + start, "end": seconds + end,
                    "tokens": list(part), "text": text, "words": [],
                })  # fmt: skip
        if segments:
            self._model.time_words(segments, encoded, frames, code)
        return segments

    def _encode(self, pcm: Path, batch: Sequence[Window]) -> list[_Encoded]:
        """Encode windows and ask which language they hold, remembering the latest: words are asked for next."""
        state = pcm.stat()
        keys = [(str(pcm), state.st_ino, state.st_mtime_ns, window) for window in batch]
        fresh = [(key, window) for key, window in zip(keys, batch, strict=True) if key not in self._encoded]
        if fresh:
            encoded = [self._model.encode(sound.read(pcm, window.start, window.end)) for _, window in fresh]
            for (key, _), one in zip(fresh, zip(encoded, self._model.tongues(encoded), strict=True), strict=True):
                self._encoded[key] = one
        found = [self._encoded[key] for key in keys]
        while len(self._encoded) > _KEPT:
            self._encoded.popitem(last=False)
        return found


def split(tokens: Sequence[int], begin: int, length: float) -> Iterator[tuple[float, float, Sequence[int]]]:
    """Cut tokens into passages at their timestamps: start and end in seconds of the window, tokens.

    A passage that the model left open lasts until the window ends; its words are kept.
    """
    cuts = [n for n in range(1, len(tokens)) if tokens[n - 1] >= begin and tokens[n] >= begin]
    for first, last in zip([0, *cuts], [*cuts, len(tokens)], strict=True):
        part = tokens[first:last]
        if not part:
            continue
        start = (part[0] - begin) * _STEP if part[0] >= begin else 0.0
        end = (part[-1] - begin) * _STEP if part[-1] >= begin and len(part) > 1 else length
        yield min(start, length), min(max(start, end), length), part


def compression(text: str) -> float:
    """Return text bytes over zlib bytes: what repeats itself packs well."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def _windows(pcm: Path, regions: Sequence[Region]) -> list[Window]:
    return sound.windows(
        pcm, regions, longest=POLICY["window_seconds"], gap=POLICY["gap_seconds"], search=POLICY["search_seconds"]
    )


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    remaining = iter(windows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _rest(window: Window, passages: Sequence[Heard]) -> Window | None:
    """Return what a reading left unread; a window in which nothing was heard has been read."""
    if not passages:
        return None
    stop = max(one.end for one in passages)
    start = max(window.start + RATE, int(stop * RATE) // sound.GRID * sound.GRID)
    return Window(start=start, end=window.end) if window.end - start >= POLICY["rest_seconds"] * RATE else None


def _repeats(reading: Reading, tokens: Tokens) -> bool:
    text = tokens.decode([token for token in reading.tokens if token < tokens.eot])
    return compression(text) > float(POLICY["max_compression"])


def _doubts(reading: Reading) -> bool:
    return reading.log_probability < float(POLICY["min_log_probability"])


def _passage(segment: Mapping[str, Any], reading: Reading, share: float, code: str) -> Heard:
    words = tuple(
        Word(
            start=round(float(word["start"]), 3),
            end=round(float(word["end"]), 3),
            text=word["word"].strip(),
            confidence=round(float(word["probability"]), 3),
        )
        for word in segment["words"]
        if word["word"].strip()
    )
    return Heard(
        start=round(float(segment["start"]), 3),
        end=round(float(segment["end"]), 3),
        text=segment["text"],
        language=_BCP47.get(code, code),
        language_probability=round(share, 3),
        confidence=round(exp(reading.log_probability), 3),
        no_speech=round(reading.no_speech, 3),
        compression=round(compression(segment["text"]), 3),
        words=words,
    )
