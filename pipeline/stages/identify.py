"""Identify: what an asset is by its bytes, whatever its name says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pipeline.core.body import Body
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.pointers import points_elsewhere, read_text, text_type
from pipeline.core.polyglots import look
from pipeline.core.references import tracks_elsewhere
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


_BYTES = "application/octet-stream"
_RICH_TEXT = "application/rtf"
_FILMS = frozenset({"mp4", "mov", "3gp"})
_UNOPENED = {"zip": "archive", "gzip": "archive", "7z": "archive", "rar": "archive", "pdf": "document",
             "ole2": "document"}  # fmt: skip
_SORTS = (
    (("Aggregate",), "archive"),
    (("Word Processor", "Spreadsheet", "Presentation", "Page Description", "Database", "Email"), "document"),
)
"""Classes of the PRONOM registry."""


class Format(Body):
    """What the bytes are.

    ``flags``: ``animated``, ``unreadable_header``, ``no_picture_or_sound``; ``archive`` and ``document``, which may
    hold what was not looked at; ``tracks_elsewhere``: part of it lies in other files; ``motion_photo``;
    ``appended_data`` after its end; ``polyglot`` with ``polyglot:<what>`` where another program would open
    something else.
    """

    media: Literal["image", "video", "audio", "other"]
    media_type: str
    container: str | None
    puid: str | None
    flags: tuple[str, ...]


@stage(
    version=2, reads=(), writes=Kind.FORMAT, media=None, tools=("ffmpeg", "pygfried"),
    limits=(
        "max_pixels", "max_streams", "tool_seconds", "stall_seconds", "memory_bytes", "picture_memory_bytes",
        "answer_bytes",
    ),
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
        return _registered(job, _text(text) if text is not None else _unknown(job))
    if found.media is Media.OTHER:
        return _registered(job, _said(found, found.media, _UNOPENED.get(found.container)))
    with job.path.open("rb") as file:
        flags = look(file, found)
        outside, tracks = tracks_elsewhere(file) if found.container in _FILMS else (0, 0)
    if outside and outside == tracks:
        raise Refused("a film whose tracks lie in other files: it only points to them", code="E-MEDIA-003")
    found = replace(found, flags=(*found.flags, *flags, *(("tracks_elsewhere",) if outside else ())))
    return _registered(job, _said(found, found.media) if found.media is Media.IMAGE else _by_streams(job, found))


def _registered(job: Job, said: Format) -> Format:
    """Add what the PRONOM registry knows and our own signatures do not: they decide where they are certain."""
    if said.puid is not None or (named := job.tools.name(job.path)) is None:
        return said
    if said.media_type != _BYTES:
        return said.model_copy(update={"puid": named.puid})
    kind = next((flag for words, flag in _SORTS if any(word in named.sort for word in words)), None)
    flags = (*said.flags, kind) if kind else said.flags
    return said.model_copy(update={"puid": named.puid, "media_type": named.media_type or _BYTES, "flags": flags})


def _said(found: Signature, media: Media, flag: str | None = None) -> Format:
    sound_only = media is Media.AUDIO and found.media is Media.VIDEO
    media_type = _SOUND_ONLY.get(found.media_type, found.media_type) if sound_only else found.media_type
    flags = (*found.flags, flag) if flag else found.flags
    return Format(media=media.value, media_type=media_type, container=found.container, puid=found.puid, flags=flags)


def _text(text: str) -> Format:
    if pointer := points_elsewhere(text):
        raise Refused(f"{pointer}: it only points to other files", code="E-MEDIA-003")
    media_type, puid = text_type(text)
    flags = ("document",) if media_type == _RICH_TEXT else ()
    return Format(media="other", media_type=media_type, container=None, puid=puid, flags=flags)


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
        return Format(media="other", media_type=_BYTES, container=None, puid=None, flags=())
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
