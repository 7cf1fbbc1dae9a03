"""Provider: signing in at an identity provider, there and back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from pipeline.web.api.sessions import keep
from pipeline.web.guard import Stopped
from pipeline.web.reception import let_try, reception_of, session_of
from pipeline.web.room.page import filled

router = APIRouter()

_FLOW = "evidence_flow"
_PATH = "/login/provider"
_TEN_MINUTES = 600
_LONGEST = 4000


@router.get(_PATH, dependencies=[Depends(let_try)])
def there(request: Request) -> Response:
    """Send the browser to the provider."""
    service = reception_of(request).app.signing_in
    if not service.has_provider():
        raise Stopped("E-WEB-004")
    address, secret = service.provider_address()
    answer = RedirectResponse(address, status_code=303)
    # Lax: it has to come along when the provider sends the browser back.
    answer.set_cookie(
        _FLOW, secret, max_age=_TEN_MINUTES, httponly=True, samesite="lax", secure=_secure(request), path="/"
    )
    return answer


@router.get(f"{_PATH}/back", dependencies=[Depends(let_try)])
def back(
    request: Request, state: Annotated[str, Query(max_length=_LONGEST)] = "",
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:  # fmt: skip
    """Let in whom the provider names.

    The session's cookie is not sent with a visit that another site began: the page goes on by itself.
    """
    service = reception_of(request).app.signing_in
    if not service.has_provider():
        raise Stopped("E-WEB-004")
    flow = request.cookies.get(_FLOW, "")
    session = service.log_in_by_provider(flow, state, code, replaces=session_of(request))
    answer = filled(request, "entered.html", None)
    keep(request, answer, session.secret)
    answer.delete_cookie(_FLOW, path="/", httponly=True, samesite="lax", secure=_secure(request))
    return answer


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
