"""Likeness: which other assets show or sound the same, as one person may know it; computed when asked for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core.alike import BITS, SAME, Laid, apart, lay, listen
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId, Kind
from pipeline.core.ports import Print
from pipeline.core.prints import CHROMAPRINT, PDQ, PERIOD, REACH, TURNS, WINDOWS, read_windows
from pipeline.index.hashes import prints_of
from pipeline.usecases.access import Access
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home

EXACT, ENCODED, RESIZED, CROPPED, MIRRORED = "exact", "re-encoded", "resized", "cropped", "mirrored"
ROTATED, SOUND = "rotated", "same-sound"
_EDGE = 0.05
"""Edges that are nearer to each other than this share of the picture are the same edge."""
_TURNED = 2.0
"""Degrees from which on a picture is called turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """One print that is like one of another asset; ``frame`` says where this picture lies in the other."""

    kind: str
    distance: float
    through: str
    t: float | None
    other_t: float | None
    seconds: float | None = None
    speed: float | None = None
    frame: tuple[float, float, float, float] | None = None


def similar(home: Home, access: Access, asset: AssetId, decision: Decision) -> dict[str, Any]:
    """Link an asset with its copies, best first; each only if this person may see the other one too.

    ``distance`` is the share of bits that differ: 0 is equal, unrelated pictures and sounds are near 0.5.
    ``complete`` is false when more prints than are compared share something with one of this asset's.
    """
    document = fold(home, asset)
    like, complete = found_like(home, access, _permitted(prints_of(document), decision), but=asset)
    links = [*_exact(home, asset, decision), *like]
    return {"asset": asset, "links": links, "complete": complete, "fingerprint": _state(document)}


def same_bytes(home: Home, access: Access, asset: AssetId) -> list[dict[str, Any]]:
    """Link bytes that were not submitted with the asset that they are, if this person may see it."""
    items = _items(home, asset, access.decide(Purpose.VIEW, asset))
    found = _Match(kind=EXACT, distance=0.0, through="sha256", t=None, other_t=None)
    return [_link(asset, items, found, len(items))] if items else []


def found_like(
    home: Home, access: Access, prints: Iterable[Print], *, but: AssetId
) -> tuple[list[dict[str, Any]], bool]:  # fmt: skip
    """Link prints with the assets ``but`` one that are like them, best first, and say whether that is all."""
    complete = True
    links: list[dict[str, Any]] = []
    matches: dict[str, list[_Match]] = {}
    seen: dict[str, Decision] = {}
    for mine in prints:
        near, all_of_them = home.index.alike(mine)
        complete &= all_of_them
        for other, its in near:
            if other == but or its.sound is not mine.sound:
                continue
            found = _heard(mine, its) if mine.sound else _seen(mine, its)
            if found is None:
                continue
            if other not in seen:
                seen[other] = access.decide(Purpose.VIEW, AssetId(other))
            if any(_permitted([its], seen[other])):
                matches.setdefault(other, []).append(found)
    for other, some in matches.items():
        links += _links(home, AssetId(other), seen[other], some)
    links.sort(key=lambda one: (one["distance"], one["asset"], one["kind"]))
    return links, complete


def _permitted(prints: Iterable[Print], decision: Decision) -> Iterator[Print]:
    if decision.allowed:
        yield from (one for one in prints if one.of_acquisition is None or one.of_acquisition in decision.through)


def _state(document: dict[str, Any]) -> dict[str, Any] | None:
    """Tell how the fingerprint ended: without one, no link says nothing."""
    for one in document["enrichments"]:
        if one["kind"] == Kind.FINGERPRINT and one["current"]:
            return {"outcome": one["outcome"], "code": one["code"], "enrichment": one["id"]}
    return None


def _items(home: Home, asset: AssetId, decision: Decision) -> list[dict[str, Any]]:
    items = [(batch, item.n) for batch, item in home.catalogue.items_of(asset)]
    return [{"batch": batch, "n": n} for batch, n in sorted(items) if (batch, n) in decision.through]


