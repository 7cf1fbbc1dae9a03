"""Card: what a page says of one item, in a reader's words; nothing of it is more than the document holds."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.core.model import Coverage
from pipeline.core.sensitivity import reasons
from pipeline.core.text import printable
from pipeline.errors import CODES
from pipeline.exports.rows import listed, rows_of

if TYPE_CHECKING:
    from pipeline.exports.page import Piece

Json = Mapping[str, Any]

_LOOK = frozenset({"refused", "failed", "held", "unsupported"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A position that may be shown: degrees, metres, where it comes from; ``best`` for the claim shown first."""

    lat: float
    lon: float
    radius_m: float
    name: str | None
    source: str
    best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One item as the template wants it."""

    n: int
    name: str
    asset: str | None
    short: str
    bytes: int
    media: str
    facts: str
    seconds: float
    recorded: datetime | None
    languages: tuple[str, ...]
    positions: tuple[Spot, ...]
    thumbnail: str | None
    veil: str | None
    instead: str
    strip: dict[str, Any] | None
    chips: list[dict[str, str]]
    rows: list[dict[str, Any]]
    links: Sequence[Json]
    problems: list[dict[str, str]]
    makers: list[dict[str, str]]
    look: bool
    reviewed: int


def card_of(piece: "Piece") -> Card:
    """Turn an item into what is shown of it."""
    document: Json = piece.document or {"enrichments": [], "media": "other", "bytes": 0, "asset": None}
    current = [one for one in document["enrichments"] if one["current"]]
    bodies: dict[str, Json] = {one["kind"]: one["body"] for one in current if one["outcome"] == "done"}
    told = {one["kind"]: one["body"] for one in current if one["body"]}
    problems = list(_problems(current))
    veil = _veil(bodies.get("sensitivity")) if piece.thumbnail else None
    probe = bodies.get("probe", {})
    return Card(
        n=piece.n, name=printable(piece.name, limit=120), asset=document["asset"], short=(document["asset"] or "")[:12],
        bytes=document["bytes"], media=document["media"], facts=" · ".join(_facts(document, probe)),
        seconds=float(probe.get("duration_decoded") or 0), recorded=_recorded(probe),
        languages=tuple(sorted(_languages(bodies))), positions=tuple(_spots(bodies.get("places", {}))),
        thumbnail=_uri(piece.thumbnail), veil=veil, instead=piece.instead or _instead(document["media"]),
        strip=_strip(probe, bodies), chips=list(_chips(piece, current, bodies)),
        rows=list(rows_of(bodies, told, {one["kind"]: one for one in current})), links=piece.links, problems=problems,
        makers=[_maker(one) for one in current], look=bool({one["outcome"] for one in problems} & _LOOK),
        reviewed=sum(one["by"] == "person" for one in current),
    )  # fmt: skip


def _uri(thumbnail: tuple[str, bytes] | None) -> str | None:
    if thumbnail is None:
        return None
    media_type, data = thumbnail
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _instead(media: str) -> str:
    return {"audio": "sound", "other": "no picture"}.get(media, "no preview")


_VEILS = {"unscreened": "not screened", "graphic_unscreened": "not screened for injury and death",
          "nudity_unscreened": "not screened for nakedness", "graphic": "may show injury or death",
          "nudity": "may show nakedness"}  # fmt: skip


def _veil(sensitivity: Json | None) -> str | None:
    """Say why a thumbnail is veiled; unscreened counts as sensitive."""
    return next((_VEILS.get(one, "may be distressing") for one in reasons(sensitivity)), None)


def _facts(document: Json, probe: Json) -> Iterator[str]:
    if kind := document.get("media_type"):
        yield printable(str(kind), limit=60)
    if (seconds := probe.get("duration_decoded")) is not None:
        yield f"{seconds:.1f} s"
    for one in [probe.get("picture") or {}, *probe.get("streams", ())]:
        if one.get("width") and one.get("height"):
            yield f"{one['width']} by {one['height']}"
            break
    camera = probe.get("camera") or {}
    if maker := " ".join(str(camera[name]) for name in ("make", "model") if camera.get(name)):
        yield printable(maker, limit=60)


def _recorded(probe: Json) -> datetime | None:
    value = (probe.get("created_at") or {}).get("value")
    if not value:
        return None
    when = datetime.fromisoformat(value)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _languages(bodies: Mapping[str, Json]) -> set[str]:
    heard = {one["language"] for one in bodies.get("transcript", {}).get("segments", ()) if one["text"]}
    read = {one["language"] for one in bodies.get("ocr", {}).get("regions", ()) if one.get("text")}
    return {language for language in heard | read if language and language not in {"und", "mul"}}


def _spots(places: Json) -> Iterator[Spot]:
    best = (places.get("best") or {}).get("claim")
    for number, one in enumerate(places.get("claims", ())):
        if one["lat"] is not None:
            yield Spot(
                lat=one["lat"], lon=one["lon"], radius_m=one["radius_m"], name=one["name"], source=one["source"],
                best=number == best,
            )  # fmt: skip


def _strip(probe: Json, bodies: Mapping[str, Json]) -> dict[str, Any] | None:
    """Draw speech, shots and holes along the length of a recording, in thousandths."""
    length = float(probe.get("duration_decoded") or 0)
    if not length:
        return None

    def at(seconds: float) -> float:
        return round(min(max(seconds / length, 0.0), 1.0) * 1000, 1)

    speech = [(at(one["start"]), at(one["end"]) - at(one["start"])) for one in listed(bodies, "speech", "regions")]
    shots = [at(one["start"]) for one in listed(bodies, "keyframes", "shots")]
    gaps = [(at(start), max(at(end) - at(start), 3.0)) for one in listed(bodies, "audio", "streams")
            for start, end in one.get("gaps", ())]  # fmt: skip
    words = [f"{len(shots)} shots" if shots else "", "speech" if speech else "", "holes" if gaps else ""]
    label = ", ".join(one for one in words if one)
    return {"speech": speech, "shots": shots, "gaps": gaps, "label": label} if label else None


def _chips(piece: "Piece", current: Sequence[Json], bodies: Mapping[str, Json]) -> Iterator[dict[str, str]]:
    if piece.same_as is not None:
        yield {"text": f"same bytes as item {piece.same_as}: analysed once", "kind": ""}
    if any(one["coverage"] and Coverage.from_json(one["coverage"]).partial for one in current):
        yield {"text": "read in part", "kind": "warn"}
    for name in listed(bodies, "scan", "found"):
        yield {"text": f"malware: {printable(name, limit=60)}", "kind": "bad"}
    flags = {flag for one in listed(bodies, "transcript", "segments") for flag in one["flags"]}
    for flag in sorted(flags):
        yield {"text": flag.replace("_", " "), "kind": "warn"}


# --- what did not work, and how the rest is known


_EVERYWHERE = frozenset({"U-SCAN-001"})
"""What is so of every item alike, and is no problem of this one."""


def _problems(current: Sequence[Json]) -> Iterator[dict[str, str]]:
    said: set[tuple[str, str]] = set()
    for one in current:
        reached = (one["outcome"], one["code"])
        if one["outcome"] in {"done", "not_applicable", "empty"} or one["code"] in _EVERYWHERE or reached in said:
            continue
        said.add(reached)
        code = CODES[one["code"]]
        yield {
            "outcome": one["outcome"], "text": code.meaning, "code": one["code"], "who": code.who, "next": code.next,
        }  # fmt: skip


def _maker(one: Json) -> dict[str, str]:
    maker = one["maker"]
    name = maker["model"] or f"{maker['stage']} {maker['version']}"
    return {
        "kind": one["kind"], "outcome": one["outcome"] + (f" {one['code']}" if one["code"] else ""), "maker": name,
        "weights": (maker["weights_sha256"] or "")[:12],
    }  # fmt: skip
