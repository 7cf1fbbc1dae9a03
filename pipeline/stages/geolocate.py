"""Geolocate: every claim of where it was made, with its error, its name, and which claims agree."""

from collections.abc import Sequence

from pipeline.core.body import Body, Degrees, Metres, Score, Seconds
from pipeline.core.model import Coverage, Kind
from pipeline.core.ports import Geographer, Place
from pipeline.core.position import Position, Source, positions
from pipeline.stages.base import Job, Result, done, empty, stage

_SAME_M = 100.0
"""Two fixes of one place by two receivers differ so much on a bad day: agreement never asks for less."""

_SETTLEMENT_M = 25_000.0
_COUNTRY_M = 100_000.0

# How much a source is believed before anything else is known. XMP is written by editing programs as
# well as by cameras; a receiver that says that it had no fix is hardly a witness.
_TRUST = {"exif": 0.9, "container": 0.9, "xmp": 0.8}
_VOID = 0.2
_OTHER_DATUM = 0.6


class Claim(Body):
    """One claim: WGS 84, a radius in metres, the nearest settlement's name. ``agrees_with``: indices of claims."""

    lat: Degrees
    lon: Degrees
    radius_m: Metres
    source: Source
    name: str | None
    admin: str | None
    country: str | None
    text: str
    confidence: Score
    t: Seconds | None
    agrees_with: tuple[int, ...]
    conflicts_with: tuple[int, ...]
    notes: tuple[str, ...]


class Best(Body):
    """The claim to show first, and why."""

    claim: int
    reasons: tuple[str, ...]


class Places(Body):
    """Claims side by side; ``best`` is null where nothing decides between those that conflict."""

    claims: tuple[Claim, ...]
    best: Best | None


@stage(version=1, reads=(Kind.PROBE,), writes=Kind.PLACES, engine=Geographer, task="geolocate")
def geolocate(job: Job, geographer: Geographer) -> Result:
    """Collect positions from the metadata, name them, and weigh them against each other."""
    raw = job.body(Kind.PROBE)["tags"]["raw"]
    coverage = Coverage(unit="tags", of=len(raw), read=len(raw))
    found = positions(raw)
    if not found:
        return empty("N-PLACE-001", "nothing in it states a position", coverage=coverage)
    agreeing = _agreements(found, geographer)
    claims = tuple(
        _claim(number, one, agreeing, geographer.nearest(one.lat, one.lon)) for number, one in enumerate(found)
    )
    return done(Places(claims=claims, best=_best(claims)), coverage=coverage)


def _agreements(found: Sequence[Position], geographer: Geographer) -> dict[tuple[int, int], bool]:
    """Tell for each pair of claims whether their circles meet."""
    pairs: dict[tuple[int, int], bool] = {}
    for first, one in enumerate(found):
        for second, other in enumerate(found[:first]):
            apart = geographer.distance((one.lat, one.lon), (other.lat, other.lon))
            pairs[first, second] = pairs[second, first] = apart <= max(one.radius_m + other.radius_m, _SAME_M)
    return pairs


def _claim(number: int, one: Position, agreeing: dict[tuple[int, int], bool], near: Place | None) -> Claim:
    settled = near if near and near.distance_m <= _SETTLEMENT_M + one.radius_m else None
    landed = near if near and near.distance_m <= _COUNTRY_M + one.radius_m else None
    return Claim(
        lat=one.lat, lon=one.lon, radius_m=one.radius_m, source=one.source, t=None, text=one.text,
        name=settled.name if settled else None, admin=settled.admin if settled else None,
        country=landed.country if landed else None, confidence=_trust(one), notes=one.notes,
        agrees_with=tuple(other for (mine, other), same in sorted(agreeing.items()) if mine == number and same),
        conflicts_with=tuple(other for (mine, other), same in sorted(agreeing.items()) if mine == number and not same),
    )  # fmt: skip


def _trust(one: Position) -> float:
    if "void_fix" in one.notes:
        return _VOID
    return min(_TRUST[one.source], _OTHER_DATUM if "other_datum" in one.notes else 1.0)


def _best(claims: Sequence[Claim]) -> Best | None:
    """Choose by confidence, then by support; equals that conflict leave the choice to a person."""

    def rank(number: int) -> tuple[float, int]:
        return claims[number].confidence, len(claims[number].agrees_with)

    first = min(range(len(claims)), key=lambda number: (-rank(number)[0], -rank(number)[1], claims[number].radius_m))
    best = claims[first]
    if best.confidence <= _VOID or any(rank(other) == rank(first) for other in best.conflicts_with):
        return None
    reasons = ["the only claim"] if len(claims) == 1 else ["the most trusted source"]
    if best.agrees_with:
        reasons.append(f"{len(best.agrees_with)} other claim(s) agree")
    if best.conflicts_with:
        reasons.append(f"{len(best.conflicts_with)} other claim(s) conflict")
    return Best(claim=first, reasons=tuple(reasons))
