"""Stated: every statement of a place in metadata, tracks, side-cars, texts and file names."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.core.claims import BARE, VOID, Stated
from pipeline.core.mentions import LookUp, Mention, mentions
from pipeline.core.position import Position, Source, positions
from pipeline.core.sidecars import Beside
from pipeline.core.tracks import SMALL_JUMP_M, Fix, Track, apart, simplify
from pipeline.core.written_coordinates import Written, short_plus_codes, written

# How much a source is believed before anything else is known. XMP is written by editing programs as
# well as by cameras; a receiver that says that it had no fix is hardly a witness; what a person says
# or writes is where something is, seldom where the camera was.
_TRUST: dict[str, float] = {"exif": 0.9, "container": 0.9, "xmp": 0.8}
_OTHER_DATUM = 0.6
_TRACK = 0.95
_BROKEN_TRACK = 0.6
_BESIDE = {"srt": 0.85, "gpx": 0.6, "xmp": 0.7, "json": 0.5}
_OF_CAMERA = 0.8
_OTHER_TIME = 0.3
_WRITTEN = 0.5
_BARE = VOID
_NAMED = 0.2
_NAMED_MOST = 0.35
_DOUBTED = 0.7
_IN_TAGS = 3.7

_NAMING_TAGS = re.compile(
    r"(?:City|Sub-?location|Location(?:Name|Created\w*|Shown\w*)?|State|Province-State|Country(?:-PrimaryLocationName)?"
    r"|Headline|Caption-Abstract|Description|ImageDescription|Title|ObjectName|Keywords|Subject|UserComment|comment|title"
    r"|description|keywords)\Z"
)
_PLACE_TAGS = re.compile(r"(?:City|Sub-?location|Location\w*)\Z")
_SEPARATORS = re.compile(r"[_\W\d]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text to look into. ``doubted``: whoever read or translated it is marked low for the language."""

    text: str
    language: str | None
    source: Source
    found_in: str
    t: float | None = None
    doubted: bool = False
    place: bool = False
    """Whether all of it is meant to be a place's name."""
    acquisition: tuple[str, int] | None = None


def of_metadata(raw: Mapping[str, str]) -> Iterator[Stated]:
    """Yield the positions of raw tags."""
    for one in positions(raw):
        yield Stated(
            lat=one.lat, lon=one.lon, radius_m=one.radius_m, source=one.source, text=one.text, notes=one.notes,
            confidence=_trust(one), found_in="metadata",
        )  # fmt: skip


def _trust(one: Position) -> float:
    if "void_fix" in one.notes:
        return VOID
    return min(_TRUST[one.source], _OTHER_DATUM if "other_datum" in one.notes else 1.0)


def of_track(fixes: Iterable[Fix]) -> Iterator[Stated]:
    """Yield where an embedded track begins and, where it goes somewhere, where it ends."""
    track = simplify(fixes)
    if track:
        yield from _ends(track, "gps_track", _TRACK, "track in the recording")


def of_sidecar(beside: Beside, acquisition: tuple[str, int]) -> Iterator[Stated]:
    """Yield what a side-car states."""
    track = simplify(beside.fixes)
    if track:
        trust = _OF_CAMERA if "of_camera" in beside.notes else _BESIDE[beside.kind]
        trust = min(trust, _OTHER_TIME if "another_time" in beside.notes else 1.0)
        yield from _ends(
            track, "sidecar", trust, beside.text, acquisition=acquisition, notes=(beside.kind, *beside.notes)
        )


def _ends(
    track: Track,
    source: Source,
    trust: float,
    text: str,
    *,
    acquisition: tuple[str, int] | None = None,
    notes: tuple[str, ...] = (),
) -> Iterator[Stated]:
    first, last = track.fixes[0], track.fixes[-1]
    broken = bool(track.jumps)
    moved = apart((first.lat, first.lon), (last.lat, last.lon)) > SMALL_JUMP_M
    for one, note in ((first, "first"), (last, "last")) if moved else ((first, "first"),):
        yield Stated(
            lat=one.lat, lon=one.lon, radius_m=one.radius_m, source=source, text=text, t=one.t,
            times=() if one.t is None else (one.t,), confidence=min(trust, _BROKEN_TRACK if broken else 1.0),
            notes=(*notes, *((note,) if track.count > 1 else ()), *(("jumps",) if broken else ())),
            acquisition=acquisition, found_in="sidecar" if acquisition else "track",
            track=track if track.count > 1 else None,
        )  # fmt: skip


