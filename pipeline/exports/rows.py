"""Rows: what was said, read and seen, and where, as a card shows it; what is left out is counted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.text import printable
from pipeline.exports.reviewed import mark_of
from pipeline.exports.reviewed import told as marked

Json = Mapping[str, Any]

_MOST_SAID = 8
_MOST_LABELS = 14
_MOST_PLACES = 6


def rows_of(
    bodies: Mapping[str, Json], told: Mapping[str, Json], whole: Mapping[str, Json]
) -> Iterator[dict[str, Any]]:
    """Yield the rows: ``bodies`` by kind where something was found, ``told`` also where the outcome is another.

    ``whole`` are the statements themselves: what persons made of them stands there.
    """
    translated = _translations(told.get("translation", {}))
    for kind, name in (("transcript", "Said"), ("ocr", "Read")):
        if lines := list(_said(kind, bodies.get(kind, {}), translated, whole.get(kind, {}))):
            yield _row(name, said=lines[:_MOST_SAID], more=max(0, len(lines) - _MOST_SAID))
    if labels := _counted(listed(bodies, "objects", "objects")):
        yield _row("Seen", labels, note=_note(whole.get("objects", {})))
    if labels := _counted(listed(bodies, "tags", "tags")):
        yield _row("Tags", labels, note=_note(whole.get("tags", {})))
    yield from _where(bodies.get("places", {}), whole.get("places", {}))


def _note(statement: Json) -> str:
    """Say who made labels, and what persons made of single ones."""
    values = (statement.get("review") or {"values": ()})["values"]
    return "; ".join(["machine-made", *dict.fromkeys(marked(mark_of(statement, one["pointer"])) for one in values)])


def listed(bodies: Mapping[str, Json], kind: str, member: str) -> Sequence[Any]:
    """Return a list that the body of a kind has; an empty one where nothing was found."""
    found: Sequence[Any] = bodies.get(kind, {}).get(member, ())
    return found


def _row(
    name: str, text: str = "", *, note: str = "", said: Sequence[Json] = (), more: int = 0
) -> dict[str, Any]:  # fmt: skip
    return {"name": name, "text": text, "note": note, "said": said, "more": more}


def _said(
    kind: str, body: Json, translated: Mapping[tuple[str, int], tuple[str, str]], whole: Json
) -> Iterator[dict[str, Any]]:  # fmt: skip
    member = "segments" if "segments" in body else "regions"
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
            "review": marked(mark_of(whole, f"/{member}/{number}")),
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


def _where(places: Json, whole: Json) -> Iterator[dict[str, Any]]:
    best = (places.get("best") or {}).get("claim")
    claims = sorted(enumerate(places.get("claims", ())), key=lambda numbered: numbered[0] != best)
    for number, one in claims[:_MOST_PLACES]:
        names = ", ".join(dict.fromkeys(str(one[name]) for name in ("name", "admin", "country") if one[name]))
        position = f"{one['lat']:.5f}, {one['lon']:.5f}" if one["lat"] is not None else "withheld"
        note = f"{one['source']}, ± {one['radius_m']:.0f} m" if one["radius_m"] is not None else one["source"]
        if one["conflicts_with"]:
            note += "; conflicts with another claim"
        if review := marked(mark_of(whole, f"/claims/{number}")):
            note += f"; {review}"
        yield _row("Place" if number == best else "Place?", f"{position} {names}".strip(), note=note)
    if more := claims[_MOST_PLACES:]:
        yield _row("Places", f"… and {len(more)} more claims")
