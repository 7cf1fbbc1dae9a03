"""Keyframes: the shots of what moves, and for each a frame that stands for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pipeline.core.body import Body, Seconds
from pipeline.core.extent import Measured, cut_short, promised
from pipeline.core.glances import Glances, Seen
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.motion import copy_film
from pipeline.core.ports import Frames
from pipeline.core.ports.moving import Fetched, Gathered, Wanted
from pipeline.core.shots import EVERY, Part, Parts, divide
from pipeline.core.streams import beginning, counted, number, ratio, roles, seconds, still
from pipeline.errors import Refused
from pipeline.stages.base import DECODING, LOOKS, Job, Result, done, not_applicable, stage

_NOTHING, _BEYOND, _LOST = "E-MEDIA-002", "E-MEDIA-004", "E-MEDIA-007"
_ANIMATIONS = frozenset({"image/gif", "image/png", "image/webp", "image/avif"})
_HIDDEN: Literal["motion_photo"] = "motion_photo"  # also the flag of a photograph that hides a film


class Shot(Body):
    """A span that one frame stands for; times count from the item's own start, sizes are as it is shown.

    The frame is shown at ``t``: ``pts`` times ``time_base``, less ``origin``. Parts of one long view share ``shot``;
    ``begins``: start, cut, fade, dissolve, continues. ``frame`` counts the frames shown before it.
    """

    start: Seconds
    end: Seconds
    t: Seconds
    pts: int
    time_base: str
    frame: int
    width: int
    height: int
    shot: int
    begins: Literal["start", "cut", "fade", "dissolve", "continues"]


class Keyframes(Body):
    """The shots in order; entry n has the derivative ``frame/<n>``. ``frames`` counts all that were decoded.

    ``source`` is what moves: the item, or the film that a telephone hid in a photograph; ``origin`` is the time
    stamp, in seconds, at which the item starts. A frame stands for ``every`` seconds of one view at most.
    ``left_out`` counts the spans without a frame: beyond the ceiling, or lost. The gaps of the coverage are theirs.
    """

    source: Literal["video", "animation", "motion_photo"]
    stream: int
    origin: Seconds
    frames: int
    every: Seconds
    left_out: int
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moving:
    """What moves: a stream of a film, or an animated picture (``stream`` is then ``None``)."""

    source: Literal["video", "animation", "motion_photo"]
    path: Path
    base: Fraction
    origin: Fraction
    seen: Mapping[str, Any]
    stream: Mapping[str, Any] | None
    frames: int | None


@stage(
    version=2, reads=(Kind.PROBE,), writes=Kind.KEYFRAMES, media=(Media.VIDEO, Media.IMAGE), tools=("ffmpeg", "pillow"),
    limits=("max_keyframes", "max_frames", "max_pictures", *DECODING, "picture_memory_bytes", "output_bytes"),
)  # fmt: skip
def keyframes(job: Job) -> Result:
    """Find shots in one decoding and keep a frame of each, upright; a plain photograph is its own."""
    shape = job.body(Kind.FORMAT)
    try:
        one = _picture(job) if shape["media"] == Media.IMAGE else _film(job, job.path, "video")
        return _watched(job, one) if one else not_applicable("N-MEDIA-001", "nothing moves in it")
    except Refused as err:
        if shape["media"] != Media.IMAGE or _HIDDEN not in shape["flags"]:
            raise
        return _unseen(str(err.code))


def _unseen(code: str) -> Result:
    """Say that the photograph can be looked at, and the film that it hides cannot: read in part, wherever it shows."""
    coverage = Coverage(unit="seconds", of=None, read=0.0, gaps=((0.0, 0.0, code),))
    nothing = Keyframes(source=_HIDDEN, stream=0, origin=0.0, frames=0, every=0.0, left_out=0, shots=())
    return done(nothing, coverage=coverage)


def _watched(job: Job, one: _Moving) -> Result:
    """Look at what moves, once, and keep what stands for it."""
    seen, decoded = _watch(job, one)
    if not len(seen):
        raise Refused("no frame of it can be decoded", code=_NOTHING)
    parts = divide(seen, one.base, int(job.limits["max_keyframes"]))
    gathered = _gather(job, one, [_wanted(seen, frame) for frame in parts.frames], damaged=decoded.errors > 0)
    if gathered.looks is None:
        raise Refused("no frame of it could be fetched", code=_NOTHING)
    coverage = _covered(one, decoded)
    end = (coverage.of or 0.0) + _seconds(one, seen.pts[0]) if coverage.unit == "seconds" else 0.0
    shots, files = _shots(one, seen, parts, gathered.frames, end)
    body = Keyframes(
        source=one.source, stream=int(one.stream["index"]) if one.stream else 0, origin=float(one.origin),
        frames=len(seen), every=parts.every, left_out=len(parts.kept) + len(parts.left_out) - len(shots), shots=shots,
    )  # fmt: skip
    made = [job.put(file, role=f"frame/{n}", media_type="image/jpeg", keep=False) for n, file in enumerate(files)]
    made.append(job.put(gathered.looks, role=LOOKS, media_type="application/x-npy", keep=False))
    return done(body, coverage=_without(coverage, one, seen, parts, gathered.frames), derivatives=made)


# --- what moves


def _picture(job: Job) -> _Moving | None:
    """Find what moves in a picture: it has frames and times itself, or a film is hidden in it."""
    shape, picture = job.body(Kind.FORMAT), job.body(Kind.PROBE)["picture"]
    if picture["frames"] > 1 and shape["media_type"] in _ANIMATIONS:
        return _Moving(
            source="animation", path=job.path, base=Fraction(1, 1000), origin=Fraction(0), seen={}, stream=None,
            frames=picture["frames"],
        )  # fmt: skip
    film = job.scratch / "film.mp4"
    with job.path.open("rb") as file:
        return _film(job, film, _HIDDEN) if copy_film(file, job.asset.bytes, film) else None


def _film(job: Job, path: Path, source: Literal["video", "motion_photo"]) -> _Moving | None:
    seen = job.tools.probe(path)
    moving = (one for one in seen["streams"] if one.get("codec_type") == "video" and not still(roles(one)))
    stream = next(moving, None)
    if stream is None:
        return None
    origin = beginning(seen["format"])
    base = ratio(stream.get("time_base")) or Fraction(1, 1000)
    frames = counted(seen["streams"], stream["index"])
    return _Moving(source=source, path=path, base=base, origin=origin, seen=seen, stream=stream, frames=frames)


def _damaged(job: Job) -> bool:
    """Tell whether the decoder complained when it was measured: only one thread then repeats itself exactly."""
    probed = job.known[Kind.PROBE].coverage
    return probed is not None and (probed.partial or not {"decode_error", "decode_warnings"}.isdisjoint(probed.flags))


def _watch(job: Job, one: _Moving) -> tuple[Seen, Frames]:
    """Decode it once; again, by one thread, where the decoder complains for the first time."""
    glances = Glances()
    if one.stream is None:
        decoded = job.tools.glance_pictures(one.path, glances.take)
        return glances.finish(), decoded
    stream, damaged = int(one.stream["index"]), _damaged(job)
    decoded = job.tools.glance(one.path, stream, glances.take, damaged=damaged)
    if decoded.errors and not damaged:
        glances = Glances()
        decoded = job.tools.glance(one.path, stream, glances.take, damaged=True)
    return glances.finish(), decoded


def _wanted(seen: Seen, frame: int) -> Wanted:
    return Wanted(
        index=frame, at=seen.instant(frame), after_key=seen.after_key(frame), luma=seen.luma[frame],
        spread=seen.spread[frame],
    )  # fmt: skip


def _gather(job: Job, one: _Moving, wanted: Sequence[Wanted], *, damaged: bool) -> Gathered:
    if one.stream is None:
        return job.tools.fetch_pictures(one.path, wanted, job.scratch)
    return job.tools.fetch(one.path, one.stream, wanted, job.scratch, damaged=damaged)


def _seconds(one: _Moving, pts: int) -> float:
    return float(pts * one.base - one.origin)


def _shots(
    one: _Moving, seen: Seen, parts: Parts, frames: Sequence[Fetched | None], end: float
) -> tuple[tuple[Shot, ...], list[Path]]:
    """Describe the parts whose frame is there; the last ends where the recording does."""
    shots: list[Shot] = []
    files: list[Path] = []
    for part, frame, file in zip(parts.kept, parts.frames, frames, strict=True):
        if file is None:
            continue
        start, after = _span(one, seen, part)
        shots.append(
            Shot(
                start=start, end=end if part.after == len(seen) and end > _seconds(one, seen.pts[-1]) else after,
                t=_seconds(one, seen.pts[frame]), pts=seen.pts[frame],
                time_base=f"{one.base.numerator}/{one.base.denominator}", frame=frame, width=file.width,
                height=file.height, shot=part.shot, begins=part.begins,
            )
        )  # fmt: skip
        files.append(file.file)
    return tuple(shots), files


def _span(one: _Moving, seen: Seen, part: Part) -> tuple[float, float]:
    """Return start and end of a part; the last frame is shown as long as the one before it."""
    last = seen.pts[part.after - 1]
    step = last - seen.pts[part.after - 2] if part.after > 1 else 0
    after = seen.pts[part.after] if part.after < len(seen) else last + step
    return _seconds(one, seen.pts[part.first]), _seconds(one, after)


# --- how much of it


def _covered(one: _Moving, decoded: Frames) -> Coverage:
    if one.stream is None:
        of = one.frames or decoded.frames
        gaps = ((float(decoded.frames), float(of), _LOST),) if decoded.frames < of else ()
        return Coverage(unit="frames", of=of, read=decoded.frames, gaps=gaps)
    container = str(one.seen["format"].get("format_name") or "")
    with one.path.open("rb") as file:
        flags = cut_short(container, file)
    whole = seconds(one.stream) or number(one.seen["format"].get("duration"))
    claim = whole if promised(container) and not flags else None
    rate = ratio(one.stream.get("avg_frame_rate")) or ratio(one.stream.get("r_frame_rate"))
    measured = Measured(lasted=decoded.seconds, errors=decoded.errors, clean=decoded.clean, frames=decoded.frames)
    size = one.path.stat().st_size
    return measured.covered(
        declared=claim, size=size, rate=float(rate) if rate else None, frames=one.frames, flags=flags
    )


def _without(coverage: Coverage, one: _Moving, seen: Seen, parts: Parts, frames: Sequence[Fetched | None]) -> Coverage:
    """Name the spans that no frame stands for, in the unit of the coverage."""
    lost = [(part, _LOST) for part, file in zip(parts.kept, frames, strict=True) if file is None]
    gaps: list[tuple[float, float, str]] = []
    for part, code in sorted([*lost, *((part, _BEYOND) for part in parts.left_out)], key=lambda found: found[0].first):
        start, end = _span(one, seen, part) if one.stream else (float(part.first), float(part.after))
        if gaps and gaps[-1][1:] == (round(start, 3), code):
            gaps[-1] = (gaps[-1][0], round(end, 3), code)
        else:
            gaps.append((round(start, 3), round(end, 3), code))
    wider = ("frames_further_apart",) if parts.every > EVERY else ()
    if not gaps:
        return replace(coverage, flags=(*coverage.flags, *wider))
    read = max(0.0, round(coverage.read - sum(end - start for start, end, _ in gaps), 3))
    notes = (*coverage.flags, *wider, *(("ceiling",) if parts.left_out else ()))
    return replace(coverage, read=read, gaps=tuple(sorted((*coverage.gaps, *gaps))), flags=tuple(sorted(notes)))
