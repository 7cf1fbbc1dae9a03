"""Batches: which there are, what became of them, and what is preserved in all."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from pipeline.web.api import told
from pipeline.web.reception import Signed

router = APIRouter(tags=["batches"])

Dimension = Literal["batch", "source", "kind", "size", "format", "conditions", "retention", "last-audit", "model"]
_ALL = ("batch", "source", "kind", "size", "format", "conditions", "retention", "last-audit", "model")


@router.get("/batches", responses={200: {"model": told.Batches}, **told.problems()})
def batches(caller: Signed) -> JSONResponse:
    """List the batches that the person may use in any way."""
    return JSONResponse(caller.app.viewing.batches())


@router.get("/batches/{batch}", responses={200: {"model": told.Status}, **told.problems(403, 404, 422)})
def status(caller: Signed, batch: Annotated[str, Path(max_length=64)]) -> JSONResponse:
    """Say what became of a batch, stage by stage."""
    return JSONResponse(caller.app.line.status(batch))


@router.get("/inventory", responses={200: {"model": told.Inventory}, **told.problems(403, 404, 422)})
def inventory(
    caller: Signed,
    by: Annotated[list[Dimension] | None, Query(max_length=9)] = None,
    batch: Annotated[str | None, Query(max_length=64)] = None,
) -> JSONResponse:
    """Count and measure what is preserved, as far as the person may know of it."""
    return JSONResponse(caller.app.keeping.inventory(by=tuple(by or _ALL), batch=batch))