def naming_tags(raw: Mapping[str, str]) -> Iterator[Passage]:
    """Yield the tags in which people write where something is, each text once."""
    seen = set()
    for key, value in raw.items():
        tool, _, rest = key.partition(":")
        group, _, tag = rest.partition(":")
        if tool == "exifread" or not _NAMING_TAGS.match(tag) or (tag, value) in seen or not value.strip():
            continue
        seen.add((tag, value))
        image = tool == "exiftool" and group.startswith(("IFD", "Exif", "IPTC", "GPS"))
        source: Source = "xmp" if group.startswith("XMP") else "exif" if image else "container"
        place = bool(_PLACE_TAGS.match(tag))
        yield Passage(text=value[:2000], language=None, source=source, found_in="tags", place=place)


def of_name(name: str, acquisition: tuple[str, int]) -> tuple[Passage, Passage]:
    """Return the passages of a file name: as figures, and as words."""
    stem = PurePosixPath(name).stem
    figures = Passage(text=stem.replace("_", ", "), language=None, source="filename", found_in="filename",
                      acquisition=acquisition)  # fmt: skip
    return figures, replace(figures, text=_SEPARATORS.sub(" ", stem).strip())


def of_figures(passage: Passage) -> Iterator[Stated]:
    """Yield the coordinates written in a passage."""
    for one in written(passage.text, passage.language):
        yield _written(passage, one, passage.text[one.start : one.end])


def _written(passage: Passage, one: Written, text: str) -> Stated:
    source: Source = "written" if passage.source in {"mention", "sign"} else passage.source
    bare = one.bare and passage.found_in != "filename"  # who names a file after two numbers means a place
    return Stated(
        lat=one.lat, lon=one.lon, radius_m=one.radius_m, source=source, text=text,
        notes=(one.notation, *((BARE,) if bare else ())), t=passage.t, times=_times(passage),
        confidence=(_BARE if bare else _WRITTEN) * (_DOUBTED if passage.doubted else 1.0),
        acquisition=passage.acquisition, found_in=passage.found_in,
    )  # fmt: skip


def _times(passage: Passage) -> tuple[float, ...]:
    return () if passage.t is None else (passage.t,)


def of_names(
    passage: Passage, look_up: LookUp, countries: frozenset[str], at: int
) -> tuple[list[Stated], tuple[Mention, ...]]:
    """Return the places named in a passage, and the mentions that they rest on; ``at`` numbers the passage."""
    text = f"city of {passage.text}" if passage.place else passage.text
    shift = len(text) - len(passage.text)
    found, _ = mentions(text, passage.language, look_up, countries)
    stated = []
    for one in found:
        if not _fits(passage, one, shift):
            continue
        for known, share in one.places:
            trust = min(_NAMED + 0.05 * (one.evidence - 2.7), _NAMED_MOST) * (_DOUBTED if passage.doubted else 1.0)
            stated.append(Stated(
                lat=known.lat, lon=known.lon, radius_m=known.radius_m, source=passage.source,
                text=text[one.start : one.end], confidence=trust * share, t=passage.t, times=_times(passage),
                notes=("named", *(("ambiguous",) if share < 1 else ()), *((known.kind,) if known.own else ())),
                acquisition=passage.acquisition, found_in=passage.found_in, place=known.id, name=known.name,
                parent=known.parent, words=(passage.found_in, at, one.start - shift), share=share,
            ))  # fmt: skip
    return stated, found


def _fits(passage: Passage, one: Mention, shift: int) -> bool:
    """Tell whether a name counts: of a tag for places all of it must be the name; other tags name persons, too."""
    if passage.found_in != "tags":
        return True
    if passage.place:
        return one.start <= shift and one.end >= shift + len(passage.text.rstrip())
    return one.evidence >= _IN_TAGS


def of_short_codes(passage: Passage, named: Sequence[Stated]) -> Iterator[Stated]:
    """Yield short plus codes, which are complete only beside a place that the same passage names."""
    clear = [one for one in named if one.share == 1]
    if not clear:
        return
    for start, end, read in short_plus_codes(passage.text):
        square = read((clear[0].lat, clear[0].lon))
        if square:
            one = Written(
                lat=square.lat, lon=square.lon, radius_m=square.radius_m, notation="plus", start=start, end=end
            )
            yield _written(passage, one, f"{passage.text[start:end]} ({clear[0].text})")
