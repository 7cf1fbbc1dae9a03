"""Probe: what the container promises, what decodes, and every tag that anybody wrote into it."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from pipeline.core.body import Body, Seconds
from pipeline.core.extent import Measured, cut_short, promised
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.ports.media import RATE
from pipeline.core.recorded import recorded
from pipeline.core.streams import counted, number, ratio, roles, rotation, seconds, still, whole
from pipeline.core.tags import complains, first, identifying, raw_tags
from pipeline.core.wave_header import promised_seconds
from pipeline.errors import Refused
from pipeline.stages.base import DECODING, TAGS, Job, Result, done, stage

_NOTHING = "E-MEDIA-002"
_UNDECODED = "U-CODEC-001"
_BEYOND_DECODER = ("image/hei", "image/x-", "image/jxl")
"""Pictures that the decoder may not know (HEIF, camera raw …): their metadata is evidence all the same."""
_PREVIEW = "raw_preview"
"""The flag of a camera's raw picture: what was decoded is the photograph that the camera put beside it."""


class Stream(Body):
    """One stream. ``start`` counts from the container's own start; ``rotation`` is clockwise, to show it upright."""

    index: int
    type: str
    codec: str | None
    width: int | None
    height: int | None
    rotation: int | None
    fps: str | None
    time_base: str | None
    start: Seconds | None
    duration: Seconds | None
    channels: int | None
    sample_rate: int | None
    language: str | None
    disposition: tuple[str, ...]


class Created(Body):
    """When it says it was made: UTC where a zone is known, as written, the zone, and the tag that says so."""

    value: str | None
    original: str
    zone: str | None
    tag: str


class Camera(Body):
    """The device that it says made it."""

    make: str | None
    model: str | None


class Still(Body):
    """A picture as stored; ``orientation`` is EXIF's 1 to 8.

    HEIF is turned by its decoder: 1. Of a camera's raw picture it is the photograph inside: ``raw_preview``.
    """

    width: int
    height: int
    orientation: int
    frames: int  # one more than ``max_pictures`` where the flag frames_cut says that there are more


class Tags(Body):
    """Every raw tag, ``tool:group:tag`` → text."""

    raw: dict[str, str]


class Probe(Body):
    """Claims beside what was decoded. ``source_identifying`` names the members that may lead to a source."""

    duration_declared: Seconds | None
    duration_decoded: Seconds | None
    streams: tuple[Stream, ...]
    picture: Still | None
    created_at: Created | None
    camera: Camera
    tags: Tags
    source_identifying: tuple[str, ...]
    flags: tuple[str, ...]


@stage(
    version=3, writes=Kind.PROBE, tools=("ffmpeg", "exiftool", "exifread", "pillow", "pillow-heif"),
    limits=(*DECODING, "picture_memory_bytes", "output_bytes", "max_frames", "max_seconds", "max_pictures", *TAGS),
)  # fmt: skip
def probe(job: Job) -> Result:
    """Say what it holds: streams, tags, and how much of it decodes; nothing decodable is refused."""
    shape = job.body(Kind.FORMAT)
    notes: list[str] = []
    metadata = _readable(job.tools.metadata, job, notes)
    seen: Mapping[str, Any] = {}
    streams: tuple[Stream, ...] = ()
    image = declared = decoded = None
    if shape["media"] == Media.IMAGE:
        image, coverage = _picture(job, str(shape["media_type"]), metadata)
    else:
        seen = job.tools.probe(job.path)
        streams, declared = _streams(seen), number((seen.get("format") or {}).get("duration"))
        with job.path.open("rb") as file:
            promise = promised_seconds(file)
        if promise:  # of a cut WAVE file ffprobe tells what is left; its header tells what there was
            declared = promise
            streams = tuple(one.model_copy(update={"duration": round(promise, 3)}) for one in streams)
        decoded, coverage = _decode(job, seen, streams, declared)
    exif = _readable(job.tools.exif, job, notes)
    notes += coverage.flags if image else ()
    notes += ["frames_cut"] if image and image.frames > job.limits["max_pictures"] else []
    raw, cut = raw_tags(seen, metadata, exif, most=job.limits["max_tags"], longest=job.limits["max_tag_characters"])
    if complains(raw):
        notes.append("metadata_damaged")
    created = recorded(raw)
    body = Probe(
        duration_declared=declared, duration_decoded=decoded, streams=streams, picture=image,
        created_at=Created(value=created.value, original=created.original, zone=created.zone, tag=created.tag)
        if created else None,
        camera=_camera(raw), tags=Tags(raw=raw),
        source_identifying=("camera", *(f"tags.raw.{key}" for key in identifying(raw))),
        flags=tuple(sorted({*notes, *cut})),
    )  # fmt: skip
    return done(body, coverage=coverage)


def _readable(read: Callable[..., Mapping[str, Any]], job: Job, notes: list[str]) -> Mapping[str, Any]:
    """Read tags; damaged ones take nothing away from the pixels and the sound beside them."""
    try:
        return read(job.path)
    except Refused:
        notes.append("metadata_unreadable")
        return {}


def _camera(raw: Mapping[str, str]) -> Camera:
    make = first(raw, "IFD0:Make", "Keys:Make", "com.apple.quicktime.make", "com.android.manufacturer", "Make")
    model = first(raw, "IFD0:Model", "Keys:Model", "com.apple.quicktime.model", "com.android.model", "Model")
    return Camera(make=make, model=model)


