"""Previews: what a person is shown of an asset: a thumbnail, a contact sheet, a film that any browser plays.

Previews are always made anew from decoded pixels and samples, also where the original would play as it is: it
carries tags, positions and bytes that nobody looked at, and a preview must carry none of them. A picture that
browsers show gets a thumbnail alone; one that they do not (HEIF, TIFF, raw …) also a larger ``proxy``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline.core.body import Body, Fraction01, Seconds
from pipeline.core.model import Coverage, Derivative, Kind, Media
from pipeline.core.ports.media import THUMBNAIL
from pipeline.core.streams import still
from pipeline.errors import Refused
from pipeline.stages.base import DECODING, LOOKS, Job, Result, done, stage

PROXY = 1600
"""Pixels of the longest side."""

_CELLS = 36
_MOST_SOUNDS = 4
_JPEG, _MP4 = "image/jpeg", "video/mp4"
_SHOWN_BY_BROWSERS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"})
_NOTHING = "E-MEDIA-002"


class Cell(Body):
    """A picture of the contact sheet: which of the keyframes it is, when it is shown, and where it stands."""

    number: int
    t: Seconds
    box: tuple[Fraction01, Fraction01, Fraction01, Fraction01]


class Preview(Body):
    """One preview, the derivative of the same role; ``t`` is when its picture is shown, of a recording."""

    role: str
    media_type: str
    width: int
    height: int
    t: Seconds | None
    cells: tuple[Cell, ...]


class Missing(Body):
    """A preview that could not be made, and why."""

    role: str
    code: str


class Previews(Body):
    """What there is to show. Its times count from the item's own start, as those of all stages."""

    previews: tuple[Preview, ...]
    missing: tuple[Missing, ...]


class _Made:
    """The previews made so far."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.previews: list[Preview] = []
        self.files: list[Derivative] = []
        self.missing: list[Missing] = []

    def add(self, role: str, size: tuple[int, int], *, t: float | None = None, cells: Sequence[Cell] = ()) -> None:
        media_type = _MP4 if role == "proxy" and self.job.body(Kind.FORMAT)["media"] == Media.VIDEO else _JPEG
        file = self.job.scratch / (f"{role}.mp4" if media_type == _MP4 else f"{role}.jpg")
        self.files.append(self.job.put(file, role=role, media_type=media_type, keep=True))
        self.previews.append(
            Preview(role=role, media_type=media_type, width=size[0], height=size[1], t=t, cells=tuple(cells))
        )

    def lacks(self, role: str, code: str) -> None:
        self.missing.append(Missing(role=role, code=code))


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES,), writes=Kind.PREVIEWS, media=(Media.IMAGE, Media.VIDEO),
    tools=("ffmpeg", "exiftool", "pillow", "pillow-heif"),
    limits=(*DECODING, "picture_memory_bytes", "output_bytes"),
)  # fmt: skip
def previews(job: Job) -> Result:
    """Make what a person is shown, without a trace of the original's tags; what cannot be made is named."""
    made = _Made(job)
    shots: Sequence[Mapping[str, Any]] = job.body(Kind.KEYFRAMES).get("shots", ())
    image = job.body(Kind.FORMAT)["media"] == Media.IMAGE
    if image:
        _picture(made)
    if shots:
        _moving(made, shots, thumbnail=not image)
    unseen = _unseen(job) if image and not shots else None
    if unseen:
        made.lacks("contact_sheet", unseen)
    if not image:
        _film(made)
        if not shots:
            made.lacks("thumbnail", _NOTHING)
    if not made.previews:
        raise Refused("nothing of it can be shown", code=made.missing[0].code)
    body = Previews(previews=tuple(made.previews), missing=tuple(made.missing))
    return done(body, coverage=_coverage(job, unseen), derivatives=made.files)


def _unseen(job: Job) -> str | None:
    """Return why the film that a photograph hides could not be watched."""
    watched = job.known[Kind.KEYFRAMES].coverage if Kind.KEYFRAMES in job.known else None
    return next((code for *_, code in watched.gaps), None) if watched else None


def _coverage(job: Job, unseen: str | None) -> Coverage | None:
    """What was decoded can be shown; a film that could not be watched is missing at the end."""
    probed = job.known[Kind.PROBE].coverage
    if probed is None or unseen is None:
        return probed
    end = probed.of or probed.read
    return replace(probed, gaps=(*probed.gaps, (end, end, unseen)))


def _picture(made: _Made) -> None:
    job = made.job
    wanted = {"thumbnail": THUMBNAIL}
    if job.body(Kind.FORMAT)["media_type"] not in _SHOWN_BY_BROWSERS:
        wanted["proxy"] = PROXY
    for role, longest in wanted.items():
        try:
            size = job.tools.reduce(job.path, job.scratch / f"{role}.jpg", longest)
        except Refused as err:
            made.lacks(role, err.code)
        else:
            made.add(role, size)


def _moving(made: _Made, shots: Sequence[Mapping[str, Any]], *, thumbnail: bool) -> None:
    job = made.job
    looks = job.derivative(Kind.KEYFRAMES, LOOKS)
    if thumbnail:
        longest = max(range(len(shots)), key=lambda number: (shots[number]["end"] - shots[number]["start"], -number))
        size = job.tools.thumbnail(looks, longest, job.scratch / "thumbnail.jpg", THUMBNAIL)
        made.add("thumbnail", size, t=shots[longest]["t"])
    step = max(1.0, len(shots) / _CELLS)
    numbers = sorted({int(place * step) for place in range(min(len(shots), _CELLS))})
    sheet = job.tools.contact_sheet(looks, numbers, job.scratch / "contact_sheet.jpg")
    cells = [
        Cell(number=number, t=shots[number]["t"], box=box) for number, box in zip(numbers, sheet.boxes, strict=True)
    ]
    made.add("contact_sheet", (sheet.width, sheet.height), cells=cells)


def _film(made: _Made) -> None:
    job = made.job
    streams = job.tools.probe(job.path)["streams"]
    known = {one["index"]: one for one in job.body(Kind.PROBE)["streams"]}
    moving = [one for one in streams if _is(known, one, "video") and not still(known[one["index"]]["disposition"])]
    sounds = [one for one in streams if _is(known, one, "audio")]
    try:
        film = job.tools.proxy(job.path, [*moving[:1], *sounds[:_MOST_SOUNDS]], job.scratch) if moving else None
    except Refused as err:
        made.lacks("proxy", err.code)
        return
    if film is None:
        made.lacks("proxy", _NOTHING)
    else:
        made.add("proxy", film)


def _is(known: Mapping[int, Mapping[str, Any]], one: Mapping[str, Any], kind: str) -> bool:
    return one["index"] in known and known[one["index"]]["type"] == kind
