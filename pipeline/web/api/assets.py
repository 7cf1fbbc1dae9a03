"""Assets: what is known of one, what is like it, and what was done with it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from pipeline.errors import CODES, PipelineError
from pipeline.web.api import told
from pipeline.web.reception import Signed

router = APIRouter(prefix="/assets", tags=["assets"])

_DIGITS = frozenset("0123456789abcdef")
_LENGTH = 64

AssetPath = Annotated[
    str, Path(description="SHA-256 of the preserved bytes, in full", json_schema_extra={"pattern": "^[0-9a-f]{64}$"})
]


def whole(asset: str) -> str:
    """Return an asset's id; anything else is the name of nothing: over HTTP no prefix is completed."""
    if len(asset) != _LENGTH or not set(asset) <= _DIGITS:
        raise PipelineError(CODES["E-FIND-001"].meaning, code="E-FIND-001")
    return asset


@router.get("/{asset}", responses={200: {"model": told.Document}, **told.problems(403, 404)})
def document(caller: Signed, asset: AssetPath) -> JSONResponse:
    """Return the enriched document of an asset, without what the person may not see."""
    return JSONResponse(caller.app.finding.show(whole(asset)))


@router.get("/{asset}/similar", responses={200: {"model": told.Links}, **told.problems(403, 404)})
def similar(caller: Signed, asset: AssetPath) -> JSONResponse:
    """Return other copies of an asset: cut, mirrored, resized, coded anew, heard elsewhere."""
    return JSONResponse(caller.app.finding.similar(whole(asset)))


@router.get("/{asset}/custody", responses={200: {"model": told.History}, **told.problems(403, 404, 422)})
def custody(
    caller: Signed,
    asset: AssetPath,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> JSONResponse:
    """Return what the custody log says of an asset, for who audits or keeps every batch that brought it."""
    return JSONResponse(caller.app.viewing.history(whole(asset), after=after, limit=limit))
