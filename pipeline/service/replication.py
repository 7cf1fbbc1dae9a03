"""Replication: copies of the vault kept up elsewhere, and asked for what the vault has lost."""

import logging
from typing import Any

from pipeline.core.people import Permission
from pipeline.core.ports import Budget
from pipeline.errors import Corrupt, PipelineError
from pipeline.service.app import App, open_app
from pipeline.service.door import Door
from pipeline.settings import read_settings
from pipeline.usecases import recovery, replicas

_log = logging.getLogger(__name__)


def replicate(to: str | None = None, *, budget: Budget | None = None, verify: bool = False, full: bool = False) -> Any:
    """Bring the replicas up to date: one, or all that the settings name. One that fails does not stop the others."""
    app = open_app(fill=False)
    Door(app.home).need("replicate", Permission.AUDIT)
    targets = replicas.targets(app.home.settings, to)
    app.home.log.checkpoint()  # a replica ends at a checkpoint: what was done until now is under one
    told: list[dict[str, Any]] = []
    try:
        for target in targets:
            try:
                one = replicas.keep_up(app.home, target, budget or Budget(), verify=verify, full=full)
                told.append({**one, "error": None})
            except PipelineError as err:
                if len(targets) == 1:
                    raise
                error = {"code": err.code, "reason": err.reason, "who": err.who, "next": err.next}
                told.append({"replica": target, "findings": [], "error": error})
    finally:
        app.home.log.checkpoint()
    return {"replicas": told}


def standing(to: str | None = None) -> dict[str, Any]:
    """Say how far each replica has come."""
    app = open_app(fill=False)
    Door(app.home).need("replicate", Permission.AUDIT)
    return {"replicas": list(replicas.standing(app.home, to))}


def recover(replica: str | None = None) -> dict[str, Any]:
    """Finish what a crash left; from a replica, bring back what is damaged or gone, or a whole vault.

    The person needs the permission to change custody, unless who has it can no longer be read; who brings
    a whole vault back shows by its keys that they may.
    """
    settings = read_settings()
    if replica is None:
        return open_app(settings, fill=False).keeping.recover()
    if recovery.lost(settings):
        done = recovery.bring_back(settings, replica)
        if done.complete:
            home = open_app(settings, fill=False).home
            recovery.note_restored(home, replica, done)
            home.log.checkpoint()
        return {"mended": 0, "restored": recovery.restored(done), "findings": recovery.restored(done)["findings"]}
    app: App | None = None
    try:
        app = open_app(settings, fill=False)
        Door(app.home).need("recover", Permission.CUSTODY)
    except Corrupt:
        _log.warning("the vault is damaged where it says who may do this; it is mended without asking")
    base = recovery.mend_base(settings, replica)
    home = app.home if app is not None else open_app(settings, fill=False).home
    document = recovery.repair(home, replica, base)
    home.log.checkpoint()
    return {**document, "restored": None}
