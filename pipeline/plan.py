"""Plan: the order of the stages, derived from what they read and write; nothing else decides it."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.model import Kind
from pipeline.errors import Misconfigured
from pipeline.stages import all_stages
from pipeline.stages.base import TASKS, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A stage in its place, with the names of those it waits for."""

    stage: Stage
    waits: tuple[str, ...]

    def __str__(self) -> str:
        """Return the line of this step in the golden plan."""
        reads = [str(kind) for kind in self.stage.reads] + [f"{kind}?" for kind in self.stage.maybe]
        media = "any" if self.stage.media is None else "+".join(sorted(self.stage.media))
        engine = self.stage.engine.__name__ if self.stage.engine else "-"
        return (
            f"{self.stage.task}: {self.stage.name} v{self.stage.version} "
            f"({', '.join(reads)}) -> {self.stage.writes} [{media}] {engine}"
        )


def plan(stages: Iterable[Stage] | None = None) -> tuple[Step, ...]:
    """Return every stage in running order; ``Misconfigured`` (E-CONF-007) when they do not fit together.

    Stages that do not wait for each other run by task, those for any bytes first, then by name, so that
    the order never depends on the order of files in a folder.
    """
    known = tuple(all_stages() if stages is None else stages)
    makers = _makers(known)
    needs = {one.name: _needs(one, makers) for one in known}
    by_name = {one.name: one for one in known}
    waiting = {name: set(names) for name, names in needs.items()}
    ready = [_turn(by_name[name]) for name, names in waiting.items() if not names]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)[-1]
        order.append(name)
        for other, names in waiting.items():
            if name in names:
                names.remove(name)
                if not names:
                    heapq.heappush(ready, _turn(by_name[other]))
    if left := sorted(set(by_name) - set(order)):
        raise Misconfigured(f"stages wait for each other: {', '.join(left)}", code="E-CONF-007")
    return tuple(Step(stage=by_name[name], waits=needs[name]) for name in order)


def _turn(one: Stage) -> tuple[int, bool, str]:
    return TASKS.index(one.task), one.media is not None, one.name


def tasks(stages: Iterable[Stage] | None = None) -> tuple[str, ...]:
    """Return the tasks that have stages, in order."""
    used = {step.stage.task for step in plan(stages)}
    return tuple(task for task in TASKS if task in used)


def _makers(known: tuple[Stage, ...]) -> dict[Kind, Stage]:
    makers: dict[Kind, Stage] = {}
    for one in known:
        other = makers.setdefault(one.writes, one)
        if other is not one:
            raise Misconfigured(f"{other.name} and {one.name} both write {one.writes}", code="E-CONF-007")
    return makers


def _needs(one: Stage, makers: dict[Kind, Stage]) -> tuple[str, ...]:
    for kind in one.reads:
        if kind not in makers:
            raise Misconfigured(f"{one.name} reads {kind}, which nothing writes", code="E-CONF-007")
    needed = {makers[kind].name for kind in (*one.reads, *one.maybe) if kind in makers}
    if one.media is not None and Kind.FORMAT in makers:
        needed.add(makers[Kind.FORMAT].name)  # which media it concerns is known only then
    for kind in (*one.reads, *(kind for kind in one.maybe if kind in makers)):
        if TASKS.index(makers[kind].task) > TASKS.index(one.task):
            raise Misconfigured(f"{one.name} runs before {makers[kind].name}, which it reads", code="E-CONF-007")
    return tuple(sorted(needed - {one.name}))
