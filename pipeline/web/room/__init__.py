"""Room: the reading room, pages that a server fills, readable without scripts and in two languages."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from pipeline.errors import PipelineError
from pipeline.web.problems import document_of
from pipeline.web.room import items, judging, lists, provider, signing, static
from pipeline.web.room.page import filled, here

__all__ = ["add", "problem"]


def add(app: FastAPI) -> None:
    """Add the pages."""
    for one in (static, signing, provider, lists, items, judging):
        app.include_router(one.router, include_in_schema=False)


def problem(request: Request, err: PipelineError) -> Response:
    """Return an error as a page; who is not signed in is asked to, and comes back."""
    if err.code == "E-LOGIN-001" and request.method == "GET":
        return RedirectResponse(here(request, "/login", back=signing.path_of(request)), status_code=303)
    if err.code == "E-LOGIN-006":
        return RedirectResponse(here(request, "/password"), status_code=303)
    told = document_of(err)
    wait = getattr(request.state, "wait", None)
    headers = {"Retry-After": str(int(wait) + 1)} if wait else None
    return filled(request, "problem.html", None, status=told["status"], headers=headers, problem=told)
