"""Identify: what an asset is by its bytes, whatever its name says."""

from collections.abc import Mapping
from typing import Any, Literal

from pipeline.core.body import Body
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.pointers import points_elsewhere, read_text, text_type
from pipeline.core.signatures import HEAD, Signature, recognise
from pipeline.core.streams import roles, still
from pipeline.errors import Refused
from pipeline.stages.base import Job, Result, done, stage

_CERTAIN = 50
"""ffprobe's score from which a format without a signature of ours is believed; chance matches score 25 or less."""

_SOUND_ONLY = {
    "video/mp4": "audio/mp4",
    "video/x-m4v": "audio/mp4",
    "video/3gpp": "audio/3gpp",
    "video/3gpp2": "audio/3gpp2",
    "video/webm": "audio/webm",
    "video/x-matroska": "audio/x-matroska",
    "video/ogg": "audio/ogg",
    "video/x-ms-asf": "audio/x-ms-wma",
}


class Format(Body):
    """What the bytes are. ``flags``: ``animated``, ``unreadable_header``, ``no_picture_or_sound``."""

    media: Literal["image", "video", "audio", "other"]
    media_type: str
    container: str | None
    puid: str | None
    flags: tuple[str, ...]


@stage(
    version=1, reads=(), writes=Kind.FORMAT, media=None, tools=("ffmpeg",),
    limits=("max_pixels", "max_streams", "tool_seconds", "stall_seconds", "memory_bytes", "answer_bytes"),
)  # fmt: skip
def identify(job: Job) -> Result:
    """Say what the bytes are, by content alone; a file that only points elsewhere is refused."""
    with job.path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Refused("the file has no bytes", code="E-MEDIA-001")
    coverage = Coverage(unit="bytes", of=min(job.asset.bytes, HEAD), read=len(head))
    return done(_name(job, head), coverage=coverage)


def _name(job: Job, head: bytes) -> Format:
    found = recognise(head)
    if found is None:
        text = read_text(head)
        return _text(text) if text is not None else _unknown(job)
    if found.media in {Media.IMAGE, Media.OTHER}:
        return _said(found, found.media)
    return _by_streams(job, found)


def _said(found: Signature, media: Media, flag: str | None = None) -> Format:
    sound_only = media is Media.AUDIO and found.media is Media.VIDEO
    media_type = _SOUND_ONLY.get(found.media_type, found.media_type) if sound_only else found.media_type
    flags = (*found.flags, flag) if flag else found.flags
    return Format(media=media.value, media_type=media_type, container=found.container, puid=found.puid, flags=flags)


def _text(text: str) -> Format:
    if pointer := points_elsewhere(text):
        raise Refused(f"{pointer}: it only points to other files", code="E-MEDIA-003")
    media_type, puid = text_type(text)
    return Format(media="other", media_type=media_type, container=None, puid=puid, flags=())


def _by_streams(job: Job, found: Signature) -> Format:
    """Let the streams tell picture from sound; a header that cannot be read leaves the signature's word."""
    try:
        seen = job.tools.probe(job.path)
    except Refused as err:
        if err.code == "E-MEDIA-003":
            raise
        return _said(found, found.media, "unreadable_header")
    media = _media_of(seen)
    return _said(found, media) if media else _said(found, found.media, "no_picture_or_sound")


def _unknown(job: Job) -> Format:
    """Ask ffprobe about bytes without a signature: some formats have none."""
    try:
        seen = job.tools.probe(job.path)
    except Refused as err:
        if err.code != "E-MEDIA-002":
            raise
        seen = {}
    shape: Mapping[str, Any] = seen.get("format") or {}
    media = _media_of(seen) if int(shape.get("probe_score") or 0) >= _CERTAIN else None
    if media is None:
        return Format(media="other", media_type="application/octet-stream", container=None, puid=None, flags=())
    container = str(shape.get("format_name") or "unknown").partition(",")[0]
    named = Signature(media_type=f"{media}/x-{container}", container=container, media=media)
    return _said(named, media)


def _media_of(seen: Mapping[str, Any]) -> Media | None:
    """Tell moving pictures from sound; a cover or a thumbnail is no moving picture."""
    streams: list[Mapping[str, Any]] = seen.get("streams") or []
    if any(one.get("codec_type") == "video" and not still(roles(one)) for one in streams):
        return Media.VIDEO
    if any(one.get("codec_type") == "audio" for one in streams):
        return Media.AUDIO
    return None
