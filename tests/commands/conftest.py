"""Material with things said of it, made without any model, and the command line as each person would call it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.catalogue import Row
from pipeline.core.model import AssetId, Enrichment, Kind, Maker, Outcome
from pipeline.service import open_app
from pipeline.service.app import App
from pipeline.usecases.line import Line
from tests.service.conftest import Evidence, evidence, home

State = Callable[..., str]
Grant = Callable[..., str]


def segment(start: float, text: str | None, **more: Any) -> dict[str, Any]:
    """Return a passage of a transcript, two seconds long."""
    base: dict[str, Any] = {
        "stream": 0, "channel": 0, "start": start, "end": start + 2.0, "text": text, "code": None, "language": "en",
        "language_probability": 0.9, "candidates": [], "text_language": "en", "reliability": "usable",
        "confidence": 0.9, "speaker": None, "flags": [], "words": [], "readings": [], "disagreement": None,
    }  # fmt: skip
    return {**base, **more}


def spoken(*segments: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a transcript."""
    return {"language": "en", "segments": list(segments)}


@pytest.fixture
def app() -> Iterator[App]:
    """Open the installation as its custodian."""
    found = open_app()
    yield found
    found.close()


@pytest.fixture
def assets(app: App, evidence: Evidence, tmp_path: Path) -> list[str]:
    """Return three preserved assets of batch ``b1``, kept by the custodian."""
    assert app.home.actor.startswith("p-")
    files = []
    for name in ("one", "two", "three"):
        files.append(tmp_path / f"{name}.txt")
        files[-1].write_text(name, encoding="utf-8")
    said = evidence("submit", *files, "--batch", "b1").json
    return [str(one["asset"]) for one in said["items"]]


@pytest.fixture
def state(app: App) -> State:
    """Return a function that records what a model says of an asset, as the line would; it returns the id."""
    made = 0

    def record(
        asset: str, body: dict[str, Any], *, kind: str = "transcript", model: str = "model-a",
        acquisition: tuple[str, int] | None = None,
    ) -> str:  # fmt: skip
        nonlocal made
        made += 1
        maker = Maker(
            stage={"transcript": "transcribe", "tags": "tag", "places": "geolocate"}[kind], version=1,
            engine="engine", model=model, weights_sha256="f" * 64,
        )  # fmt: skip
        one = Enrichment(
            asset=AssetId(asset), kind=Kind(kind), maker=maker, basis=(), outcome=Outcome.DONE,
            made_at=f"2026-01-01T00:00:{made:02d}Z", body=body, of_acquisition=acquisition,
        )  # fmt: skip
        row = Row(asset=AssetId(asset), stage=maker.stage, outcome=Outcome.DONE, enrichment=one.id)
        app.home.catalogue.add(one, row)
        Line(app.home).finish(AssetId(asset))
        return str(one.id)

    return record


@pytest.fixture
def grant(app: App) -> Grant:
    """Return a function that gives a person a role; it returns their id."""

    def give(name: str, role: str | None = "reviewer", **more: Any) -> str:
        return str(app.custody.grant(name, role=role, **more)["id"])

    return give


__all__ = ["evidence", "home"]
