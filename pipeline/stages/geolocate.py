"""Geolocate: every claim of where it was made, with its error, its name, and which claims agree."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pipeline.core.claims import Relations, Stated, choose, kept, relations
from pipeline.core.embedded import embedded_fixes
from pipeline.core.extent import missed
from pipeline.core.mentions import mentions, unknown_names
from pipeline.core.model import Coverage, Kind, Media
from pipeline.core.placed import Acquisition, Best, Claim, Leap, OnTrack, Places, Way
from pipeline.core.ports import Gazetteer, Geographer, Known, Place
from pipeline.core.position import Source
from pipeline.core.sidecars import in_recording
from pipeline.core.stated import (
    Passage,
    naming_tags,
    of_figures,
    of_metadata,
    of_name,
    of_names,
    of_short_codes,
    of_sidecar,
    of_track,
)  # fmt: skip
from pipeline.core.tracks import Track
from pipeline.errors import Refused
from pipeline.stages.base import Job, Result, done, empty, stage

_SETTLEMENT_M = 25_000.0
_COUNTRY_M = 100_000.0
_ASKED_TRUST = 0.2
_MOST_ASKED = 20
_LONGEST = 300
_GLOSS = "gloss"


@stage(
    version=4, reads=(Kind.PROBE,), maybe=(Kind.TRANSCRIPT, Kind.TRANSLATION, Kind.OCR), writes=Kind.PLACES,
    heeds=(Kind.TRANSCRIPT, Kind.OCR), engine=Geographer, also=(Gazetteer,), task="geolocate", tools=("exiftool",),
    limits=("tool_seconds", "memory_bytes", "picture_memory_bytes", "answer_bytes"), facts=("filename", "sidecars"),
    outside=True,
)  # fmt: skip
def geolocate(job: Job, geographer: Geographer, gazetteer: Gazetteer | None = None) -> Result:
    """Collect what states a place, name it, and weigh it against each other."""
    raw = job.body(Kind.PROBE)["tags"]["raw"]
    gaps: list[str] = []
    stated = [*of_metadata(raw), *_tracked(job, gaps), *_beside(job, gaps)]
    stated += _in_texts(job, stated, geographer, gazetteer)
    # Words that nobody read may have named a place; what was not translated was read in its own language.
    gaps += [code for kind in (Kind.TRANSCRIPT, Kind.OCR) if kind in job.known for code in missed(job.known[kind])]
    ends = tuple((float(len(raw)), float(len(raw)), code) for code in sorted(set(gaps)))
    coverage = Coverage(unit="tags", of=len(raw), read=len(raw), gaps=ends)
    found, left_out = kept(stated)
    if not found:
        return empty("N-PLACE-001", "nothing in it states a position", coverage=coverage)
    pairs = relations(found, geographer.distance)
    claims = tuple(_claim(at, one, pairs, geographer) for at, one in enumerate(found))
    chosen = choose(found, pairs)
    best = Best(claim=chosen[0], reasons=chosen[1]) if chosen else None
    return done(Places(claims=claims, best=best, left_out=left_out), coverage=coverage)


# --- what was measured


def _tracked(job: Job, gaps: list[str]) -> Iterator[Stated]:
    """Read the track of a video; one that cannot be read takes nothing away from the rest, and is said."""
    if job.body(Kind.FORMAT).get("media") != Media.VIDEO:
        return
    try:
        told = job.tools.track(job.path)
    except Refused as err:
        gaps.append(err.code)
        return
    yield from of_track(embedded_fixes(told))


def _beside(job: Job, gaps: list[str]) -> Iterator[Stated]:
    probe = job.body(Kind.PROBE)
    created = (probe.get("created_at") or {}).get("value")
    start = datetime.fromisoformat(created).timestamp() if created else None
    for one in job.acquired:
        for name, path in sorted(one.sidecars.items()):
            try:
                beside = job.tools.sidecar(path, name)
            except Refused as err:
                gaps.append(err.code)
                continue
            if beside:
                timed = in_recording(beside, start, probe.get("duration_decoded"))
                yield from of_sidecar(timed, (one.batch, one.n))


# --- what is said, written and named


def _passages(job: Job) -> Iterator[Passage]:
    for segment in job.body(Kind.TRANSCRIPT).get("segments", ()):
        yield _passage(segment, "mention", "transcript", segment.get("language"), segment.get("start"))
    for region in job.body(Kind.OCR).get("regions", ()):
        yield _passage(region, "sign", "ocr", region.get("language"), region.get("t"))
    translated = job.body(Kind.TRANSLATION)
    for segment in translated.get("segments", ()):
        if segment.get("kind") != _GLOSS:  # word by word: what stands beside a name says nothing there
            yield _passage(segment, "mention", "translation", translated.get("target"), segment.get("start"))


def _passage(one: Any, source: Source, found_in: str, language: str | None, t: float | None) -> Passage:
    return Passage(
        text=one.get("text") or "", language=language, source=source, found_in=found_in, t=t,
        doubted=one.get("reliability") in {"low", "unreliable"},
    )  # fmt: skip


def _in_texts(
    job: Job, measured: Sequence[Stated], geographer: Geographer, gazetteer: Gazetteer | None
) -> Iterator[Stated]:
    """Read coordinates and names in texts, tags and file names; what a translation repeats is no second witness."""
    named = [of_name(str(one.facts.get("filename") or ""), (one.batch, one.n)) for one in job.acquired]
    texts = [*_passages(job)]
    for passage in (*texts, *(figures for figures, _ in named)):
        yield from of_figures(passage)
    if gazetteer is None:
        return
    texts += [*naming_tags(job.body(Kind.PROBE)["tags"]["raw"]), *(words for _, words in named)]
    countries = _countries(texts, measured, geographer, gazetteer)
    said: set[str] = set()
    for at, passage in enumerate(texts):
        stated, found = of_names(passage, gazetteer.look_up, countries, at)
        yield from of_short_codes(passage, stated)
        if passage.found_in == "translation":
            stated = [one for one in stated if one.place not in said]
        said |= {one.place for one in stated if one.place and one.found_in in {"transcript", "ocr"}}
        yield from stated
        if gazetteer.asks and job.outside and passage.found_in in {"transcript", "ocr", "translation"}:
            for one in list(unknown_names(passage.text, found))[:_MOST_ASKED]:
                name = passage.text[one.start : one.end]
                yield from _asked(passage, name, gazetteer.ask(name, passage.language))


def _countries(
    texts: Sequence[Passage], measured: Sequence[Stated], geographer: Geographer, gazetteer: Gazetteer
) -> frozenset[str]:
    """Say which countries it speaks of: they tell which of several towns a name means."""
    near = (geographer.nearest(one.lat, one.lon) for one in measured)
    known = frozenset(place.code for place in near if place and place.code)
    for passage in texts:
        known |= mentions(passage.text, passage.language, gazetteer.look_up, known)[1]
    return known


def _asked(passage: Passage, name: str, answers: Sequence[Known]) -> Iterator[Stated]:
    for known in answers:
        yield Stated(
            lat=known.lat, lon=known.lon, radius_m=known.radius_m, source="geocoder", text=name, t=passage.t,
            times=() if passage.t is None else (passage.t,), confidence=_ASKED_TRUST / len(answers),
            notes=("named", *(("ambiguous",) if len(answers) > 1 else ())), found_in=passage.found_in, place=known.id,
            name=known.name, parent=known.parent, words=(name, 0, 0), share=1 / len(answers),
        )  # fmt: skip


# --- the body


def _claim(at: int, one: Stated, pairs: Relations, geographer: Geographer) -> Claim:
    near = geographer.nearest(one.lat, one.lon)
    settled = near if near and near.distance_m <= _SETTLEMENT_M + one.radius_m else None
    landed = near if near and near.distance_m <= _COUNTRY_M + one.radius_m else None
    mine = sorted((other, same) for (first, other), same in pairs.items() if first == at)
    return Claim(
        lat=one.lat, lon=one.lon, radius_m=one.radius_m, source=one.source, text=one.text[:_LONGEST],
        name=one.name or (settled.name if settled else None), admin=one.parent or _admin(settled),
        country=landed.country if landed else None, confidence=one.confidence, t=one.t, times=one.times,
        found_in=one.found_in, notes=one.notes, track=_way(one.track) if one.track else None,
        acquisition=Acquisition(batch=one.acquisition[0], n=one.acquisition[1]) if one.acquisition else None,
        agrees_with=tuple(other for other, same in mine if same),
        conflicts_with=tuple(other for other, same in mine if not same),
    )  # fmt: skip


def _admin(near: Place | None) -> str | None:
    return near.admin if near else None


def _way(track: Track) -> Way:
    return Way(
        count=track.count, strays=track.strays, length_m=track.length_m, extent=track.extent,
        fixes=tuple(OnTrack(lat=one.lat, lon=one.lon, t=one.t) for one in track.fixes),
        jumps=tuple(Leap(t=one.t, metres=one.metres) for one in track.jumps),
    )  # fmt: skip
