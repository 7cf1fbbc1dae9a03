"""Transcribe: what is said, in the language it is said in; what no model reads is named, never passed off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.core.body import Body, Score, Seconds
from pipeline.core.doubt import judge, passes_for_another, told, within
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.ports import Heard, Region, Tongue, Transcriber
from pipeline.stages.base import Job, Result, done, empty, stage, unsupported

_UNREAD = "U-LANG-001"
_UNDECIDED = "U-LANG-002"
_NOT_READ = {_UNREAD: "no configured model reads the language spoken",
             _UNDECIDED: "the language spoken could not be told with enough certainty"}  # fmt: skip
_INVENTED = "N-SPEECH-002"
_UNTOLD = "und"
_MIX = 0
_BRIEF = 3.0
"""Seconds of speech below which a window tells too little of its language to stand against the rest of its stream."""

_POSSIBLE = 0.1
_DOMINANT = 0.8
_GROUP = 16
_GROUP_SECONDS = 450.0

Flag = Literal["low_confidence", "cut", "repetition", "language_doubt", "non_speech", "disagreement", "phantom", "rate"]


class SaidWord(Body):
    """A word, in seconds of the item."""

    start: Seconds
    end: Seconds
    text: str
    confidence: Score


class OneReading(Body):
    """What one engine wrote, offered as speech or not."""

    engine: str
    text: str
    confidence: Score


class Candidate(Body):
    """A language that was heard, and how probably."""

    language: str
    probability: Score


class Segment(Body):
    """A passage. ``text`` is null when the reading is not offered as speech: ``code`` says why."""

    stream: int
    channel: int
    start: Seconds
    end: Seconds
    text: str | None
    code: str | None
    language: str
    language_probability: Score
    candidates: tuple[Candidate, ...]
    reliability: str | None
    confidence: Score | None
    speaker: str | None
    flags: tuple[Flag, ...]
    words: tuple[SaidWord, ...]
    readings: tuple[OneReading, ...]
    disagreement: Score | None


class Transcript(Body):
    """All passages, by stream and time. ``language``: the dominant one, ``mul`` for several, ``und`` when untold."""

    language: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """One stream to write down, in its own seconds: its speech, and where sound is missing; it starts at ``start``."""

    number: int
    start: float
    regions: tuple[Region, ...]
    gaps: tuple[Region, ...]


@stage(
    version=2, reads=(Kind.AUDIO, Kind.SPEECH), writes=Kind.TRANSCRIPT, media=(Media.VIDEO, Media.AUDIO),
    engine=Transcriber, task="transcribe",
)  # fmt: skip
def transcribe(job: Job, asr: Transcriber) -> Result:
    """Write down what is said; silence gives an empty result, a language without a model an unsupported one."""
    segments = [segment for stream in _streams(job) for segment in _hear(job, stream, asr)]
    segments.sort(key=lambda one: (one.stream, one.start, one.end))
    body = Transcript(language=_language(segments), segments=tuple(segments))
    coverage = _covered(job.known[Kind.AUDIO].coverage, segments)
    if any(one.text is not None for one in segments):
        return done(body, coverage=coverage)
    if unread := _lengths((one.code, one) for one in segments if one.code in _NOT_READ):
        code = unread.most_common(1)[0][0]
        return unsupported(code, _NOT_READ[code], body=body, coverage=coverage)
    return empty("N-SPEECH-001", "nothing that was heard can be offered as speech", body=body, coverage=coverage)


def _streams(job: Job) -> Iterable[_Stream]:
    found = job.body(Kind.SPEECH)["regions"]
    for sound in job.body(Kind.AUDIO)["streams"]:
        start = sound["start"]
        regions = tuple(
            Region(start=max(one["start"] - start, 0.0), end=one["end"] - start)
            for one in found
            if one["stream"] == sound["stream"]
        )
        if regions:
            gaps = tuple(Region(start=one - start, end=end - start) for one, end in sound["gaps"])
            yield _Stream(number=sound["stream"], start=start, regions=regions, gaps=gaps)


def _hear(job: Job, stream: _Stream, asr: Transcriber) -> Iterable[Segment]:
    pcm = job.derivative(Kind.AUDIO, f"pcm/{stream.number}")
    seconds: Counter[str] = Counter()
    for regions in _groups(stream.regions):
        windows = asr.languages(pcm, regions)
        chosen = _choose(windows, seconds, asr)
        for window, language in zip(windows, chosen, strict=True):
            if language is None:
                span = Region(start=window.start, end=window.end)
                yield _unread(stream, span, window, _outside(window, asr))
        for language in dict.fromkeys(one for one in chosen if one):
            mine = [window for window, other in zip(windows, chosen, strict=True) if other == language]
            parts = [part for window in mine for part in within(regions, window.start, window.end)]
            for heard in asr.transcribe(pcm, parts, language):
                yield _segment(stream, heard, asr, next((one for one in mine if one.end > heard.start), mine[-1]))


def _groups(regions: Sequence[Region]) -> Iterable[list[Region]]:
    """Take a few minutes of speech at a time: what an engine computed for the language still serves for the words."""
    group: list[Region] = []
    for one in regions:
        if group and (len(group) >= _GROUP or sum(r.end - r.start for r in (*group, one)) > _GROUP_SECONDS):
            yield group
            group = []
        group.append(one)
    yield group


def _choose(windows: Sequence[Tongue], seconds: Counter[str], asr: Transcriber) -> list[str | None]:
    """Say in which language to read each window; ``None`` where it is untold, or none that the card lists.

    ``seconds`` counts the languages of the stream so far, and goes on counting.
    """
    chosen: list[str | None] = []
    for window in windows:
        name = window.candidates[0][0] if window.candidates else ""
        reads = asr.reliability.get(name)
        chosen.append(name if reads and told(window.candidates, reads) else None)
        if language := chosen[-1]:
            seconds[language] += round((window.end - window.start) * 1000)
    if not seconds:
        return chosen
    (usual, _), *_rest = seconds.most_common(1)
    return [
        usual if language is None and _may_be(window, usual, asr) else language
        for window, language in zip(windows, chosen, strict=True)
    ]


def _may_be(window: Tongue, language: str, asr: Transcriber) -> bool:
    """Tell whether a brief window whose language is untold may be in the language of the rest."""
    if window.end - window.start >= _BRIEF or _outside(window, asr):
        return False
    return dict(window.candidates).get(language, 0.0) >= _POSSIBLE


def _unread(stream: _Stream, span: Region, window: Tongue, language: str | None) -> Segment:
    """Say that somebody speaks and what it may be, without a word that another language would put in the mouth."""
    return Segment(
        stream=stream.number, channel=_MIX, start=stream.start + span.start, end=stream.start + span.end,
        text=None, code=_UNREAD if language else _UNDECIDED, language=language or _UNTOLD,
        language_probability=window.candidates[0][1] if window.candidates else 0.0,
        candidates=_candidates(window), reliability=None, confidence=None, speaker=None,
        flags=() if language else ("language_doubt",), words=(), readings=(), disagreement=None,
    )  # fmt: skip


def _outside(window: Tongue, asr: Transcriber) -> str | None:
    """Return the language that is heard where the card does not list it; ``None`` when none can be told."""
    name = window.candidates[0][0] if window.candidates else ""
    return name if name not in asr.reliability and told(window.candidates, None) else None


def _segment(stream: _Stream, heard: Heard, asr: Transcriber, window: Tongue) -> Segment:
    reads = asr.reliability[heard.language]
    if passes_for_another(heard, reads):
        return _unread(stream, Region(start=heard.start, end=heard.end), window, None)
    verdict = judge(heard, stream.regions, reads, stream.gaps)
    words = [
        SaidWord(start=stream.start + one.start, end=stream.start + one.end, text=one.text, confidence=one.confidence)
        for one in heard.words
    ]
    rejected = OneReading(engine=asr.engine, text=heard.text, confidence=heard.confidence)
    values: dict[str, Any] = {
        "text": heard.text, "code": None, "words": tuple(words), "readings": (),
    } if verdict.offered else {
        "text": None, "code": _INVENTED, "words": (), "readings": (rejected,),
    }  # fmt: skip
    return Segment(
        stream=stream.number, channel=_MIX, start=stream.start + heard.start, end=stream.start + heard.end,
        language=heard.language, language_probability=heard.language_probability, candidates=_candidates(window),
        reliability=reads, confidence=heard.confidence, speaker=None, flags=verdict.flags, disagreement=None,
        **values,
    )  # fmt: skip


def _candidates(window: Tongue) -> tuple[Candidate, ...]:
    return tuple(Candidate(language=name, probability=share) for name, share in window.candidates)


def _language(segments: Sequence[Segment]) -> str:
    """Name the language of what is said: one that has four fifths of the time, else ``mul``."""
    offered = [one for one in segments if one.text is not None]
    times = _lengths((one.language, one) for one in offered or segments)
    if not times:
        return _UNTOLD
    (usual, most), *_rest = times.most_common(1)
    return usual if most >= _DOMINANT * times.total() else "mul"


def _lengths(named: Iterable[tuple[str, Segment]]) -> Counter[str]:
    """Add up milliseconds by name."""
    times: Counter[str] = Counter()
    for name, one in named:
        times[name] += round((one.end - one.start) * 1000)
    return times


def _covered(sound: Coverage | None, segments: Iterable[Segment]) -> Coverage | None:
    """Take the coverage of the sound, less what no model reads."""
    if sound is None:
        return None
    unread = tuple((one.start, one.end, one.code) for one in segments if one.code in _NOT_READ)
    return replace(sound, gaps=tuple(sorted({*sound.gaps, *unread})))
