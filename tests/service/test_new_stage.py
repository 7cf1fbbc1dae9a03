"""A stage is one file: dropped in, it runs, its result is shown and comes back after a rebuild."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline.stages
from pipeline.stages import base
from tests.service.conftest import Evidence

# What CONTRIBUTING.md tells one to write.
STAGE = '''"""Tally: how many different bytes there are."""

from pipeline.core.body import Body
from pipeline.core.model import Kind
from pipeline.stages.base import Job, Result, done, stage


class Tally(Body):
    """The number of different byte values."""

    different: int


@stage(version=1, writes=Kind("tally"))
def tally(job: Job) -> Result:
    """Count the different byte values of the original."""
    return done(Tally(different=len(set(job.path.read_bytes()))))
'''


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "stages"
    folder.mkdir()
    (folder / "tally.py").write_text(STAGE, encoding="utf-8")
    monkeypatch.setattr(pipeline.stages, "__path__", [*pipeline.stages.__path__, str(folder)])
    yield
    base.forget("tally")


@pytest.mark.usefixtures("dropped_in")
def test_a_stage_in_one_file_is_processed_shown_and_rebuilt(evidence: Evidence, material: Path, home: Path) -> None:
    items = evidence("submit", material, "--recursive", "--batch", "b1").json["items"]
    asset = next(one["asset"] for one in items if one["path"].endswith("tone.wav"))

    status = evidence("process", "b1").json
    shown = evidence("show", asset).text
    for entry in home.iterdir():
        if entry.name not in {"vault", "models.lock"}:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    evidence("rebuild", "catalogue")

    assert status["outcomes"]["tally"] == {"done": 3, "not_applicable": 1, "refused": 1}
    assert status["accounted"] == status["items"]
    assert '"different": ' in shown
    assert evidence("show", asset).text == shown
