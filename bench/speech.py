"""Speech: how fast and how well speech is written down, beside openai-whisper and faster-whisper.

``EVIDENCE_BENCH_SECONDS`` is the length of the long recording (600), and the most of each language; a few make a short
run, whose figures tell nothing. The peers run with the same weights, as many threads and their own defaults; with word
times, because ours have them, and without. They write each passage down once, so ours does beside them; the stage as
the line runs it does more (doubted passages read again by the other engine, the language of the words told), and
has a figure of its own, its cost included.
"""

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from bench.figure import Figure, NotMeasured
from bench.spoken import Clip, after_each_other, chunks, clips, interval, rate, words
from pipeline import weights
from pipeline.core.error_rates import distance
from pipeline.core.model import Asset, AssetId, Coverage, Enrichment, Kind, Maker, Outcome
from pipeline.core.ports import SecondTranscriber, SpeechFinder, TextLanguage, Transcriber
from pipeline.engines.listener import processors
from pipeline.engines.openai_whisper import Recogniser
from pipeline.engines.registry import open_engine, port_name
from pipeline.settings import read_settings
from pipeline.stages.base import Job, Result
from pipeline.stages.speech import speech
from pipeline.stages.transcribe import transcribe
from pipeline.tools import open_tools

_SHORT = 100
_AT_ONCE = 8
_TURN = 25
_ENOUGH_WORDS = 200

Hear = Callable[[Clip], str]


def measure(place: Path) -> list[Figure]:
    """Measure speed on a long recording, on one in several languages, and on a hundred short clips; then words."""
    seconds = float(os.environ.get("EVIDENCE_BENCH_SECONDS", "600"))
    english, others = clips(place, "en", seconds=seconds), clips(place, "fr", "de", "ar", seconds=seconds)
    ours, peers = _ours(), _peers()
    long = after_each_other(place, "long", english, seconds, pause=0.6)
    mixed = after_each_other(place, "mixed", [*english, *others], seconds / 4, pause=2.5)
    brief = sorted((*english, *others), key=lambda one: one.seconds)[:20]
    short = [_copy(brief[number % len(brief)], number) for number in range(min(_SHORT, math.ceil(seconds / 6)))]
    return [
        *_speeds("a long recording", long, ours, peers, bar=1.0),
        *_speeds("a recording in several languages", mixed, ours, peers, bar=None),
        _short_clips(short, ours, peers["faster-whisper batched, word times"]),
        _whole_stage(mixed, ours, _ours(whole=True)),
        *_words([*english, *others], ours, peers),
    ]


def _ours(*, whole: bool = False) -> Hear:
    """Return our own ear; ``whole`` with all that the line gives the stage where this home has it."""
    settings = read_settings()
    lock = weights.ensure_lock(settings)
    finder: Any = open_engine(SpeechFinder, settings, lock)
    asr: Any = open_engine(Transcriber, settings, lock)
    also = [
        open_engine(port, settings, lock) if whole and port_name(port) in lock.ports else None
        for port in (SecondTranscriber, TextLanguage)
    ]
    if whole and None in also:
        raise NotMeasured("no second transcriber, or nothing that tells the language of words")
    tools = open_tools(settings)

    def hear(clip: Clip) -> str:
        def known(kind: Kind, body: Mapping[str, Any]) -> Enrichment:
            return Enrichment(
                asset=AssetId("0" * 64), kind=kind, maker=Maker(stage="bench", version=1), basis=(), body=body,
                outcome=Outcome.DONE, made_at="", coverage=Coverage(unit="seconds", of=clip.seconds, read=clip.seconds),
            )  # fmt: skip

        def job(**bodies: Mapping[str, Any]) -> Job:
            return Job(
                asset=Asset(id=AssetId("0" * 64), sha512="", bytes=1), path=clip.pcm, tools=tools,
                scratch=clip.pcm.parent, limits={}, put=_no_file, derivative=lambda _kind, _role: clip.pcm,
                known={Kind(kind): known(Kind(kind), body) for kind, body in bodies.items()},
            )  # fmt: skip

        stream = {"stream": 0, "channels": 1, "start": 0.0, "duration": clip.seconds, "gaps": []}
        found = speech(job(audio={"streams": [stream]}), finder)
        if found.body is None:
            return ""
        return _text(transcribe(job(audio={"streams": [stream]}, speech=found.body.model_dump()), asr, *also))

    return hear


