"""Points: every claim of where something is that may be shown, for the files that maps read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.core.model import Kind
from pipeline.core.text import printable
from pipeline.exports.folder import ExportManifest, Filling, export_to
from pipeline.exports.reviewed import mark_of

Json = Mapping[str, Any]

NOTICE = "Positions are claims. Those that are machine-made were read or guessed by programs and may be wrong."
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
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


def write_points(
    documents: Iterable[Json], to: Path, *, schema: str, name: str, spell: Callable[[Iterable[Point]], Iterator[bytes]]
) -> ExportManifest:  # fmt: skip
    """Write one XML file of points, spelled as its readers want it.

    A claim whose position is withheld is counted in the manifest, not drawn.
    """

    def fill(filling: Filling) -> None:
        filling.write(name, chain([_XML], spell(_points(documents, filling))))

    return export_to(to, schema, fill)


def _points(documents: Iterable[Json], filling: Filling) -> Iterator[Point]:
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
                (what, _line(value))
                for what, value in _said(document, one, number, number == best)
                if value is not None
            )
            yield Point(
                id=f"{one['id']}/{number}", lat=claim["lat"], lon=claim["lon"], name=_line(name), lines=lines
            )  # fmt: skip


def _said(document: Json, one: Json, number: int, best: bool) -> Iterator[tuple[str, Any]]:
    claim, mark = one["body"]["claims"][number], mark_of(one, f"/claims/{number}")
    yield "made", f"reviewed by {one['reviewer'] or 'a person'}" if one["by"] == "person" else mark.words
    yield "instead", mark.instead
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
