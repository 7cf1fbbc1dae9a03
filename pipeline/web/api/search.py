"""Search: what was said, written or shown, page by page."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from pipeline.core.canonical import digest
from pipeline.errors import Misconfigured
from pipeline.web.api import told
from pipeline.web.reception import Caller, Signed

router = APIRouter(tags=["search"])

DEEPEST = 999
"""Hits that one query can be paged through; whoever wants more narrows it, or exports."""

Time = Annotated[str | None, Query(max_length=40, examples=["2027-01-31T12:00:00Z"])]
Word = Annotated[str | None, Query(max_length=200)]
_GLOBE = (90.0, 180.0, 20_100.0)


@router.get("/search", responses={200: {"model": told.Found}, **told.problems(422)})
def search(
    *,
    caller: Signed,
    q: Annotated[str, Query(max_length=2000, description='words, "phrases", begin*', examples=["حلب"])] = "",
    language: Annotated[str | None, Query(max_length=35, examples=["ar"])] = None,
    media: Annotated[Literal["image", "video", "audio"] | None, Query()] = None,
    field: Annotated[str | None, Query(max_length=40, examples=["transcript"])] = None,
    tag: Word = None,
    near: Annotated[str | None, Query(max_length=80, description="LAT,LON,KM", examples=["36.2,37.1,10"])] = None,
    since: Annotated[Time, Query(alias="from", description="received at or after")] = None,
    until: Annotated[Time, Query(alias="to", description="received at or before")] = None,
    batch: Annotated[str | None, Query(max_length=64)] = None,
    narrow: Annotated[
        list[Annotated[str, Query(max_length=250)]],
        Query(max_length=20, description="FACET:CLASS", examples=["tag:car"]),
    ] = [],  # noqa: B006 (FastAPI copies it)
    facets: Annotated[bool, Query(description="count the classes that what was found falls into, too")] = False,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=300, description="the page before's ``next``")] = None,
) -> JSONResponse:
    """Find passages that the person may see; says what it could not have found."""
    given = {"language": language, "media": media, "field": field, "tag": tag, "near": near, "since": since,
             "until": until, "batch": batch, "narrow": narrowed(narrow)}  # fmt: skip
    return JSONResponse(page(caller, q, given, limit=limit, cursor=cursor, facets=facets))


def page(
    caller: Caller, q: str, given: dict[str, Any], *, limit: int, cursor: str | None, facets: bool = False
) -> dict[str, Any]:
    """Return one page of hits, and where the next begins."""
    asked = digest([q, given])[:16]
    begin = _place(cursor, asked)
    wanted = min(begin + limit, DEEPEST)
    asked_for = {**given, "near": area(given["near"])}
    answer = caller.app.finding.search(q, **asked_for, facets=facets, limit=wanted + 1)
    hits = answer["hits"][begin:wanted]
    more = len(answer["hits"]) > wanted and wanted < DEEPEST
    return {**answer, "hits": hits, "next": _cursor(wanted, asked) if more else None}


def narrowed(given: Sequence[str]) -> dict[str, str]:
    """Read FACET:CLASS, as often as it stands there; ``Misconfigured`` (E-QUERY-001) for one that is none."""
    pairs = [one.partition(":") for one in given]
    if any(not colon or not name for name, colon, _ in pairs):
        raise Misconfigured("'narrow' is not FACET:CLASS", code="E-QUERY-001")
    return {name: value for name, _, value in pairs}


def area(text: str | None) -> tuple[float, float, float] | None:
    """Read LAT,LON,KM; ``Misconfigured`` (E-QUERY-001) when it is no place on this globe."""
    if not text:
        return None
    try:
        lat, lon, km = (float(one) for one in text.split(","))
    except ValueError:
        raise Misconfigured("'near' is not LAT,LON,KM", code="E-QUERY-001") from None
    if not (abs(lat) <= _GLOBE[0] and abs(lon) <= _GLOBE[1] and 0 < km <= _GLOBE[2]):
        raise Misconfigured("'near' is not on this globe", code="E-QUERY-001")
    return lat, lon, km


def _cursor(place: int, asked: str) -> str:
    """Return a mark of a place in an answer; it holds nothing that the asker has not said or seen."""
    return base64.urlsafe_b64encode(json.dumps([place, asked]).encode()).decode().rstrip("=")


def _place(cursor: str | None, asked: str) -> int:
    if not cursor:
        return 0
    wrong = Misconfigured("'cursor' is of another question", code="E-QUERY-001")
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or len(found) != 2 or found[1] != asked:  # noqa: PLR2004 (a pair)
        raise wrong
    if not isinstance(found[0], int) or isinstance(found[0], bool) or not 0 <= found[0] < DEEPEST:
        raise wrong
    return found[0]
