"""Judgements: what persons say of values that machines found; beside them, never instead of them."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from pipeline.web.api import told
from pipeline.web.api.assets import AssetPath, whole
from pipeline.web.reception import Signed

router = APIRouter(prefix="/assets", tags=["judgements"])


@router.get("/{asset}/judgements", responses={200: {"model": told.Judgements}, **told.problems(403, 404)})
def judgements(caller: Signed, asset: AssetPath) -> JSONResponse:
    """List what persons said of an asset's values."""
    return JSONResponse(caller.app.judging.judgements(whole(asset)))


@router.post(
    "/{asset}/judgements", status_code=201,
    responses={201: {"model": told.Judgement}, **told.problems(403, 404, 422)},
)  # fmt: skip
def judge(caller: Signed, asset: AssetPath, given: told.Judging) -> JSONResponse:
    """Confirm, correct, reject or comment on one value of one statement; it cannot be taken back, only said anew."""
    made = caller.app.judging.judge(whole(asset), **given.model_dump())
    return JSONResponse(made, status_code=201)
