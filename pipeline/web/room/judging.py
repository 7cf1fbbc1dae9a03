"""Judging: the form on which a reviewer says what they make of a value, and what becomes of it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from pipeline.core.json_pointer import value_at
from pipeline.web.api.assets import whole
from pipeline.web.guard import Stopped
from pipeline.web.reception import Caller
from pipeline.web.room.page import here
from pipeline.web.room.signing import Fields, fields_of, own_path, posted

router = APIRouter()

VERDICTS = ("confirm", "correct", "reject", "comment")
_LONGEST = 20_000


def may_review(caller: Caller) -> bool:
    """Tell whether it makes sense to offer the form; whether they may is asked when they send it."""
    return any("review" in one["permissions"] for one in caller.app.viewing.rights()["grants"])


def asked(document: Mapping[str, Any], where: str) -> dict[str, Any] | None:
    """Return the value that somebody wants to judge: ``where`` is the id of a statement, a colon, a JSON pointer."""
    enrichment, colon, pointer = where.partition(":")
    found = next((one for one in document["enrichments"] if one["id"] == enrichment), None)
    if not colon or found is None or found["by"] != "machine":
        return None
    try:
        value = value_at(found["body"], pointer)
    except (LookupError, ValueError):
        return None
    kind = found["kind"]
    return {"enrichment": enrichment, "pointer": pointer, "value": value, "kind": kind, "verdicts": VERDICTS}


@router.post("/item/{asset}/judge")
def judge(
    request: Request,
    asset: str,
    form: Annotated[Fields, Depends(fields_of)],
    caller: Annotated[Caller, Depends(posted)],
) -> Response:
    """Record a judgement, and go back to where it was made."""
    if form.get("verdict") not in VERDICTS:
        raise Stopped("E-WEB-006")
    verdict = form["verdict"]
    caller.app.judging.judge(
        whole(asset), enrichment=form.get("enrichment", "")[:64], pointer=form.get("pointer", "")[:300],
        verdict=verdict, reason=form.get("reason", "")[:_LONGEST],
        value=form.get("value", "")[:_LONGEST] if verdict == "correct" else None,
    )  # fmt: skip
    return RedirectResponse(here(request, own_path(f"/item/{asset}")), status_code=303)
