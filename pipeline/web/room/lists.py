"""Lists: the pages that find things: the search with its results, and the batches."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.web.api.search import narrowed, page
from pipeline.web.reception import Caller, Signed
from pipeline.web.room.page import filled, here
from pipeline.web.room.shown import clock, veil

router = APIRouter()

_A_PAGE = 20
_MEDIA = frozenset({"image", "video", "audio"})
FIELDS = {
    "transcript": "said", "translation": "said, translated", "gloss": "said, glossed", "ocr": "written",
    "objects": "seen", "tags": "tag", "places": "place", "correction": "corrected by a person",
}  # fmt: skip
"""What a field of the index is called on a page."""

Word = Annotated[str, Query(max_length=2000)]
Narrow = Annotated[list[Annotated[str, Query(max_length=250)]], Query(max_length=20)]


@router.get("/")
def search(
    *, request: Request, caller: Signed, q: Word = "", language: Word = "", media: Word = "", tag: Word = "",
    near: Word = "", since: Annotated[str, Query(alias="from")] = "", until: Annotated[str, Query(alias="to")] = "",
    batch: Word = "", narrow: Narrow = [], cursor: Word = "",  # noqa: B006 (FastAPI copies it)
) -> Response:  # fmt: skip
    """Ask, and show what was found, with the classes that it falls into."""
    given = {"language": language, "media": media if media in _MEDIA else "", "tag": tag, "near": near,
             "since": since, "until": until, "batch": batch}  # fmt: skip
    link = _Links(request, {"q": q, **given}, narrow)
    found, wrong = None, None
    if q.strip() or tag or near:
        try:
            asked = {**{name: value or None for name, value in given.items()}, "narrow": narrowed(narrow)}
            found = page(caller, q, asked, limit=_A_PAGE, cursor=cursor or None, facets=True)
        except PipelineError as err:
            if err.code != "E-QUERY-001":
                raise
            wrong = err.reason
    return filled(
        request, "search.html", caller, status=400 if wrong else 200, q=q, given=given, found=found,
        hits=_shown(caller, found) if found else [], wrong=wrong, narrow=narrow, is_narrowed=any(given.values()),
        following=link.to(narrow, cursor=found["next"]) if found and found["next"] else None,
        facets=link.facets(found["facets"]) if found else [], without=[(one, link.without(one)) for one in narrow],
    )  # fmt: skip


class _Links:
    """Addresses of the same question, asked a little otherwise."""

    def __init__(self, request: Request, asked: Mapping[str, str], narrow: Sequence[str]) -> None:
        self._request, self._narrow = request, narrow
        self._asked = [(_NAMES.get(name, name), value) for name, value in asked.items() if value]

    def to(self, narrow: Sequence[str], *, cursor: str = "") -> str:
        """Return the address with these classes."""
        pairs = [*self._asked, *(("narrow", one) for one in narrow), *([("cursor", cursor)] if cursor else [])]
        return here(self._request, f"/?{urlencode(pairs)}")

    def without(self, one: str) -> str:
        """Return the address with one class less."""
        return self.to([other for other in self._narrow if other != one])

    def facets(self, counted: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
        """Return each facet with its classes, and where each leads; what tells nothing apart is left out."""
        chosen = {one.partition(":")[0] for one in self._narrow}
        return [
            {
                "name": name, "open": n < _OPEN,
                "classes": [
                    {"value": value, "count": count, "to": self.to([*self._narrow, f"{name}:{value}"])}
                    for value, count in list(classes.items())[:_CLASSES]
                ],
            }
            for n, (name, classes) in enumerate(counted.items())
            if len(classes) > 1 and name not in chosen
        ]  # fmt: skip


_NAMES = {"since": "from", "until": "to"}
_OPEN, _CLASSES = 4, 12
"""Facets that are open at first, and classes shown of each."""


def _shown(caller: Caller, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put beside each hit what a list shows of its asset; what was hidden meanwhile is gone."""
    hits = found["hits"]
    seen = caller.app.viewing.glance([one["asset"] for one in hits], caller.sittings) if hits else {}
    return [
        {
            **one, "about": seen[one["asset"]], "at": clock(one["t"]), "short": one["asset"][:12],
            "length": clock(seen[one["asset"]]["seconds"]), "what": FIELDS.get(one["field"], one["field"]),
            "veil": veil(seen[one["asset"]]["veil"]), "state": (one.get("review") or {}).get("state"),
            "person": one["field"] == "correction",
        }
        for one in hits
        if one["asset"] in seen
    ]  # fmt: skip


@router.get("/batches")
def batches(request: Request, caller: Signed) -> Response:
    """List the batches, with how far each has come where the person may know that."""
    counted = {one["batch"]: one for one in caller.app.line.status()["batches"]}
    known = caller.app.viewing.batches()["batches"]
    return filled(request, "batches.html", caller, batches=[(ref, counted.get(ref)) for ref in known])