def _no_file(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("these stages make no file")


def _text(result: Result) -> str:
    segments = result.body.model_dump()["segments"] if result.body else []
    return " ".join(one["text"] for one in segments if one["text"])


def _peers() -> dict[str, Hear]:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    settings = read_settings()
    here = weights.require(settings.models, weights.cards(settings)["whisper-base"])
    files = {name: path.read_bytes() for name, path in here.files.items()}
    model = WhisperModel("whisper-base", device="cpu", compute_type="int8", cpu_threads=processors(), files=files)
    batched = BatchedInferencePipeline(model)

    def through(pipeline: Any, **options: Any) -> Hear:
        return lambda clip: " ".join(one.text for one in pipeline.transcribe(clip.samples, **options)[0])

    return {
        "faster-whisper batched, word times": through(batched, word_timestamps=True, batch_size=8),
        "faster-whisper batched, bare": through(batched, batch_size=8),
        "faster-whisper sequential": through(model, word_timestamps=True),
        "openai-whisper greedy": _openai(here),
    }


def _openai(here: weights.Installed) -> Hear:
    import whisper

    model = Recogniser(here, processors()).model
    return lambda clip: str(whisper.transcribe(model, clip.samples, temperature=0.0, fp16=False)["text"])


def _copy(clip: Clip, number: int) -> Clip:
    pcm = clip.pcm.with_suffix(f".{number}.pcm")
    pcm.write_bytes(clip.pcm.read_bytes())
    return replace(clip, pcm=pcm)


def _each(items: ThreadPoolExecutor | None, hear: Hear, some: Sequence[Clip]) -> list[str]:
    return list(items.map(hear, some) if items else map(hear, some))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _speeds(what: str, clip: Clip, ours: Hear, peers: Mapping[str, Hear], *, bar: float | None) -> Iterable[Figure]:
    """Say how many times real time each is; ours before and after the peers, so that both meet the same machine."""
    batched = [name for name in peers if "batched" in name]
    # A copy of its own each time: what was computed for a file is remembered for a while.
    copies = [_copy(clip, number) for number in range(2)]
    first = _timed(lambda: ours(copies[0]))
    spent = {name: _timed(partial(peers[name], clip)) for name in batched}
    mine = clip.seconds / ((first + _timed(lambda: ours(copies[1]))) / 2)
    for name, taken in spent.items():
        yield Figure(
            name=f"transcription of {what}", peer_is=name, ours=mine, peer=clip.seconds / taken, unit="x real time",
            bar=bar if "word times" in name else None, notes=f"{clip.seconds:.0f} s of {clip.language}",
        )  # fmt: skip


def _short_clips(short: Sequence[Clip], ours: Hear, peer: Hear) -> Figure:
    """Take turns over a hundred clips; ours are items of a shard, worked on several at a time."""
    mine = theirs = 0.0
    with ThreadPoolExecutor(_AT_ONCE) as items:
        for some in chunks(short, _TURN):
            mine += _timed(partial(_each, items, ours, some))
            theirs += _timed(partial(_each, None, peer, some))
    seconds = sum(one.seconds for one in short)
    return Figure(
        name=f"transcription of {len(short)} short clips", peer_is="faster-whisper batched, word times, clip by clip",
        ours=seconds / mine, peer=seconds / theirs, unit="x real time", bar=1.2,
        notes=f"{seconds / len(short):.1f} s each on average, language told by each",
    )  # fmt: skip


def _whole_stage(clip: Clip, once: Hear, whole: Hear) -> Figure:
    """Say what the second reading and the language of the words cost: both ways in turn, twice."""
    spent = {once: 0.0, whole: 0.0}
    for number, way in enumerate((once, whole, whole, once)):
        copy = _copy(clip, 10 + number)
        spent[way] += _timed(partial(way, copy))
    return Figure(
        name="transcription as the line runs it, of a recording in several languages",
        peer_is="ours without the second reading of what is doubted and without the language of the words",
        ours=2 * clip.seconds / spent[whole], peer=2 * clip.seconds / spent[once], unit="x real time",
        notes=f"{clip.seconds:.0f} s; the other figures of speech compare what is read once",
    )  # fmt: skip


def _words(some: Sequence[Clip], ours: Hear, peers: Mapping[str, Hear]) -> Iterable[Figure]:
    everybody = {"ours": ours, **peers}
    heard = {name: [distance(one.said, words(hear(one))) for one in some] for name, hear in everybody.items()}
    for language in dict.fromkeys(one.language for one in some):
        mine = [number for number, one in enumerate(some) if one.language == language]
        lengths = [len(some[n].said) for n in mine]
        wrong = {name: [counts[n] for n in mine] for name, counts in heard.items()}
        rates = {name: rate(zip(counts, lengths, strict=True)) for name, counts in wrong.items()}
        low, high = interval(wrong["ours"], wrong["openai-whisper greedy"], lengths)
        told = ", ".join(f"{name} {value:.3f}" for name, value in rates.items())
        yield Figure(
            name=f"word errors, {language}", peer_is="openai-whisper greedy, and what chance allows over it",
            ours=rates["ours"], peer=rates["ours"] - low, unit="share of words", better="lower",
            bar=1.0 if sum(lengths) >= _ENOUGH_WORDS else None,
            notes=f"{sum(lengths)} words in {len(mine)} clips; {told}; difference {low:+.3f} to {high:+.3f} (95 %)",
        )  # fmt: skip
