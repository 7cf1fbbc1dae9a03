"""Models: listed, fetched, verified, chosen, and measured."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.engines.identity import port_name
from pipeline.errors import Misconfigured
from pipeline.plan import plan
from pipeline.service.app import open_app
from pipeline.settings import read_settings


def models(action: str, *, profile: str | None = None, progress: Any = None) -> dict[str, Any]:
    """List, fetch, verify or choose models; needs no home but for ``resolve``."""
    from pipeline import weights

    settings = read_settings()
    if action == "list":
        return {"models": weights.list_models(settings)}
    if action == "fetch" and (profile or settings.profile) == "auto":
        missing = weights.fetch_what_can_be(settings, profile="auto", progress=progress)
        here = [one for one in weights.list_models(settings) if one["here"]]
        return {
            "models": [{"model": one["model"], "weights_sha256": one["weights_sha256"]} for one in here],
            "not_here": [{"model": name, "code": err.code, "reason": err.reason} for name, err in missing],
        }
    if action == "fetch":
        done = weights.fetch(settings, profile=profile, progress=progress)
        fetched = [{"model": one.card.name, "weights_sha256": one.weights_sha256} for one in done]
        return {"models": fetched, "not_here": []}
    if action == "verify":
        checked = [asdict(one) for one in weights.verify(settings, profile=profile)]
        return {"files": checked, "findings": [one for one in checked if one["code"]]}
    if action == "resolve":
        app = open_app(settings)
        app.may_choose_models()
        app.close()
        lock, changes = weights.resolve(settings, profile or settings.profile)
        again = {one.port for one in changes if one.before}
        steps = [one.stage.name for one in plan() if {port_name(port) for port in one.stage.engines} & again]
        return {"profile": lock.profile, "ports": {k: asdict(v) for k, v in lock.ports.items()}, "redo": steps}
    raise Misconfigured(f"models cannot {action}", code="E-CONF-009")


def evaluation(what: str, manifest: Path) -> dict[str, Any]:
    """Measure the line on material whose truth is known, in a home that is gone afterwards."""
    from pipeline.usecases.evaluate import Evaluation, evaluate

    return evaluate(read_settings(), Evaluation(what=what, manifest=manifest))
