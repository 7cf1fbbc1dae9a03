"""Card: what a page says of one item, in a reader's words; nothing of it is more than the document holds."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.core.sensitivity import reasons
from pipeline.core.text import printable
from pipeline.errors import CODES

if TYPE_CHECKING:
    from pipeline.exports.page import Piece

Json = Mapping[str, Any]

_MOST_SAID = 8
_MOST_LABELS = 14
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
        rows=list(_rows(bodies, told)), links=piece.links, problems=problems,
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

    speech = [(at(one["start"]), at(one["end"]) - at(one["start"])) for one in _list(bodies, "speech", "regions")]
    shots = [at(one["start"]) for one in _list(bodies, "keyframes", "shots")]
    gaps = [(at(start), max(at(end) - at(start), 3.0)) for one in _list(bodies, "audio", "streams")
            for start, end in one.get("gaps", ())]  # fmt: skip
    words = [f"{len(shots)} shots" if shots else "", "speech" if speech else "", "holes" if gaps else ""]
    label = ", ".join(one for one in words if one)
    return {"speech": speech, "shots": shots, "gaps": gaps, "label": label} if label else None


def _list(bodies: Mapping[str, Json], kind: str, member: str) -> Sequence[Any]:
    found: Sequence[Any] = bodies.get(kind, {}).get(member, ())
    return found


def _chips(piece: "Piece", current: Sequence[Json], bodies: Mapping[str, Json]) -> Iterator[dict[str, str]]:
    if piece.same_as is not None:
        yield {"text": f"same bytes as item {piece.same_as}: analysed once", "kind": ""}
    if any(_partial(one["coverage"]) for one in current):
        yield {"text": "read in part", "kind": "warn"}
    flags = {flag for one in _list(bodies, "transcript", "segments") for flag in one["flags"]}
    for flag in sorted(flags):
        yield {"text": flag.replace("_", " "), "kind": "warn"}


def _partial(coverage: Json | None) -> bool:
    if coverage is None:
        return False
    short = coverage["of"] is not None and coverage["read"] < coverage["of"]
    return bool(short or coverage["gaps"] or "decode_error" in coverage["flags"])


# --- rows


def _rows(bodies: Mapping[str, Json], told: Mapping[str, Json]) -> Iterator[dict[str, Any]]:
    translated = _translations(told.get("translation", {}))
    for kind, name in (("transcript", "Said"), ("ocr", "Read")):
        if lines := list(_said(kind, bodies.get(kind, {}), translated)):
            yield _row(name, said=lines[:_MOST_SAID], more=max(0, len(lines) - _MOST_SAID))
    if labels := _counted(_list(bodies, "objects", "objects")):
        yield _row("Seen", labels, note="machine-made")
    if labels := _counted(_list(bodies, "tags", "tags")):
        yield _row("Tags", labels, note="machine-made")
    yield from _where(bodies.get("places", {}))


def _row(
    name: str, text: str = "", *, note: str = "", said: Sequence[Json] = (), more: int = 0
) -> dict[str, Any]:  # fmt: skip
    return {"name": name, "text": text, "note": note, "said": said, "more": more}


def _said(kind: str, body: Json, translated: Mapping[tuple[str, int], tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(body.get("segments", body.get("regions", ()))):
        if not one.get("text"):
            continue
        other, how = translated.get((kind, number), ("", ""))
        at = one.get("start", one.get("t"))
        doubts = [flag.replace("_", " ") for flag in one.get("flags", ())]
        if one.get("reliability") == "low":
            doubts.append("language read with low reliability")
        yield {
            "t": "" if at is None else f"{int(at) // 60}:{int(at) % 60:02d}", "text": printable(one["text"], limit=600),
            "doubt": ", ".join(doubts), "other": other, "how": how,
        }  # fmt: skip


def _translations(body: Json) -> dict[tuple[str, int], tuple[str, str]]:
    """Return, by passage, the words in the other language and what they are: a translation or a mere gloss."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for one in body.get("segments", ()):
        of = one["of"]
        text = one.get("text") or one.get("gloss_text")
        if text:
            how = f"{one.get('kind') or 'translation'}, {one['reliability']}"
            before = found.get((of["kind"], of["index"]))
            found[of["kind"], of["index"]] = (f"{before[0]} {text}" if before else text, how)
    return found


def _counted(found: Sequence[Json]) -> str:
    most: dict[str, float] = {}
    for one in found:
        most[one["label"]] = max(most.get(one["label"], 0.0), one["score"])
    names = sorted(most, key=lambda name: -most[name])
    shown = " · ".join(f"{name} {most[name]:.2f}" for name in names[:_MOST_LABELS])
    return f"{shown} · …" if len(names) > _MOST_LABELS else shown


def _where(places: Json) -> Iterator[dict[str, Any]]:
    best = (places.get("best") or {}).get("claim")
    for number, one in enumerate(places.get("claims", ())[:6]):
        names = ", ".join(dict.fromkeys(str(one[name]) for name in ("name", "admin", "country") if one[name]))
        position = f"{one['lat']:.5f}, {one['lon']:.5f}" if one["lat"] is not None else "withheld"
        note = f"{one['source']}, ± {one['radius_m']:.0f} m" if one["radius_m"] is not None else one["source"]
        if one["conflicts_with"]:
            note += "; conflicts with another claim"
        yield _row("Place" if number == best else "Place?", f"{position} {names}".strip(), note=note)


# --- what did not work, and how the rest is known


def _problems(current: Sequence[Json]) -> Iterator[dict[str, str]]:
    said: set[tuple[str, str]] = set()
    for one in current:
        reached = (one["outcome"], one["code"])
        if one["outcome"] in {"done", "not_applicable", "empty"} or reached in said:
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
