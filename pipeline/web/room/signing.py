"""Signing: the pages on which one signs in and out, and chooses a language."""

import hmac
import secrets
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from pipeline.errors import PipelineError
from pipeline.web.api.sessions import forget, keep
from pipeline.web.guard import Stopped
from pipeline.web.reception import Caller, Half, Signed, known, let_try, may, reception_of, session_of
from pipeline.web.room.languages import COOKIE, LANGUAGES
from pipeline.web.room.page import filled, here

router = APIRouter()

_FORM = "evidence_form"
_MOST_FIELDS = 50
_LONGEST_PATH = 2000
_YEAR = 365 * 86_400

Fields = dict[str, str]


async def fields_of(request: Request) -> Fields:
    """Read a form; ``Stopped`` when it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Stopped("E-WEB-006")
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise Stopped("E-WEB-006") from None


Form = Annotated[Fields, Depends(fields_of)]


def posted(request: Request, form: Form) -> Caller:
    """Say who sends a form; one that another page made is not theirs."""
    return may(known(request, form.get("csrf")))


Sender = Annotated[Caller, Depends(posted)]


def path_of(request: Request) -> str:
    """Return where somebody is, to come back to."""
    path = str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))
    return f"{path}?{request.url.query}" if request.url.query else path


def own_path(text: str | None) -> str:
    """Return a path of ours; whatever would lead elsewhere leads to the beginning."""
    fine = (
        text and len(text) <= _LONGEST_PATH and text.startswith("/") and not text.startswith(("//", "/\\"))
        and text.isprintable() and "\\" not in text
    )  # fmt: skip
    return text if fine and text else "/"


@router.get("/login")
def login(request: Request, back: Annotated[str, Query(max_length=_LONGEST_PATH)] = "/") -> Response:
    """Ask who it is."""
    return _asked(request, back)


def _asked(request: Request, back: str, *, failed: PipelineError | None = None) -> Response:
    token = request.cookies.get(_FORM, "")
    token = token if len(token) == 43 and token.isascii() else secrets.token_urlsafe(32)  # noqa: PLR2004 (its length)
    status = 200 if failed is None else 401
    provider = reception_of(request).app.signing_in.has_provider()
    answer = filled(
        request, "login.html", None, status=status, form=token, back=own_path(back), failed=failed, provider=provider
    )
    secure = request.url.scheme == "https"
    answer.set_cookie(_FORM, token, httponly=True, samesite="strict", secure=secure, path="/")
    return answer


@router.post("/login", dependencies=[Depends(let_try)])
async def enter(request: Request, form: Form) -> Response:
    """Let somebody in; whatever was wrong, the page says the same."""
    mine, theirs = request.cookies.get(_FORM, ""), form.get("form", "")
    if not mine or not hmac.compare_digest(mine.encode(), theirs.encode()):
        raise Stopped("E-WEB-002")
    return await run_in_threadpool(_let_in, request, form)


def _let_in(request: Request, form: Fields) -> Response:
    given = [form.get(name, "")[:600] for name in ("login", "password", "code")]
    try:
        session = reception_of(request).app.signing_in.log_in(*given, replaces=session_of(request))
    except PipelineError as err:
        if err.code != "E-LOGIN-001":
            raise
        return _asked(request, form.get("back", "/"), failed=err)
    answer = RedirectResponse(here(request, own_path(form.get("back"))), status_code=303)
    keep(request, answer, session.secret)
    answer.delete_cookie(_FORM, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@router.post("/logout")
def leave(request: Request, form: Form) -> Response:
    """Let somebody out."""
    known(request, form.get("csrf"))
    if session := session_of(request):
        reception_of(request).app.signing_in.log_out(session)
    answer = RedirectResponse(here(request, "/login"), status_code=303)
    forget(request, answer)
    return answer


@router.get("/language/{language}")
def language(request: Request, language: str, back: Annotated[str, Query(max_length=_LONGEST_PATH)] = "/") -> Response:
    """Speak another language from now on."""
    if language not in LANGUAGES:
        raise Stopped("E-WEB-004")
    answer = RedirectResponse(own_path(back), status_code=303)
    answer.set_cookie(
        COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True, secure=request.url.scheme == "https", path="/"
    )
    return answer


@router.get("/password")
def password(request: Request, caller: Half) -> Response:
    """Ask for another password."""
    return filled(request, "password.html", caller, failed=None)


@router.post("/password", dependencies=[Depends(let_try)])
def change_password(request: Request, form: Form) -> Response:
    """Change one's own password; every session ends, and a new one is opened."""
    caller = known(request, form.get("csrf"))
    try:
        session = caller.app.signing_in.change_password(form.get("old", "")[:600], form.get("new", "")[:600])
    except PipelineError as err:
        if err.code not in {"E-LOGIN-001", "E-LOGIN-003"}:
            raise
        return filled(request, "password.html", caller, status=400, failed=err.reason)
    answer = RedirectResponse(here(request, "/"), status_code=303)
    keep(request, answer, session.secret)
    return answer


@router.get("/me")
def me(request: Request, caller: Signed) -> Response:
    """Say who one is, and what one may do."""
    return filled(request, "me.html", caller, rights=caller.app.viewing.rights(), exposure=caller.app.exposure.shown())
