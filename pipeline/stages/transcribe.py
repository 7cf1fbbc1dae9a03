"""Transcribe: what is said, in the language it is said in; what no model reads is named, never passed off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.core.doubt import (
    TELLING_WORDS,
    Verdict,
    deserves_another,
    in_another,
    judge,
    kurdish,
    passes_for_another,
    within,
)  # fmt: skip
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.ports import Heard, Region, SecondTranscriber, TextLanguage, Transcriber, WindowTongues
from pipeline.core.second_reading import DISAGREE, Second, chosen, disagreement, read_again
from pipeline.core.spoken_languages import choose, groups, outside, seconds_of, without_breaths
from pipeline.core.tongues import UNTOLD
from pipeline.core.transcript import Candidate, OneReading, SaidWord, Segment, Transcript
from pipeline.stages.base import Job, Result, done, empty, stage, unsupported

_UNREAD = "U-LANG-001"
_UNDECIDED = "U-LANG-002"
_NOT_READ = {_UNREAD: "no configured model reads the language spoken",
             _UNDECIDED: "the language spoken could not be told with enough certainty"}  # fmt: skip
_INVENTED = "N-SPEECH-002"
_MIX = 0
_DOMINANT = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """One stream to write down, in its own seconds: its speech, and where sound is missing; it starts at ``start``."""

    number: int
    start: float
    regions: tuple[Region, ...]
    gaps: tuple[Region, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A passage heard in a window, what is to be thought of it, and what else was found out about it."""

    heard: Heard
    window: WindowTongues
    verdict: Verdict
    second: Second | None = None
    text_language: str | None = None


@stage(
    version=3, reads=(Kind.AUDIO, Kind.SPEECH), writes=Kind.TRANSCRIPT, media=(Media.VIDEO, Media.AUDIO),
    engine=Transcriber, also=(SecondTranscriber, TextLanguage), task="transcribe",
)  # fmt: skip
def transcribe(job: Job, asr: Transcriber, other: SecondTranscriber | None, letters: TextLanguage | None) -> Result:
    """Write down what is said; silence gives an empty result, a language without a model an unsupported one."""
    segments: list[Segment] = []
    for stream in _streams(job):
        pcm = job.derivative(Kind.AUDIO, f"pcm/{stream.number}")
        unread, said = _hear(pcm, stream, asr)
        said = _compared(_checked(said, letters), pcm, stream, other)
        segments += [*unread, *(_segment(stream, one, asr, other) for one in said)]
    segments.sort(key=lambda one: (one.stream, one.start, one.end))
    body = Transcript(language=_language(segments), segments=tuple(segments))
    coverage = _covered(job.known[Kind.AUDIO].coverage, segments)
    if any(one.text is not None for one in segments):
        return done(body, coverage=coverage)
    if unread_for := _lengths((one.code, one) for one in segments if one.code in _NOT_READ):
        code = unread_for.most_common(1)[0][0]
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


def _hear(pcm: Path, stream: _Stream, asr: Transcriber) -> tuple[list[Segment], list[_Said]]:
    """Return what no model reads, and what is said in the rest."""
    so_far: Counter[str] = Counter()
    unread: list[Segment] = []
    said: list[_Said] = []
    for regions in groups(stream.regions, asr.reach):
        windows = asr.languages(pcm, regions)
        spoken = [tuple(within(regions, one.start, one.end)) for one in windows]
        languages = choose(windows, [*map(seconds_of, spoken)], so_far, asr.reliability)
        chosen_for = list(zip(windows, languages, strict=True))
        for (window, language), spans in zip(chosen_for, spoken, strict=True):
            if language is None:
                outsider = outside(window, asr.reliability)
                unread += [_unread(stream, span, window, outsider) for span in without_breaths(spans)]
        for language in dict.fromkeys(one for _, one in chosen_for if one):
            mine = [window for window, other in chosen_for if other == language]
            own = [spans for (_, other), spans in zip(chosen_for, spoken, strict=True) if other == language]
            parts = [span for spans in own for span in spans]
            for heard in asr.transcribe(pcm, parts, language):
                window = next((one for one in mine if one.end > heard.start), mine[-1])
                reads = asr.reliability[heard.language]
                if passes_for_another(heard, reads):
                    unread.append(_unread(stream, Region(start=heard.start, end=heard.end), window, None))
                else:
                    verdict = judge(heard, stream.regions, reads, stream.gaps)
                    said.append(_Said(heard=heard, window=window, verdict=verdict))
    return unread, said


