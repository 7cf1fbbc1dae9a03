"""Hearing: how a Whisper model is made to write down a recording, whichever library runs it.

The policy is fixed and nothing in it is drawn at random, so that the same sound gives the same
words: windows are packed full and cut at pauses, hold one stream and one language, are decoded
greedily with timestamps and without what was heard before; a doubtful reading is tried once more
with a beam, and the better one stands. Windows of several recordings share a call of the model,
and none depends on its company.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.core.halt import check
from pipeline.core.ports import Heard, Region, WindowTongues
from pipeline.engines import pcm as sound
from pipeline.engines.passages import Passage, Placed, compression, place, share_out, split
from pipeline.engines.pcm import RATE, Window
from pipeline.engines.recogniser import Aligned, Reading, Recogniser, Tokens
from pipeline.engines.together import Together
from pipeline.errors import Misconfigured

POLICY: Mapping[str, Any] = MappingProxyType(
    {
        "window_seconds": 30.0,
        # What does not fit is cut at the quietest moment of the last so many seconds that do.
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
        # A window whose spans of so many seconds are surely in different languages is taken apart.
        "tell_seconds": 4.0,
        "tell_probability": 0.8,
        # A passage is cut where so much was left out between two spans.
        "apart_seconds": 1.0,
    }
)

CANDIDATES = 5
"""How many languages are named for a window."""

_TOLD_BY = 10.0
"""The first seconds of a span tell its language as well as all of it."""

_KEPT = 16
_FULL = 0.8
"""How full windows are at least, on the whole."""

_BCP47 = {"jw": "jv"}
_WHISPER = {tag: code for code, tag in _BCP47.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A window as the model sees it, and its languages with their probabilities."""

    encoded: Any
    tongues: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What stands between two timestamps of a reading, in moments of its window; text tokens alone."""

    start: float
    end: float
    tokens: list[int]


class _Memory(threading.local):
    """What this thread has encoded lately: words are asked for after the language."""

    def __init__(self) -> None:
        self.known: OrderedDict[tuple[Any, ...], _Known] = OrderedDict()


class Hearing:
    """Listens to recordings through a recogniser; memory does not grow with their length.

    Several threads may listen at once, each to a recording of its own.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._model = recogniser
        self.reach = recogniser.together * POLICY["window_seconds"] * _FULL
        self._memory = _Memory()
        self._decode = Together(self._decode_all, most=recogniser.together)
        self._align = Together(self._align_all, most=recogniser.together)

    def languages(self, pcm: Path, regions: Sequence[Region]) -> tuple[WindowTongues, ...]:
        """Say which language is heard, one answer per decoding window of the regions."""
        packed = list(self._encode(pcm, _windows(pcm, regions)))
        windows = [part for window, known in packed for part in self._told(window, known)]
        return tuple(
            WindowTongues(start=window.start / RATE, end=window.end / RATE, candidates=_candidates(known.tongues))
            for window, known in self._encode(pcm, windows)
        )

    def transcribe(self, pcm: Path, regions: Sequence[Region], language: str) -> tuple[Heard, ...]:
        """Write down the regions, in one language. Times are seconds of the stream."""
        code = _WHISPER.get(language, language)
        heard: list[Heard] = []
        windows = _windows(pcm, regions)
        while windows:
            rests: list[Region] = []
            for at in range(0, len(windows), self._model.together):
                for passages, rest in self._hear(pcm, windows[at : at + self._model.together], code):
                    heard += passages
                    rests += rest
            windows = _windows(pcm, rests)  # what was left unread shares windows too
        return tuple(sorted(heard, key=lambda one: (one.start, one.end)))

    def _hear(self, pcm: Path, batch: list[Window], code: str) -> Iterator[tuple[list[Heard], list[Region]]]:
        """Yield what is heard in each window, and what of it has not been read."""
        known = [one for _, one in self._encode(pcm, batch)]
        if code not in dict(known[0].tongues):
            raise Misconfigured(f"the model has no language {code!r}")
        tokens = self._model.tokens(code)
        readings = self._readings([one.encoded for one in known], code)
        parts = [_parts(reading, window, tokens) for window, reading in zip(batch, readings, strict=True)]
        spoken = [number for number, part in enumerate(parts) if part]
        asked = [(known[n].encoded, [one for part in parts[n] for one in part.tokens], batch[n]) for n in spoken]
        words = dict(zip(spoken, self._align(asked, code), strict=True))
        for number, (window, reading) in enumerate(zip(batch, readings, strict=True)):
            mine = parts[number]
            passages = share_out(words.get(number, []), [(one.start, one.end, len(one.tokens)) for one in mine])
            share = dict(known[number].tongues)[code]
            heard = [
                _heard(piece, reading, share, code)
                for part, passage in zip(mine, passages, strict=True)
                for piece in place(window, tokens.decode(part.tokens).strip(), passage, POLICY["apart_seconds"])
            ]
            yield heard, _unread(window, passages)

    def _readings(self, encoded: Sequence[Any], code: str) -> list[Reading]:
        """Decode, and decode again with a beam what is doubtful."""
        tokens = self._model.tokens(code)
        readings = self._decode(encoded, (code, POLICY["beam"]))
        doubtful = [n for n, one in enumerate(readings) if _repeats(one, tokens) or _doubts(one)]
        again = self._decode([encoded[n] for n in doubtful], (code, POLICY["second_beam"]))
        for n, second in zip(doubtful, again, strict=True):
            readings[n] = max((readings[n], second), key=lambda one: (not _repeats(one, tokens), one.log_probability))
        return readings

    def _decode_all(self, encoded: Sequence[Any], way: Any) -> list[Reading]:
        code, beam = way
        return self._model.decode(encoded, code, beam)

    def _align_all(self, asked: Sequence[tuple[Any, list[int], Window]], code: Any) -> list[list[Aligned]]:
        encoded, texts, windows = zip(*asked, strict=True)
        return self._model.align(encoded, texts, [one.samples // sound.GRID for one in windows], code)

    def _told(self, window: Window, known: _Known) -> list[Window]:
        """Take a window apart where its spans are surely in different languages; brief ones go with the rest."""
        if len(window.spans) == 1:
            return [window]
        told: list[str | None] = [self._language_of(window, known, number) for number in range(len(window.spans))]
        if len({one for one in told if one}) <= 1:
            return [window]
        last = next(one for one in told if one)
        named = [last := one or last for one in told]
        parts = groupby(zip(named, window.spans, strict=True), key=lambda one: one[0])
        return [Window(spans=tuple(span for _, span in part)) for _, part in parts]

    def _language_of(self, window: Window, known: _Known, number: int) -> str | None:
        start, end = window.spans[number]
        if end - start < POLICY["tell_seconds"] * RATE:
            return None
        at = window.before(number)
        part = self._model.excerpt(known.encoded, at, at + min((end - start) / RATE, _TOLD_BY))
        code, share = self._model.tongues([part])[0][0]
        return code if share >= POLICY["tell_probability"] else None

    def _encode(self, pcm: Path, windows: Sequence[Window]) -> Iterator[tuple[Window, _Known]]:
        """Encode windows and ask which language they hold, a few at a time."""
        for at in range(0, len(windows), self._model.together):
            some = windows[at : at + self._model.together]
            yield from zip(some, self._encode_some(pcm, some), strict=True)

    def _encode_some(self, pcm: Path, windows: Sequence[Window]) -> list[_Known]:
        check()
        state, memory = pcm.stat(), self._memory.known
        keys = [(str(pcm), state.st_ino, state.st_mtime_ns, window) for window in windows]
        fresh = [(key, window) for key, window in zip(keys, windows, strict=True) if key not in memory]
        if fresh:
            encoded = self._model.encode([sound.read_window(pcm, window) for _, window in fresh])
            for (key, _), one, tongues in zip(fresh, encoded, self._model.tongues(encoded), strict=True):
                memory[key] = _Known(encoded=one, tongues=tongues)
        found = [memory[key] for key in keys]
        while len(memory) > max(_KEPT, self._model.together):
            memory.popitem(last=False)
        return found


def _windows(pcm: Path, regions: Sequence[Region]) -> list[Window]:
    return sound.windows(pcm, regions, longest=POLICY["window_seconds"], search=POLICY["search_seconds"])


def _candidates(tongues: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((_BCP47.get(code, code), round(share, 3)) for code, share in tongues[:CANDIDATES])


def _parts(reading: Reading, window: Window, tokens: Tokens) -> list[_Part]:
    cut = split(reading.tokens, tokens.timestamp_begin, window.length)
    parts = [_Part(start=start, end=end, tokens=[one for one in part if one < tokens.eot]) for start, end, part in cut]
    return [one for one in parts if tokens.decode(one.tokens).strip()]


def _unread(window: Window, passages: Sequence[Passage]) -> list[Region]:
    """Say what of a window has not been read; one in which nothing was heard has been read."""
    stop = max((1.0, *(one.end for one in passages)))
    if not passages or window.length - stop < POLICY["rest_seconds"]:
        return []
    return [Region(start=start / RATE, end=end / RATE) for start, end in window.rest(stop).spans]


def _repeats(reading: Reading, tokens: Tokens) -> bool:
    text = tokens.decode([token for token in reading.tokens if token < tokens.eot])
    return compression(text) > float(POLICY["max_compression"])


def _doubts(reading: Reading) -> bool:
    return reading.log_probability < float(POLICY["min_log_probability"])


def _heard(piece: Placed, reading: Reading, share: float, code: str) -> Heard:
    return Heard(
        start=piece.start, end=piece.end, text=piece.text, words=piece.words,
        language=_BCP47.get(code, code), language_probability=round(share, 3),
        confidence=round(exp(reading.log_probability), 3), no_speech=round(reading.no_speech, 3),
        compression=round(compression(piece.text), 3),
    )  # fmt: skip
