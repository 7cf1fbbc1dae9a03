"""Makers: who makes a statement, known before the work and without loading anything."""

from typing import Any

from pipeline.core.model import Maker
from pipeline.runner.parts import Parts
from pipeline.stages.base import Stage


def maker_of(parts: Parts, stage: Stage, *, outside: bool) -> Maker:
    """Return who would make a statement: the stage and everything that can change its result."""
    parameters = {name: parts.limits[name] for name in stage.limits}
    if outside:
        parameters["outside"] = True
    if stage.also:
        parameters["also"] = _also(parts, stage)
    environment: dict[str, Any] = dict(parts.tools.environment(*stage.tools)) if stage.tools else {}
    if stage.engine is None:
        return Maker(stage=stage.name, version=stage.version, parameters=parameters, environment=environment)
    who = parts.engines.identity(stage.engine)
    return Maker(
        stage=stage.name, version=stage.version, engine=who.engine, model=who.model,
        weights_sha256=who.weights_sha256, provenance=who.provenance,
        parameters={**parameters, **who.parameters}, environment={**environment, **who.environment},
    )  # fmt: skip


def _also(parts: Parts, stage: Stage) -> dict[str, Any]:
    """Cite the further engines of a stage; one that this home has not is cited as none."""
    found: dict[str, Any] = {}
    for port in stage.also:
        who = parts.engines.identity(port) if parts.engines.has(port) else None
        found[port.__name__] = {
            "engine": who.engine, "model": who.model, "weights_sha256": who.weights_sha256,
            "provenance": who.provenance, "parameters": dict(who.parameters), "environment": dict(who.environment),
        } if who else None  # fmt: skip
    return found
