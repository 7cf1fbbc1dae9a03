"""Item: what the page of an asset shows, drawn from its enriched document and from nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.model import Coverage
from pipeline.core.sensitivity import reasons
from pipeline.errors import CODES
from pipeline.web.room.shown import clock, veil
from pipeline.web.room.speech import passages
from pipeline.web.room.where import places_of

Json = Mapping[str, Any]

_FINE = frozenset({"done", "empty", "not_applicable"})
_EVERYWHERE = frozenset({"U-SCAN-001"})
"""What is so of every item alike, and is no problem of this one."""
_MOST_BOXES = 400


def item_of(document: Json, *, cited: str = "") -> dict[str, Any]:
    """Return all that the template needs; ``cited`` is the id of an enrichment to point out."""
    current = [one for one in document["enrichments"] if one["current"]]
    said: dict[str, Json] = {one["kind"]: one for one in current if one["body"] and one["by"] == "machine"}
    bodies = {kind: one["body"] for kind, one in said.items()}
    probe = bodies.get("probe", {})
    return {
        "asset": document["asset"], "short": document["asset"][:12], "media": document["media"],
        "media_type": document["media_type"], "bytes": document["bytes"], "sha512": document["sha512"],
        "name": next((one["filename"] for one in document["acquisitions"] if one.get("filename")), None),
        "seconds": probe.get("duration_decoded"), "length": clock(probe.get("duration_decoded")),
        "recorded": (probe.get("created_at") or {}).get("value"), "camera": _camera(probe),
        "player": _player(document, said), "marks": _marks(said),
        "passages": passages(bodies, said.get("transcript", {}).get("review")),
        "read": list(_read(bodies.get("ocr", {}))), "seen": _counted(bodies.get("objects", {}).get("objects", ())),
        "tags": _counted(bodies.get("tags", {}).get("tags", ())),
        "boxes": list(_boxes(bodies))[:_MOST_BOXES], "strip": _strip(probe, bodies),
        "places": places_of(bodies.get("places", {})), "acquisitions": document["acquisitions"],
        "conditions": document["conditions"], "problems": list(_problems(current)),
        "partial": any(_partial(one) for one in current), "quarantine": document.get("quarantine", []),
        "enrichments": [_made(one, cited) for one in document["enrichments"]],
    }  # fmt: skip


def _camera(probe: Json) -> str | None:
    camera = probe.get("camera") or {}
    return " ".join(str(camera[name]) for name in ("make", "model") if camera.get(name)) or None


def _player(document: Json, said: Mapping[str, Json]) -> dict[str, Any]:
    """Say what is shown: never the original, whose tags may tell what is withheld."""
    roles = {one["role"] for one in said.get("previews", {}).get("derivatives", ())}
    screened = said.get("sensitivity", {})
    looked = screened.get("body") if screened.get("outcome") == "done" else None
    media = document["media"]
    role = None
    if media == "video":
        role = "proxy" if "proxy" in roles else None
    elif media == "image":
        role = "picture" if said.get("probe", {}).get("outcome") == "done" else None
    elif media == "audio":
        role = "sound" if said.get("audio", {}).get("outcome") == "done" else None
    streams = said.get("audio", {}).get("body", {}).get("streams") or [{"start": 0.0}]
    layouts = []
    if any(one["text"] for one in said.get("transcript", {}).get("body", {}).get("segments", ())):
        layouts = ["bilingual" if said.get("translation", {}).get("outcome") == "done" else "original"]
    return {
        "role": role, "media": media, "thumbnail": "thumbnail" in roles, "captions": layouts,
        "veil": veil(reasons(looked)) if media in {"image", "video"} else None,
        # Samples begin where their stream begins, which may be later than the item.
        "offset": streams[0]["start"] if role == "sound" else 0.0,
    }  # fmt: skip


def _marks(said: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    """Say of each kind who made it: a mark stands wherever a value of it is shown."""
    return {
        kind: {
            "by": one["by"], "reviewer": one["reviewer"], "id": one["id"],
            "maker": one["maker"]["model"] or f"{one['maker']['stage']} {one['maker']['version']}",
            "partial": _partial(one), "review": (one.get("review") or {}).get("state"),
        }
        for kind, one in said.items()
    }  # fmt: skip


def _partial(one: Json) -> bool:
    return bool(one["coverage"]) and Coverage.from_json(one["coverage"]).partial


def _read(ocr: Json) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(ocr.get("regions", ())):
        if one["text"]:
            yield {
                "n": number, "text": one["text"], "language": one["language"], "t": one["t"], "at": clock(one["t"]),
                "confidence": one["confidence"], "doubt": [flag.replace("_", " ") for flag in one.get("flags", ())],
            }  # fmt: skip


def _counted(found: Sequence[Json]) -> list[dict[str, Any]]:
    """Return each label once, with its best score, how often it stands there, and the first times."""
    labels: dict[str, dict[str, Any]] = {}
    for one in found:
        label = labels.setdefault(one["label"], {"label": one["label"], "score": 0.0, "count": 0, "times": []})
        label["score"] = max(label["score"], one["score"])
        label["count"] += 1
        if one["t"] is not None and len(label["times"]) < _MOST_TIMES:
            label["times"].append({"t": one["t"], "at": clock(one["t"])})
    return sorted(labels.values(), key=lambda one: (-one["score"], one["label"]))


_MOST_TIMES = 5


def _boxes(bodies: Mapping[str, Json]) -> Iterator[dict[str, Any]]:
    """Yield boxes over the picture, in thousandths of its width and height."""
    for kind, member, name in (("objects", "objects", "label"), ("ocr", "regions", "text")):
        for one in bodies.get(kind, {}).get(member, ()):
            if one.get("box") and one[name]:
                x, y, width, height = (round(edge * 1000, 1) for edge in one["box"])
                yield {"kind": kind, "label": one[name], "t": one["t"], "x": x, "y": y, "w": width, "h": height}


def _strip(probe: Json, bodies: Mapping[str, Json]) -> dict[str, Any] | None:
    """Draw speech, shots and holes along a recording, in thousandths of its length."""
    length = float(probe.get("duration_decoded") or 0)
    if not length:
        return None

    def at(seconds: float) -> float:
        return round(min(max(seconds / length, 0.0), 1.0) * 1000, 1)

    speech = [(at(one["start"]), at(one["end"])) for one in bodies.get("speech", {}).get("regions", ())]
    return {
        "speech": [(start, max(end - start, 1.0)) for start, end in speech],
        "shots": [at(one["start"]) for one in bodies.get("keyframes", {}).get("shots", ())],
        "gaps": [
            (at(start), max(at(end) - at(start), 3.0))
            for one in bodies.get("audio", {}).get("streams", ())
            for start, end in one.get("gaps", ())
        ],
    }


def _problems(current: Sequence[Json]) -> Iterator[dict[str, str]]:
    said: set[tuple[str, str]] = set()
    for one in current:
        reached = (one["outcome"], one["code"])
        if one["outcome"] not in _FINE and one["code"] not in _EVERYWHERE and reached not in said:
            said.add(reached)
            code = CODES[one["code"]]
            yield {"outcome": one["outcome"], "text": code.meaning, "code": one["code"], "next": code.next}


def _made(one: Json, cited: str) -> dict[str, Any]:
    """Return a line of the table that says how everything is known, back to the preserved bytes."""
    maker = one["maker"]
    return {
        "id": one["id"], "kind": one["kind"], "outcome": one["outcome"], "code": one["code"], "by": one["by"],
        "reviewer": one["reviewer"], "current": one["current"], "made_at": one["made_at"], "basis": one["basis"],
        "maker": f"{maker['stage']} {maker['version']}", "engine": maker["engine"], "model": maker["model"],
        "weights": (maker["weights_sha256"] or "")[:12], "partial": _partial(one), "cited": one["id"] == cited,
        "flags": one.get("flags", []),
    }  # fmt: skip
