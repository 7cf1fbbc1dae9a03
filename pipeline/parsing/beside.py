"""Beside: what a side-car states, read from one open file."""

from dataclasses import astuple
from typing import Any

from pipeline.core.sidecars import read_sidecar
from pipeline.parsing.material import Material


def sidecar(media: Material, ending: str) -> dict[str, Any] | None:
    """Return kind, text, notes and fixes of a side-car with this ending; ``None`` when it states no position."""
    with media.open() as file:
        found = read_sidecar(f"x{ending}", file.read())
    if found is None:
        return None
    return {
        "kind": found.kind,
        "text": found.text,
        "notes": found.notes,
        "fixes": [astuple(one) for one in found.fixes],
    }
