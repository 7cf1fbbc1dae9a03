"""API: version 1 of what programs ask; every answer is what the service says, every error a problem document."""

from fastapi import APIRouter

from pipeline.web.api import assets, batches, health, judgements, media, search, sessions

PREFIX = "/api/v1"


def router() -> APIRouter:
    """Return all routes."""
    found = APIRouter(prefix=PREFIX)
    for one in (health, sessions, search, assets, media, judgements, batches):
        found.include_router(one.router)
    return found
