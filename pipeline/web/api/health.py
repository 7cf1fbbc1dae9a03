"""Health: whether it answers; tells nothing of what is here."""

from fastapi import APIRouter

from pipeline.web.api import told

router = APIRouter(tags=["health"])


@router.get("/health", response_model=told.Health, responses=told.problems())
def health() -> dict[str, str]:
    """Say that it answers."""
    return {"status": "ok"}
