"""Extract audio: every sound stream as 16 kHz mono PCM, as far as it decodes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.body import Body, Seconds
from pipeline.core.extent import GRACE, cut_short, promised, seconds_covered, together
from pipeline.core.model import Coverage, Derivative, Kind, Media
from pipeline.core.ports.media import RATE
from pipeline.errors import Refused
from pipeline.stages.base import DECODING, Job, Result, done, empty, stage

_PCM = f"audio/L16;rate={RATE};channels=1"
_NOTHING = "E-MEDIA-002"


class Sound(Body):
    """One stream of sound: where it starts in the item, and how much of it was decoded.

    ``channels`` are the original's; the PCM is their mix. ``gaps`` are spans of the item without
    sound that was there; one without length tells that sound is missing from there on, nobody knows how much.
    """

    stream: int
    channels: int
    start: Seconds
    duration: Seconds
    gaps: tuple[tuple[Seconds, Seconds], ...]


class Audio(Body):
    """The sound streams that gave anything; the PCM of each is the derivative ``pcm/<stream>``."""

    streams: tuple[Sound, ...]


@stage(
    version=2, reads=(Kind.PROBE,), writes=Kind.AUDIO, media=(Media.VIDEO, Media.AUDIO), tools=("ffmpeg",),
    limits=(*DECODING, "output_bytes", "max_seconds"),
)  # fmt: skip
def extract_audio(job: Job) -> Result:
    """Decode every sound stream; what decodes is kept, what does not is named in the coverage."""
    found = job.body(Kind.PROBE)
    sounds: list[Sound] = []
    files: list[Derivative] = []
    covered: list[Coverage] = []
    for one in found["streams"]:
        if one["type"] != "audio":
            continue
        samples, coverage = _decode(job, one, found)
        if samples:
            start = max(one["start"] or 0.0, 0.0)
            coverage = _moved(coverage, start)
            sounds.append(
                Sound(
                    stream=one["index"], channels=one["channels"] or 1, start=start, duration=samples / RATE,
                    gaps=_gaps(coverage, start + samples / RATE),
                )
            )  # fmt: skip
            pcm = _file(job, one)
            files.append(job.put(pcm, role=f"pcm/{one['index']}", media_type=_PCM, keep=False))
        if coverage:
            covered.append(coverage)
    if sounds:
        return done(Audio(streams=tuple(sounds)), coverage=together(tuple(covered)), derivatives=files)
    if covered:
        raise Refused("its sound cannot be decoded", code=_NOTHING)
    nothing = Coverage(unit="seconds", of=0, read=0)
    return empty("N-AUDIO-001", "there is no sound stream in it, or none that holds a sample", coverage=nothing)


def _file(job: Job, one: Mapping[str, Any]) -> Path:
    return job.scratch / f"{one['index']}.pcm"


def _moved(coverage: Coverage | None, start: float) -> Coverage | None:
    """Tell the gaps of a stream in seconds of the item."""
    if coverage is None:
        return None
    gaps = tuple((round(start + one, 3), round(start + end, 3), code) for one, end, code in coverage.gaps)
    return replace(coverage, gaps=gaps)


def _gaps(coverage: Coverage | None, end: float) -> tuple[tuple[float, float], ...]:
    if coverage is None:
        return ()
    gaps = [(one, other) for one, other, _ in coverage.gaps]
    if "decode_error" in coverage.flags and not any(one >= end - GRACE for one, _ in gaps):
        gaps.append((end, end))
    return tuple(gaps)


def _decode(job: Job, one: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[int, Coverage | None]:
    """Return the samples decoded and their coverage; no coverage for a stream that promises and gives nothing."""
    raw: Mapping[str, str] = found["tags"]["raw"]
    container = raw.get("ffprobe:format:format_name", "")
    with job.path.open("rb") as file:
        flags = cut_short(container, file)
    claim = (one["duration"] or found["duration_declared"]) if promised(container) and not flags else None
    try:
        heard = job.tools.decode_audio(job.path, one["index"], _file(job, one))
    except Refused as err:
        if err.code not in {_NOTHING, "U-CODEC-001"}:
            raise
        gap = (0.0, claim or 0.0, err.code)
        return 0, Coverage(unit="seconds", of=claim, read=0.0, gaps=(gap,), flags=("decode_error",))
    if not heard.samples and heard.clean and not one["duration"]:
        return 0, None
    seconds = heard.samples / RATE
    return heard.samples, seconds_covered(
        declared=claim, decoded=seconds, size=job.asset.bytes, clean=heard.clean, errors=heard.errors,
        holes=heard.holes, flags=(*flags, *(["length_estimated"] if heard.estimated else [])),
    )  # fmt: skip