def _checked(said: Sequence[_Said], letters: TextLanguage | None) -> list[_Said]:
    """Ask in which language the words are written; a reading in another one is doubted, and one that may be Kurdish."""
    if letters is None:
        return [*said]
    telling = [one for one in said if len(one.heard.text.split()) >= TELLING_WORDS]
    answers = letters.languages([one.heard.text for one in telling])
    languages = dict(zip((one.heard for one in telling), answers, strict=True))
    found = []
    for one in said:
        told_by_letters = languages.get(one.heard, ())
        doubted = in_another(told_by_letters, one.heard.language) or kurdish(told_by_letters)
        found.append(replace(
            one, text_language=told_by_letters[0][0] if told_by_letters else None,
            verdict=one.verdict.also("language_doubt") if doubted else one.verdict,
        ))  # fmt: skip
    return found


def _compared(said: Sequence[_Said], pcm: Path, stream: _Stream, other: SecondTranscriber | None) -> list[_Said]:
    """Have doubted passages read by another engine; where both disagree the passage says so."""
    if other is None:
        return [*said]
    doubted = [one.heard for one in said if deserves_another(one.verdict, one.heard)]
    again = read_again(pcm, chosen(doubted, stream.regions), other)
    found = []
    for one in said:
        if second := again.get(one.heard):
            apart = disagreement(one.heard.text, second.text) >= DISAGREE
            verdict = one.verdict.also("disagreement") if apart else one.verdict
            found.append(replace(one, second=second, verdict=verdict))
        else:
            found.append(one)
    return found


def _unread(stream: _Stream, span: Region, window: WindowTongues, language: str | None) -> Segment:
    """Say that somebody speaks and what it may be, without a word that another language would put in the mouth."""
    return Segment(
        stream=stream.number, channel=_MIX, start=stream.start + span.start, end=stream.start + span.end,
        text=None, code=_UNREAD if language else _UNDECIDED, language=language or UNTOLD,
        language_probability=window.candidates[0][1] if window.candidates else 0.0,
        candidates=_candidates(window), text_language=None, reliability=None, confidence=None, speaker=None,
        flags=() if language else ("language_doubt",), words=(), readings=(), disagreement=None,
    )  # fmt: skip


def _segment(stream: _Stream, one: _Said, asr: Transcriber, other: SecondTranscriber | None) -> Segment:
    heard, offered, second = one.heard, one.verdict.offered, one.second
    readings = [OneReading(engine=asr.engine, text=heard.text, confidence=heard.confidence)]
    if second and other:
        readings.append(OneReading(engine=other.engine, text=second.text, confidence=second.confidence))
    words = [
        SaidWord(start=stream.start + one.start, end=stream.start + one.end, text=one.text, confidence=one.confidence)
        for one in heard.words
    ]
    values: dict[str, Any] = {
        "text": heard.text if offered else None, "code": None if offered else _INVENTED,
        "words": tuple(words) if offered else (), "readings": tuple(readings) if second or not offered else (),
        "disagreement": disagreement(heard.text, second.text) if second else None,
    }  # fmt: skip
    return Segment(
        stream=stream.number, channel=_MIX, start=stream.start + heard.start, end=stream.start + heard.end,
        language=heard.language, language_probability=heard.language_probability,
        candidates=_candidates(one.window), text_language=one.text_language,
        reliability=asr.reliability[heard.language], confidence=heard.confidence, speaker=None,
        flags=one.verdict.flags, **values,
    )  # fmt: skip


def _candidates(window: WindowTongues) -> tuple[Candidate, ...]:
    return tuple(Candidate(language=name, probability=share) for name, share in window.candidates)


def _language(segments: Sequence[Segment]) -> str:
    """Name the language of what is said: one that has four fifths of the time, else ``mul``."""
    offered = [one for one in segments if one.text is not None]
    times = _lengths((one.language, one) for one in offered or segments)
    if not times:
        return UNTOLD
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
