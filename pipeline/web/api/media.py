"""Media: pictures, sound and films, in ranges, through the gate at every range."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from pipeline.web.api import told
from pipeline.web.api.assets import AssetPath, whole
from pipeline.web.reception import Signed
from pipeline.web.stretch import OF_EVIDENCE, Stretch

router = APIRouter(prefix="/assets", tags=["media"])

Role = Annotated[
    str,
    Path(
        description="thumbnail, contact_sheet, proxy: as made by the line; picture, sound: made when asked for, "
        "without the original's tags; original: the preserved bytes, for who may know the source",
        examples=["thumbnail"],
    ),
]
_BYTES: dict[str, Any] = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.head("/{asset}/media/{role}", include_in_schema=False)
@router.get(
    "/{asset}/media/{role}", response_class=Response,
    responses={
        200: {"description": "the whole", **_BYTES}, 206: {"description": "a part", **_BYTES},
        304: {"description": "as it was"}, 416: {"description": "there is no such part"},
        **told.problems(403, 404, 409),
    },
    openapi_extra={"parameters": [
        {"name": "Range", "in": "header", "schema": {"type": "string"}, "example": "bytes=0-1023"},
        {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        {"name": "If-Range", "in": "header", "schema": {"type": "string"}},
    ]},
)  # fmt: skip
def media(caller: Signed, asset: AssetPath, role: Role, request: Request) -> Response:
    """Return a file of an asset, or a part of it. All parts of one viewing are one entry of the custody log."""
    lent = caller.app.viewing.file(whole(asset), role, caller.sittings, taken=caller.program)
    return Stretch(lent, request.headers)


@router.get(
    "/{asset}/captions/{layout}", response_class=Response,
    responses={200: {"content": {"text/vtt": {"schema": {"type": "string"}}}}, **told.problems(403, 404, 422)},
)  # fmt: skip
def captions(caller: Signed, asset: AssetPath, layout: Literal["original", "translated", "bilingual"]) -> Response:
    """Return captions as WebVTT; machine-made, as the note at their head says."""
    language, text = caller.app.viewing.captions(whole(asset), layout, caller.sittings)
    headers = {"Content-Language": language, "Content-Security-Policy": OF_EVIDENCE}
    return Response(text, media_type="text/vtt", headers=headers)
