"""App: the web application, put together; opens the installation with the first request that needs it."""

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from pipeline import __version__
from pipeline.errors import PipelineError
from pipeline.service import open_app as open_here
from pipeline.web import api, room
from pipeline.web.api.told import Problem, problems
from pipeline.web.guard import Guard, Stopped
from pipeline.web.problems import answer, is_api
from pipeline.web.reception import OpenApp, Reception

_log = logging.getLogger(__name__)

_PER_PERSON = 1200
"""Requests a minute of one person: a reader who leafs fast, with all the pictures of a page, stays far below."""

_HTTP = {404: "E-WEB-004", 405: "E-WEB-005"}


def create_app(
    open_app: OpenApp = open_here, *, names: Collection[str] = (), ancestors: str = "'none'",
    per_address: float = 3000, logins: float = 20, https: bool = False,
) -> FastAPI:  # fmt: skip
    """Make the application.

    ``names``: by which hosts it may be asked; ``ancestors``: which pages may frame it (CSP); ``per_address``
    and ``logins``: requests, and attempts to sign in, a minute from one address; ``https``: a proxy before it
    speaks TLS, whatever the connection itself says.
    """
    reception = Reception(open_app=open_app, per_person=min(_PER_PERSON, per_address), logins=logins)

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        yield
        reception.close()

    made = FastAPI(
        title="Evidence", version=__version__, lifespan=living, docs_url=None, redoc_url=None,
        openapi_url=f"{api.PREFIX}/openapi.json", default_response_class=JSONResponse,
        description="What was preserved, what machines read in it, and where. Every act is in the custody log.",
    )  # fmt: skip
    made.state.reception = reception
    made.include_router(api.router())
    room.add(made)
    _errors(made)
    _describe(made)
    made.add_middleware(
        Guard, names=frozenset(names) | LOOPBACK, per_minute=per_address, ancestors=ancestors, https=https,
        broken=_broken,
    )  # fmt: skip
    return made


def _broken(scope: Scope, err: PipelineError) -> Response:
    request = Request(scope)
    return answer(err) if is_api(request) else room.problem(request, err)


LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def _errors(made: FastAPI) -> None:
    def told(request: Request, err: PipelineError, **more: Any) -> Response:
        if not is_api(request):
            return room.problem(request, err)
        wait = getattr(request.state, "wait", None)
        return answer(err, {"Retry-After": str(int(wait) + 1)} if wait else None, **more)

    @made.exception_handler(PipelineError)
    def ours(request: Request, err: PipelineError) -> Response:
        if err.code not in _USUAL:
            _log.warning("%s answered to a request", err.code)
        return told(request, err)

    @made.exception_handler(RequestValidationError)
    def malformed(request: Request, err: RequestValidationError) -> Response:
        # What was sent is not sent back: it may be anything.
        wrong = [{"where": [str(part)[:60] for part in one["loc"]], "what": one["type"]} for one in err.errors()[:20]]
        return told(request, Stopped("E-WEB-006"), errors=wrong)

    @made.exception_handler(HTTPException)
    def not_ours(request: Request, err: HTTPException) -> Response:
        found = told(request, Stopped(_HTTP.get(err.status_code, "E-WEB-006")))
        for name, value in (err.headers or {}).items():
            found.headers[name] = value
        return found


_USUAL = frozenset({"E-FIND-001", "E-FIND-002", "E-FIND-003", "E-FIND-004", "E-QUERY-001", "E-LOGIN-001"})


def _describe(made: FastAPI) -> None:
    """Complete what OpenAPI says: the form of errors, and how one signs in."""
    generate = made.openapi

    def described() -> dict[str, Any]:
        if made.openapi_schema is None:
            found = generate()
            parts = found.setdefault("components", {})
            forms = parts.setdefault("schemas", {})
            forms["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            for unused in ("HTTPValidationError", "ValidationError"):
                forms.pop(unused, None)
            parts["securitySchemes"] = {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "evidence_session"},
            }
            for path, some in found["paths"].items():
                for verb, one in some.items():
                    open_to_all = path.endswith("/health") or (path.endswith("/session") and verb == "post")
                    one["security"] = [] if open_to_all else [{"token": []}, {"session": []}]
                    if "422" in one["responses"]:  # FastAPI adds a form of its own, which nobody is sent
                        one["responses"]["422"] = problems(422)[422]
            made.openapi_schema = found
        return made.openapi_schema

    made.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it
