"""Sessions: signing in and out, and who one is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from pipeline.web.api import told
from pipeline.web.reception import Half, Signed, cookie_name, let_try, reception_of, session_of

router = APIRouter(tags=["session"])


_ENTERED: dict[int | str, dict[str, Any]] = {200: {"model": told.Entered}, **told.problems(403, 422)}


@router.post("/session", dependencies=[Depends(let_try)], responses=_ENTERED)
def enter(request: Request, given: told.Entering) -> JSONResponse:
    """Open a session. Whatever was wrong, the answer is the same."""
    service = reception_of(request).app.signing_in
    session = service.log_in(given.login, given.password, given.code, replaces=session_of(request))
    answer = JSONResponse({"csrf": session.csrf, "must_change": session.must_change})
    keep(request, answer, session.secret)
    return answer


@router.delete("/session", status_code=204, response_class=Response, responses=told.problems(403))
def leave(request: Request, caller: Half) -> Response:
    """End the session that asks."""
    answer = Response(status_code=204)
    if (session := session_of(request)) is not None and not caller.program:
        reception_of(request).app.signing_in.log_out(session)
        forget(request, answer)
    return answer


@router.get("/me", responses={200: {"model": told.Me}, **told.problems()})
def me(caller: Half) -> JSONResponse:
    """Say who asks, and what they may do now."""
    return JSONResponse({**caller.app.viewing.rights(), "by": caller.by, "must_change": caller.must_change})


@router.put("/session/password", dependencies=[Depends(let_try)], responses=_ENTERED)
def password(request: Request, caller: Half, given: told.Changing) -> JSONResponse:
    """Change one's own password; every session ends, and a new one is opened."""
    session = caller.app.signing_in.change_password(given.old, given.new)
    answer = JSONResponse({"csrf": session.csrf, "must_change": session.must_change})
    keep(request, answer, session.secret)
    return answer


@router.post("/me/exposure", responses={200: {"model": told.Exposure}, **told.problems(403)})
def looked(caller: Signed) -> JSONResponse:
    """Count, for the person alone, one more veiled thing that they chose to see; say if a break is due."""
    return JSONResponse(caller.app.exposure.looked())


@router.get("/me/exposure", responses={200: {"model": told.Exposure}, **told.problems(403)})
def exposure(caller: Signed) -> JSONResponse:
    """Return one's own tally; nobody else can see it."""
    return JSONResponse(caller.app.exposure.shown())


@router.delete("/me/exposure", responses={200: {"model": told.Exposure}, **told.problems(403)})
def forget_exposure(caller: Signed) -> JSONResponse:
    """Forget one's own tally."""
    return JSONResponse(caller.app.exposure.clear())


@router.get("/tokens", responses={200: {"model": told.Tokens}, **told.problems(403)})
def tokens(caller: Signed) -> JSONResponse:
    """List one's own tokens, without their secrets."""
    return JSONResponse(caller.app.signing_in.tokens())


@router.post("/tokens", status_code=201, responses={201: {"model": told.Token}, **told.problems(403, 422)})
def make_token(caller: Signed, given: told.Making) -> JSONResponse:
    """Make a token for oneself; its secret is told here and never again. No token makes another."""
    made = caller.app.signing_in.make_token(given.name, scopes=given.scopes, days=given.days)
    return JSONResponse(made, status_code=201)


@router.delete("/tokens/{token}", responses={200: {"model": told.Token}, **told.problems(403, 404, 422)})
def revoke_token(caller: Signed, token: Annotated[str, Path(max_length=100)]) -> JSONResponse:
    """End one of one's own tokens."""
    return JSONResponse(caller.app.signing_in.revoke_token(token))


def keep(request: Request, answer: Response, secret: str) -> None:
    """Put a session into the browser: no script reads it, no other site sends it, and it goes when the browser does."""
    secure = request.url.scheme == "https"
    answer.set_cookie(cookie_name(request), secret, httponly=True, samesite="strict", secure=secure, path="/")


def forget(request: Request, answer: Response) -> None:
    """Take it out again, with all that the browser has kept of us."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(cookie_name(request), httponly=True, samesite="strict", secure=secure, path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
