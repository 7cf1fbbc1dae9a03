"""Lists: the pages that find things: the search with its results, and the batches."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.web.api.search import page
from pipeline.web.reception import Caller, Signed
from pipeline.web.room.page import filled, here
from pipeline.web.room.shown import clock, veil

router = APIRouter()

_A_PAGE = 20
_MEDIA = frozenset({"image", "video", "audio"})
FIELDS = {
    "transcript": "said", "translation": "said, translated", "gloss": "said, glossed", "ocr": "written",
    "objects": "seen", "tags": "tag", "places": "place",
}  # fmt: skip
"""What a field of the index is called on a page."""

Word = Annotated[str, Query(max_length=2000)]


@router.get("/")
def search(
    *, request: Request, caller: Signed, q: Word = "", language: Word = "", media: Word = "", tag: Word = "",
    near: Word = "", since: Annotated[str, Query(alias="from")] = "", until: Annotated[str, Query(alias="to")] = "",
    batch: Word = "", cursor: Word = "",
) -> Response:  # fmt: skip
    """Ask, and show what was found."""
    given = {"language": language, "media": media if media in _MEDIA else "", "tag": tag, "near": near,
             "since": since, "until": until, "batch": batch}  # fmt: skip
    found, wrong = None, None
    if q.strip() or tag or near:
        try:
            asked = {name: value or None for name, value in given.items()}
            found = page(caller, q, asked, limit=_A_PAGE, cursor=cursor or None)
        except PipelineError as err:
            if err.code != "E-QUERY-001":
                raise
            wrong = err.reason
    following = None
    if found is not None and found["next"]:
        following = here(
            request, "/", q=q, language=language, media=media, tag=tag, near=near, from_=since, to=until, batch=batch,
            cursor=found["next"],
        )  # fmt: skip
    hits = _shown(caller, found) if found else []
    return filled(
        request, "search.html", caller, status=400 if wrong else 200, q=q, given=given, found=found, hits=hits,
        wrong=wrong, following=following, narrowed=any(given.values()),
    )  # fmt: skip


def _shown(caller: Caller, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put beside each hit what a list shows of its asset; what was hidden meanwhile is gone."""
    hits = found["hits"]
    seen = caller.app.viewing.glance([one["asset"] for one in hits], caller.sittings) if hits else {}
    return [
        {
            **one, "about": seen[one["asset"]], "at": clock(one["t"]), "short": one["asset"][:12],
            "length": clock(seen[one["asset"]]["seconds"]), "what": FIELDS.get(one["field"], one["field"]),
            "veil": veil(seen[one["asset"]]["veil"]),
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
