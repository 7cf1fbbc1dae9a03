"""Process: run the line over a batch, alone or beside other workers; write back; index."""

import logging
from collections.abc import Callable, Collection, Sequence

from pipeline.catalogue import Lost, Row
from pipeline.core.halt import pause
from pipeline.core.model import Asset
from pipeline.errors import Misconfigured, Unavailable
from pipeline.plan import Step, plan
from pipeline.runner import Redo
from pipeline.usecases.crew import each
from pipeline.usecases.home import Home
from pipeline.usecases.line import Line

_log = logging.getLogger(__name__)
_TRIES = 3
_PAUSE_SECONDS = 2.0


def process(
    home: Home,
    batch: str,
    *,
    stages: Sequence[str] = (),
    redo: Redo | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> None:
    """Run the line over a batch; returns when every item has its outcomes, whoever did the work."""
    steps = _chosen(home, stages)
    line = Line(home, redo)
    home.derivatives.sweep(home.settings.scratch_seconds)
    assets = home.catalogue.batch_assets(batch)
    finished = 0

    def work(asset: Asset) -> None:
        for step in steps:
            _patiently(line, asset, step)
        line.finish(asset.id)

    def told(_answer: None) -> None:
        nonlocal finished
        finished += 1
        progress(finished, len(assets))

    each(home, assets, work, told=told)


def run_task(home: Home, task: str, assets: Sequence[Asset], *, last_try: bool) -> dict[str, dict[str, int]]:
    """Run the stages of one Airflow task over a shard; count outcomes by stage.

    ``Unavailable`` is raised once the rest of the shard is done, so that a new try finds only what
    is left; on the last try it becomes ``failed`` instead.
    """
    steps = [step for step in home.steps if step.stage.task == task]
    line = Line(home)
    home.derivatives.sweep(home.settings.scratch_seconds)
    counts: dict[str, dict[str, int]] = {step.stage.name: {} for step in steps}

    def work(asset: Asset) -> list[Row]:
        return [row for step in steps if (row := _once(line, asset, step, last_try=last_try)) is not None]

    def told(rows: list[Row]) -> None:
        for row in rows:
            counts[row.stage][row.outcome] = counts[row.stage].get(row.outcome, 0) + 1

    each(home, assets, work, told=told)
    return counts


def finish_shard(home: Home, assets: Sequence[Asset]) -> int:
    """Write back and index a shard; return how many assets."""
    line = Line(home)
    each(home, assets, lambda asset: line.finish(asset.id))
    return len(assets)


def redo_of(text: str | None, models: Collection[str]) -> Redo | None:
    """Read what to do again: ``failed``, ``all``, ``stage:NAME`` or ``model:NAME``."""
    if text is None or text == "failed":
        return None  # attempts never block a new one
    if text == "all":
        return Redo(everything=True)
    what, _, name = text.partition(":")
    if what == "stage" and name in {step.stage.name for step in plan()}:
        return Redo(stage=name)
    if what == "model" and name in models:
        return Redo(model=name)
    raise Misconfigured(f"cannot redo {text!r}: say failed, all, stage:NAME or model:NAME", code="E-CONF-009")


def _chosen(home: Home, stages: Sequence[str]) -> tuple[Step, ...]:
    names = {step.stage.name for step in home.steps}
    if unknown := sorted(set(stages) - names):
        raise Misconfigured(
            f"no stage is called {', '.join(unknown)}; there are: {', '.join(one.stage.name for one in home.steps)}",
            code="E-CONF-009",
        )
    return tuple(step for step in home.steps if not stages or step.stage.name in stages)


def _once(line: Line, asset: Asset, step: Step, *, last_try: bool) -> Row | None:
    """Run a step; on the last try an outside fault becomes ``failed``."""
    try:
        return line.stage(asset, step)
    except Lost:
        raise
    except Unavailable as err:
        if not last_try:
            raise
        return line.give_up(asset, step, err)


def _patiently(line: Line, asset: Asset, step: Step) -> None:
    """Run a step; an outside fault that stays becomes ``failed``, and the batch goes on."""
    for attempt in range(1, _TRIES + 1):
        try:
            line.stage(asset, step)
        except Lost:
            raise
        except Unavailable as err:
            _log.warning("%s on %s: %s, try %d of %d", step.stage.name, asset.id[:12], err.code, attempt, _TRIES)
            if attempt == _TRIES:
                line.give_up(asset, step, err)
            else:
                pause(_PAUSE_SECONDS * attempt)
        else:
            return