def _exact(home: Home, asset: AssetId, decision: Decision) -> list[dict[str, Any]]:
    """Items with equal bytes are one asset: that link leads from it to itself."""
    items = _items(home, asset, decision)
    if len(items) < 2:  # noqa: PLR2004 (a copy needs an original)
        return []
    found = _Match(kind=EXACT, distance=0.0, through="sha256", t=None, other_t=None)
    return [_link(asset, items, found, len(items))]


def _links(home: Home, other: AssetId, decision: Decision, some: list[_Match]) -> Iterator[dict[str, Any]]:
    """Put the likenesses of one asset together: one link for what is seen, one for what is heard."""
    items = _items(home, other, decision)
    for sound in (False, True):
        of_sort = [one for one in some if (one.kind == SOUND) is sound]
        if of_sort:
            kinds = Counter(one.kind for one in of_sort)
            best = min(
                of_sort, key=lambda one: (-kinds[one.kind], one.distance, one.kind, one.t or 0, one.other_t or 0)
            )
            yield _link(other, items, best, len(of_sort))


def _link(asset: AssetId, items: list[dict[str, Any]], found: _Match, matches: int) -> dict[str, Any]:
    return {
        "asset": asset, "kind": found.kind, "distance": round(found.distance, 3), "t": _rounded(found.t),
        "other_t": _rounded(found.other_t), "seconds": _rounded(found.seconds), "speed": _rounded(found.speed),
        "frame": [round(one, 3) + 0.0 for one in found.frame] if found.frame else None, "through": found.through,
        "matches": matches, "items": items,
    }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


# --- one print beside another


def _seen(mine: Print, other: Print) -> _Match | None:
    size, its_size = (mine.width or 1, mine.height or 1), (other.width or 1, other.height or 1)
    times = {"t": mine.t, "other_t": other.t}
    laid, mirrored = _laid(mine, other, size, its_size)
    pairs = [(apart(one, its), n) for n, one in enumerate(mine.values) for its in other.values[:1]]
    bits, turn = min(pairs, default=(BITS, 0))
    same_frame = laid is not None and _same_frame(laid)
    if bits <= SAME and (laid is None or same_frame):
        kind = _turned(TURNS[turn - 1]) if turn else _sized(size, its_size)
        return _Match(kind=kind, distance=bits / BITS, through=PDQ, frame=laid.frame if laid else None, **times)
    if laid is None:
        return None
    if mirrored:
        kind = MIRRORED
    elif abs(laid.turn) >= _TURNED:
        kind = ROTATED
    else:
        kind = _sized(size, its_size) if same_frame else CROPPED
    return _Match(kind=kind, distance=laid.distance, through=WINDOWS, frame=laid.frame, **times)


def _laid(mine: Print, other: Print, size: tuple[int, int], its_size: tuple[int, int]) -> tuple[Laid | None, bool]:
    here, there = read_windows(mine.windows), read_windows(other.windows)
    plain, mirrored = (lay(here, size, there, its_size, mirrored=one) for one in (False, True))
    if mirrored and (plain is None or mirrored.windows > plain.windows):
        return mirrored, True
    return plain, False


def _same_frame(laid: Laid) -> bool:
    return all(abs(edge - there) <= _EDGE for edge, there in zip(laid.frame, (0, 0, 1, 1), strict=True))


def _turned(turn: str) -> str:
    return ROTATED if turn.startswith("rotated") else MIRRORED


def _sized(size: tuple[int, int], other: tuple[int, int]) -> str:
    return ENCODED if size == other else RESIZED


def _heard(mine: Print, other: Print) -> _Match | None:
    one, two = ([int.from_bytes(value) for value in it.values] for it in (mine, other))
    run = listen(one, two)
    if run is None:
        return None
    return _Match(
        kind=SOUND, distance=run.distance, through=CHROMAPRINT, t=(mine.t or 0.0) + run.start * PERIOD,
        other_t=(other.t or 0.0) + run.other * PERIOD, seconds=run.length * PERIOD + REACH, speed=run.speed,
    )  # fmt: skip
