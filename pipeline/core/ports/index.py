"""Ports of finding: what of a document can be searched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One searchable passage: text or position, where it stands, which enrichment says so."""

    field: str
    text: str
    enrichment: str
    media: str
    language: str | None = None
    t: float | None = None
    end: float | None = None
    lat: float | None = None
    lon: float | None = None
    of_acquisition: tuple[str, int] | None = None
    source_identifying: bool = False
    partial: bool = False
    """Whether the stage that says so, or one that it rests on, read only a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What a copy of a picture, or of a stream of sound, is found by.

    ``values``: of a picture its PDQ as it is and in seven more orientations, none when it is flat; of sound
    its chromaprint, 4 bytes a value. ``windows`` as a fingerprint spells them. ``t`` in seconds of the item.
    """

    enrichment: str
    sound: bool
    t: float | None
    place: int | None
    """The number of the keyframe, or of the stream."""
    width: int | None = None
    height: int | None = None
    values: tuple[bytes, ...] = ()
    windows: str = ""
    of_acquisition: tuple[str, int] | None = None