# --- pictures


def _picture(job: Job, media_type: str, metadata: Mapping[str, Any]) -> tuple[Still, Coverage]:
    try:
        seen = job.tools.picture(job.path)
    except Refused as err:
        beyond = err.code == _UNDECODED or (err.code == _NOTHING and media_type.startswith(_BEYOND_DECODER))
        image = _described(metadata) if beyond else None
        if image is None:
            raise
        gap = (0.0, float(image.height), str(err.code))
        return image, Coverage(unit="rows", of=image.height, read=0, gaps=(gap,))
    if seen.rows <= 0:
        raise Refused("not one row of the picture could be decoded", code=_NOTHING)
    gaps = ((float(seen.rows), float(seen.height), "E-MEDIA-007"),) if seen.rows < seen.height else ()
    image = Still(width=seen.width, height=seen.height, orientation=seen.orientation, frames=seen.frames)
    flags = tuple(name for name, so in ((_PREVIEW, seen.preview), ("chunks_left_out", seen.left_out)) if so)
    return image, Coverage(unit="rows", of=seen.height, read=min(seen.rows, seen.height), gaps=gaps, flags=flags)


def _described(metadata: Mapping[str, Any]) -> Still | None:
    """Take the measures from the metadata when no decoder knows the picture."""
    named = {key.rpartition(":")[2]: value for key, value in sorted(metadata.items())}
    width, height = whole(named.get("ImageWidth")), whole(named.get("ImageHeight"))
    if not width or not height or min(width, height) < 0:
        return None
    return Still(width=width, height=height, orientation=whole(named.get("Orientation")) or 1, frames=1)


# --- recordings


def _streams(seen: Mapping[str, Any]) -> tuple[Stream, ...]:
    origin = number((seen.get("format") or {}).get("start_time")) or 0.0
    return tuple(_stream(one, origin) for one in seen.get("streams") or [])


def _stream(one: Mapping[str, Any], origin: float) -> Stream:
    tags, start = one.get("tags") or {}, number(one.get("start_time"))
    rates = (ratio(one.get(name)) for name in ("avg_frame_rate", "r_frame_rate"))
    fps = next((rate for rate in rates if rate), None) if one.get("codec_type") == "video" else None
    base = ratio(one.get("time_base"))
    return Stream(
        index=int(one["index"]), type=str(one.get("codec_type") or "unknown"), codec=one.get("codec_name"),
        width=whole(one.get("width")), height=whole(one.get("height")), rotation=rotation(one),
        fps=str(fps) if fps else None, time_base=f"{base.numerator}/{base.denominator}" if base else None,
        start=None if start is None else start - origin, duration=seconds(one),
        channels=whole(one.get("channels")), sample_rate=whole(one.get("sample_rate")),
        language=tags.get("language"), disposition=roles(one),
    )  # fmt: skip


def _decode(
    job: Job, seen: Mapping[str, Any], streams: tuple[Stream, ...], declared: float | None
) -> tuple[float, Coverage]:
    """Decode the picture once, to nothing; the sound only where there is no picture to time it by."""
    container = str((seen.get("format") or {}).get("format_name") or "")
    with job.path.open("rb") as file:
        flags = cut_short(container, file)
    refusal: Refused | None = None
    moving = next((one for one in streams if one.type == "video" and not still(one.disposition)), None)
    sounding = next((one for one in streams if one.type == "audio"), None)
    for one, measure in ((moving, _watch), (sounding, _listen)):
        if one is None:
            continue
        try:
            found = measure(job, one)
        except Refused as err:
            if err.code not in {_NOTHING, _UNDECODED}:
                raise
            refusal = err
            continue
        if found.lasted is None:
            continue
        rate = float(Fraction(one.fps)) if one.fps else None
        claim = (one.duration or declared) if promised(container) and not flags else None
        covered = found.covered(
            declared=claim, size=job.asset.bytes, rate=rate, frames=counted(seen["streams"], one.index), flags=flags
        )
        return found.sounding, covered if one is (moving or sounding) else _sound_alone(covered)
    raise refusal or Refused("no picture and no sound in it can be decoded", code=_NOTHING)


def _sound_alone(covered: Coverage) -> Coverage:
    """Mark that the picture, which should have been the measure, gave nothing."""
    gap = (0.0, covered.of or covered.read, _NOTHING)
    return Coverage(unit="seconds", of=covered.of, read=covered.read, gaps=(gap,), flags=covered.flags)


def _watch(job: Job, one: Stream) -> Measured:
    seen = job.tools.decode_video(job.path, one.index)
    lasted = seen.seconds if seen.frames else None
    return Measured(lasted=lasted, errors=seen.errors, clean=seen.clean, frames=seen.frames)


def _listen(job: Job, one: Stream) -> Measured:
    pcm = job.scratch / "measure.pcm"
    heard = job.tools.decode_audio(job.path, one.index, pcm)
    pcm.unlink(missing_ok=True)
    lasted = heard.samples / RATE if heard.samples else None
    return Measured(lasted=lasted, errors=heard.errors, clean=heard.clean, holes=heard.holes)
