"""Items: the pages of one asset: what is known of it, what is like it, and what was done with it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pipeline.web.api.assets import whole
from pipeline.web.reception import Signed
from pipeline.web.room.item import item_of
from pipeline.web.room.judging import asked, may_review
from pipeline.web.room.page import filled
from pipeline.web.room.shown import clock, veil

router = APIRouter()

_LONGEST = 1_000_000.0


@router.get("/item/{asset}")
def item(
    *, request: Request, caller: Signed, asset: str,
    t: Annotated[float | None, Query(ge=0, le=_LONGEST, allow_inf_nan=False)] = None,
    e: Annotated[str, Query(max_length=64)] = "", review: Annotated[str, Query(max_length=400)] = "",
) -> Response:  # fmt: skip
    """Show an asset, from second ``t`` on; ``e`` led here; ``review`` is a value that somebody wants to judge."""
    document = caller.app.finding.show(whole(asset))
    reviews = may_review(caller)
    return filled(
        request, "item.html", caller, item=item_of(document, cited=e), start=t, clock=clock, reviews=reviews,
        asked=asked(document, review) if reviews and review else None,
    )  # fmt: skip


@router.get("/item/{asset}/similar")
def similar(request: Request, caller: Signed, asset: str) -> Response:
    """Show what looks or sounds like it."""
    found = caller.app.finding.similar(whole(asset))
    others = [one["asset"] for one in found["links"]][:_MOST_LINKS]
    seen = caller.app.viewing.glance(others, caller.sittings) if others else {}
    links = [
        {**one, "about": seen[one["asset"]], "veil": veil(seen[one["asset"]]["veil"]), "short": one["asset"][:12]}
        for one in found["links"]
        if one["asset"] in seen
    ]
    return filled(request, "similar.html", caller, asset=asset, links=links, complete=found["complete"], clock=clock)


_MOST_LINKS = 50


@router.get("/item/{asset}/custody")
def custody(
    request: Request, caller: Signed, asset: str, after: Annotated[int, Query(ge=0, le=1_000_000)] = 0
) -> Response:
    """Show what the custody log says of it."""
    found = caller.app.viewing.history(whole(asset), after=after)
    return filled(request, "custody.html", caller, found=found)
