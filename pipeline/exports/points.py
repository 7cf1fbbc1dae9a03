"""Points: every claim of where something is that may be shown, for the files that maps read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.model import Kind
from pipeline.core.text import printable
from pipeline.exports.folder import Filling

Json = Mapping[str, Any]

MACHINE_MADE = "machine-made, reviewed by nobody"
NOTICE = "Positions are claims. Those that are machine-made were read or guessed by programs and may be wrong."
_LONGEST = 2000
_BRACKETS = str.maketrans("<>", "\u2039\u203a")
_NO_POSITION = "no position that may be shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One claim: degrees, its name on a map, and what must be said beside it, each a line of harmless text."""

    id: str
    lat: float
    lon: float
    name: str
    lines: tuple[tuple[str, str], ...]


def points(documents: Iterable[Json], filling: Filling) -> Iterator[Point]:
    """Yield the points of documents; those without one, and what is withheld, are counted in ``filling``."""
    for document in documents:
        filling.count(document)
        some = False
        for point in _of(document):
            some = True
            yield point
        if not some:
            filling.without.append({"asset": document["asset"], "reason": _NO_POSITION})


def _of(document: Json) -> Iterator[Point]:
    for one in document["enrichments"]:
        if one["kind"] != Kind.PLACES or not one["current"]:
            continue
        best = (one["body"].get("best") or {}).get("claim")
        for number, claim in enumerate(one["body"].get("claims", ())):
            if claim.get("lat") is None or claim.get("lon") is None:
                continue
            names = [claim.get(part) for part in ("name", "admin", "country")]
            name = ", ".join(dict.fromkeys(str(part) for part in names if part)) or document["asset"][:12]
            lines = tuple(
                (what, _line(value)) for what, value in _said(document, one, claim, number == best) if value is not None
            )
            yield Point(
                id=f"{one['id']}/{number}", lat=claim["lat"], lon=claim["lon"], name=_line(name), lines=lines
            )  # fmt: skip


def _said(document: Json, one: Json, claim: Json, best: bool) -> Iterator[tuple[str, Any]]:
    by_person = one["by"] == "person"
    yield "made", f"reviewed by {one['reviewer'] or 'a person'}" if by_person else MACHINE_MADE
    yield "asset", document["asset"]
    yield "media", document["media"]
    yield "source", claim.get("source")
    yield "radius_m", claim.get("radius_m")
    yield "confidence", claim.get("confidence")
    yield "shown_first", "yes" if best else "no"
    yield "conflicts", len(claim.get("conflicts_with") or ()) or None
    yield "second", claim.get("t")
    yield "text", claim.get("text") or None
    yield "enrichment", one["id"]


def _line(value: Any) -> str:
    """Return a value as one line that XML can hold: control characters are no XML, however they are written.

    Many viewers put these words into HTML as they are, so that escaping once is not enough: angle brackets become
    quotation marks that look like them. The other formats have the exact text.
    """
    return printable(str(value), limit=_LONGEST).translate(_BRACKETS)
