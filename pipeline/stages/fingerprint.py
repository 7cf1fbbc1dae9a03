"""Fingerprint: hashes by which a copy is found again: cut, turned, resized, coded anew, or heard elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from pipeline.core.body import Body, Seconds
from pipeline.core.extent import UNREAD, together
from pipeline.core.model import Coverage, Enrichment, Kind, Media
from pipeline.core.ports import PictureHash, Still
from pipeline.core.prints import (
    CHROMAPRINT,
    FLAT,
    GOOD,
    PDQ,
    TURNS,
    WINDOWS,
    Window,
    changes,
    spell_sound,
    spell_windows,
)
from pipeline.stages.base import LOOKING, Job, Result, done, empty, stage
from pipeline.stages.looking import covered

_MOST_WINDOWS = 32
_FEWEST_VALUES = 12
"""Values of sound, four seconds of it, below which a likeness is chance."""
_CHANGING = 0.25
"""The least share of different values in sound that is more than a tone."""


class Hash(Body):
    """One hash of a picture, or of a stream of sound.

    ``t``: when the picture is shown, or the sound starts, in seconds of the item; null for a photograph.
    ``quality``: PDQ's, 0 to 100; of sound the share of values that differ, times 100.
    """

    algorithm: str
    value: Annotated[
        str,
        Field(
            description="pdq: hexadecimal. pdq-windows: base64 of 70 bytes a window (x, y and half its side as "
            "16 bits of the longer side, least byte first; its PDQ; its PDQ mirrored). chromaprint: base64 of "
            "32 bits a value, least byte first."
        ),
    ]
    t: Seconds | None
    frame: int | None
    stream: int | None
    width: int | None
    height: int | None
    quality: int
    turned: dict[str, str]
    flags: tuple[str, ...]


class Fingerprint(Body):
    """Every hash; those flagged ``flat`` tell nothing from nothing and link nothing."""

    hashes: tuple[Hash, ...]


@stage(
    version=2, reads=(Kind.PROBE,), maybe=(Kind.KEYFRAMES, Kind.AUDIO), writes=Kind.FINGERPRINT,
    heeds=(Kind.KEYFRAMES, Kind.AUDIO), tools=("pdq", "pillow", "ffmpeg"),
    limits=(*LOOKING, "decode_seconds"),
)  # fmt: skip
def fingerprint(job: Job) -> Result:
    """Hash what is seen and what is heard; flat pictures and silence are hashed, flagged, and never enough."""
    stills = job.stills()
    hashes = [one for still in stills for one in _seen(still, job.tools.pdq(still.small, _MOST_WINDOWS))]
    hashes += [
        _heard(one["stream"], one["start"], job.tools.chromaprint(job.derivative(Kind.AUDIO, f"pcm/{one['stream']}")))
        for one in job.body(Kind.AUDIO).get("streams", ())
    ]
    body, coverage = Fingerprint(hashes=tuple(hashes)), _coverage(job, stills)
    if any(FLAT not in one.flags for one in hashes):
        return done(body, coverage=coverage)
    if lost := next((one for one in _inputs(job) if one.outcome in UNREAD), None):  # what it shows may well tell it
        return Result(outcome=lost.outcome, code=lost.code, reason=lost.reason, body=body, coverage=coverage)
    return empty("N-HASH-001", "nothing in it tells it from others", body=body, coverage=coverage)


def _seen(still: Still, found: PictureHash) -> list[Hash]:
    """Return the hash of the whole picture, and that of its windows where there are good ones."""
    flags = (FLAT,) if found.quality < GOOD else ()
    common = {"t": still.t, "frame": still.frame, "stream": None, "width": still.width, "height": still.height}
    turned = {name: value.hex() for name, value in zip(TURNS, found.values[1:], strict=True)}
    whole = Hash(
        algorithm=PDQ, value=found.values[0].hex(), turned=turned, quality=found.quality, flags=flags, **common
    )
    good = [one for one in found.windows if one.quality >= GOOD]
    if not good:
        return [whole]
    windows = spell_windows(
        Window(x=one.x, y=one.y, half=one.half, value=one.value, mirrored=one.mirrored) for one in good
    )
    quality = min(one.quality for one in good)
    return [whole, Hash(algorithm=WINDOWS, value=windows, turned={}, quality=quality, flags=(), **common)]


def _heard(stream: int, start: float, values: tuple[int, ...]) -> Hash:
    share = changes(values) / len(values) if values else 0.0
    telling = share >= _CHANGING and changes(values) >= _FEWEST_VALUES
    return Hash(
        algorithm=CHROMAPRINT, value=spell_sound(values), t=start, frame=None, stream=stream, width=None, height=None,
        quality=round(share * 100), turned={}, flags=() if telling else (FLAT,),
    )  # fmt: skip


def _inputs(job: Job) -> list[Enrichment]:
    return [job.known[kind] for kind in (Kind.KEYFRAMES, Kind.AUDIO) if kind in job.known]


def _coverage(job: Job, stills: Sequence[Still]) -> Coverage:
    """What the keyframes and the sound cover is covered, and where one could not be read, it is missing.

    A photograph is one picture.
    """
    if job.body(Kind.FORMAT)["media"] == Media.IMAGE:
        return replace(covered(job, stills[:1], left_out=False), unit="pictures")
    shares = (_missing(job, one) if one.outcome in UNREAD else one.coverage for one in _inputs(job))
    return together(tuple(one for one in shares if one and one.unit == "seconds"))


def _missing(job: Job, one: Enrichment) -> Coverage:
    """All that was measured of the recording is missing of this."""
    measured = job.known[Kind.PROBE].coverage
    of = measured.of if measured else None
    lasts = measured.of or measured.read if measured else 0.0
    return Coverage(unit="seconds", of=of, read=0.0, gaps=((0.0, lasts, one.code or "E-MEDIA-007"),))
