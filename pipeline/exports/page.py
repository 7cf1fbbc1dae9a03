"""Page: a batch as one self-contained HTML file: thumbnails, words, a timeline and a map, without any network."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.position import DEGREE_M
from pipeline.core.text import printable
from pipeline.exports.card import Card, card_of
from pipeline.exports.outlines import View, country_at, paths, view_of
from pipeline.exports.template import filled

Json = Mapping[str, Any]

MOST_ITEMS = 500
_MAP_WIDTH = 1140.0
_MOST_NAMED = 40
_LINE = (40.0, 1100.0)
_ROW = 20.0
_TICKS_APART = 90.0
_GRID = (28, 16)
_LEAST_CELLS = 4
"""Of a country less than that many cells of the grid is seen: its name would hide it."""

_THOUSAND = 1000
_HOUR = 3600.0
_OUTCOMES = ("done", "empty", "not_applicable", "unsupported", "refused", "failed", "held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An item of the batch: its document as the reader may see it, and its thumbnail's bytes.

    ``document`` is ``None`` for an item that has none (refused at submit, or not to be shown); ``instead``
    says why. ``same_as`` is the number of an earlier item with the same bytes.
    """

    n: int
    name: str
    document: Json | None
    thumbnail: tuple[str, bytes] | None = None
    same_as: int | None = None
    instead: str | None = None
    identifying: bool = False
    links: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that a page rests on."""

    batch: str
    reader: str
    made_at: str
    vault: str
    status: Json
    pieces: Sequence[Piece]
    identifying: bool
    items: int


def write_page(told: Told, to: Path) -> None:
    """Write the page; it is there whole or not at all, and only its owner may read it."""
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(page(told), encoding="utf-8")
    draft.replace(to)


def page(told: Told) -> str:
    """Return the page as HTML. Every text of the material is escaped by the template."""
    return filled("page.html", page=_context(told), nonce=secrets.token_hex(16))


def _context(told: Told) -> dict[str, Any]:
    cards = [card_of(one) for one in told.pieces]
    outcomes = told.status["outcomes"]
    names = [name for name in _OUTCOMES if any(name in tally for tally in outcomes.values())]
    assets = {one.asset: one for one in cards if one.asset}
    return {
        "batch": told.batch, "reader": told.reader, "made_at": told.made_at, "vault": told.vault[:16],
        "total": told.items, "assets": len(assets), "bytes": _size(sum(one.bytes for one in assets.values())),
        "unaccounted": told.items - told.status["accounted"], "identifying": told.identifying,
        "reviewed": sum(one.reviewed for one in assets.values()),
        "tiles": list(_tiles(told, list(assets.values()))), "map": _map(cards), "times": _times(cards),
        "outcome_names": names,
        "outcomes": [
            {"stage": stage, "counts": [tally.get(name, 0) for name in names]} for stage, tally in outcomes.items()
        ],
        "media": sorted({one.media for one in cards}), "cards": cards, "more": told.items - len(cards),
    }  # fmt: skip


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < _THOUSAND:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _THOUSAND
    return f"{count:.1f} TB"


def _tiles(told: Told, cards: Sequence[Card]) -> Iterator[dict[str, Any]]:
    seconds = sum(one.seconds for one in cards)
    if seconds:
        length = f"{seconds / _HOUR:.1f} h" if seconds >= _HOUR else f"{seconds / 60:.1f} min"
        yield {"value": length, "label": "of sound and video", "kind": ""}
    languages = sorted({language for one in cards for language in one.languages})
    if languages:
        yield {"value": len(languages), "label": f"languages heard or read: {', '.join(languages)}", "kind": ""}
    if placed := sum(bool(one.positions) for one in cards):
        yield {"value": placed, "label": "files with a place", "kind": ""}
    if partial := told.status["partial"]:
        yield {"value": partial, "label": "read only in part", "kind": "bad"}
    if look := sum(one.look for one in cards):
        yield {"value": look, "label": "need a person's look", "kind": "bad"}


# --- the map


def _map(cards: Sequence[Card]) -> dict[str, Any] | None:
    found = [(one, spot) for one in cards for spot in one.positions]
    if not found:
        return None
    view = view_of([(spot.lat, spot.lon) for _, spot in found])
    unit = view.width / _MAP_WIDTH
    pins = [_pin(one, spot, view, unit) for one, spot in found]
    named: set[str] = set()
    for pin in sorted(pins, key=lambda one: not one["best"]):
        if not pin["best"] or pin["label"] in named or len(named) >= _MOST_NAMED:
            pin["label"] = ""
        named.add(pin["label"])
    shapes = paths(view)
    without = sum(not one.positions for one in cards)
    return {
        "view": view, "unit": unit, "paths": shapes, "pins": pins, "names": list(_names(view, unit)),
        "left_out": f"{without} items have no position to show.",
    }  # fmt: skip


def _pin(one: Card, spot: Any, view: View, unit: float) -> dict[str, Any]:
    x, y = view.place(spot.lat, spot.lon)
    return {
        "n": one.n, "x": x / unit, "y": y / unit, "reach": spot.radius_m / DEGREE_M / unit, "best": spot.best,
        "title": f"{spot.name or 'unnamed place'}, {spot.source}, ± {spot.radius_m:.0f} m", "label": spot.name or "",
    }  # fmt: skip


def _names(view: View, unit: float) -> Iterator[dict[str, Any]]:
    """Name each country in the middle of the part of it that the view shows, unless that is very little."""
    across, down = _GRID
    seen: dict[str, list[tuple[float, float]]] = {}
    for n in range(across * down):
        x, y = (n % across + 0.5) * view.width / across, (n // across + 0.5) * view.height / down
        if name := country_at(view, x, y):
            seen.setdefault(name, []).append((x, y))
    for name, cells in seen.items():
        if len(cells) >= _LEAST_CELLS:
            middle = [sum(part) / len(cells) for part in zip(*cells, strict=True)]
            x, y = min(cells, key=lambda cell: (cell[0] - middle[0]) ** 2 + (cell[1] - middle[1]) ** 2)
            yield {"name": name, "x": x / unit, "y": y / unit}


# --- the timeline


def _times(cards: Sequence[Card]) -> dict[str, Any] | None:
    dated = sorted(((one.recorded, one) for one in cards if one.recorded), key=lambda pair: pair[0])
    if not dated:
        return None
    first, last = dated[0][0], dated[-1][0]
    span = max((last - first).total_seconds(), 86_400.0)
    left, right = _LINE
    rows: list[float] = []
    dots: list[dict[str, Any]] = []
    for when, one in dated:
        x = left + (right - left) * (when - first).total_seconds() / span * 0.86
        label = printable(one.name, limit=24)
        row = next((at for at, end in enumerate(rows) if end < x), len(rows))
        rows[row : row + 1] = [x + 20 + 7 * len(label)]
        dots.append({"n": one.n, "x": round(x, 1), "row": row, "label": label, "title": f"{when:%Y-%m-%d %H:%M} UTC"})
    base = 20 + _ROW * len(rows)
    ticks = [{"x": dot["x"], "label": f"{when:%d %b %Y}"} for (when, _), dot in zip(dated, dots, strict=True)]
    return {
        "height": base + 28, "base": base, "ticks": list(_apart(ticks)), "without": len(cards) - len(dated),
        "dots": [{**dot, "y": base - 10 - _ROW * dot["row"]} for dot in dots],
    }  # fmt: skip


def _apart(ticks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    last = -1e9
    for tick in ticks:
        if tick["x"] - last > _TICKS_APART:
            last = tick["x"]
            yield tick
