"""Evaluate: how right the line is on material whose truth is known, measured the way that it works for everybody."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings import Settings
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home, open_home
from pipeline.usecases.measures import MEASURES, Sample
from pipeline.usecases.process import process
from pipeline.usecases.submit import Submission, submit
from pipeline.usecases.truths import read_truths

_BATCH = "evaluation"
_STAGES = {"speech": "transcribe", "text": "read_text", "labels": "tag", "place": "geolocate"}
_ALSO = {"labels": ("detect",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What is asked: which measure, on which truths, and how far it has come."""

    what: str
    manifest: Path
    progress: Callable[[int, int], None] = lambda _done, _of: None


def evaluate(settings: Settings, wanted: Evaluation) -> dict[str, Any]:
    """Put material with known truth through the line in a home of its own, and measure what comes out.

    Raises ``Refused`` (E-EVAL-001) naming every row of the manifest that is wrong.
    """
    truths = read_truths(wanted.manifest, wanted.what)
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.scratch, prefix="evaluation-") as folder:
        home = _apart(settings, Path(folder))
        try:
            samples = list(_put_through(home, wanted, truths))
            makers = _makers(samples, wanted.what)
        finally:
            home.close()
    return {"what": wanted.what, "items": len(samples), **MEASURES[wanted.what](samples), "makers": makers}


def _apart(settings: Settings, folder: Path) -> Home:
    """Open a home for this evaluation alone, with the models that the real one chose."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    if settings.models_lock.is_file():
        shutil.copyfile(settings.models_lock, home / settings.models_lock.name)
    here = {
        "home": home, "keys": folder / "keys", "scratch": folder / "scratch",
        "database": f"sqlite:///{home / 'catalogue.sqlite'}", "token": None,
    }  # fmt: skip
    return open_home(settings.model_copy(update=here))


def _put_through(home: Home, wanted: Evaluation, truths: Sequence[Mapping[str, str]]) -> Iterator[Sample]:
    paths = [Path(one["path"]) for one in truths]
    told = submit(home, Submission(batch=_BATCH, paths=paths))
    process(home, _BATCH, stages=_needed(home, wanted.what), progress=wanted.progress)
    for truth, item in zip(truths, told["items"], strict=True):
        document: Mapping[str, Any] = fold(home, item["asset"]) if item["asset"] else {"enrichments": []}
        current = {one["kind"]: one for one in document["enrichments"] if one["current"]}
        yield Sample(truth=truth, media=document.get("media", "other"), found=current)


def _needed(home: Home, what: str) -> list[str]:
    """Return the stages that a measure needs, and all that they wait for."""
    waits = {step.stage.name: step.waits for step in home.steps}
    asked = [_STAGES[what], *_ALSO.get(what, ())]
    found: set[str] = set()
    while asked:
        name = asked.pop()
        if name not in found:
            found.add(name)
            asked += waits[name]
    return [step.stage.name for step in home.steps if step.stage.name in found]


def _makers(samples: Sequence[Sample], what: str) -> list[dict[str, Any]]:
    """Cite who made what was measured, each once."""
    made: dict[tuple[Any, ...], dict[str, Any]] = {}
    for sample in samples:
        for one in sample.found.values():
            maker = one["maker"]
            if maker["stage"] in (_STAGES[what], *_ALSO.get(what, ())) and maker["engine"]:
                cited = {name: maker[name] for name in ("stage", "version", "engine", "model", "weights_sha256")}
                made[tuple(cited.values())] = cited
    return list(made.values())
