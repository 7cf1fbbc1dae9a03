"""Service: the use cases. The command line, the DAGs and the web call these and no more.

Every method acts as one person and asks the gate; what that person may not know of is answered
as if it did not exist. Every act is an entry of the custody log.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import Asset, AssetId
from pipeline.core.people import Permission
from pipeline.core.ports import AuditReport, Finding, LogReport
from pipeline.engines.identity import port_name
from pipeline.errors import CODES, Corrupt, Misconfigured
from pipeline.plan import plan
from pipeline.settings import Settings, read_settings
from pipeline.usecases import find, ledger, likeness, persons, rebuild, terms
from pipeline.usecases.access import CONDITIONS, COUNTING, HOLDS, Access, Denied, resolve
from pipeline.usecases.batches import PREFIX
from pipeline.usecases.home import PEOPLE, Home, open_home
from pipeline.usecases.pages import write_report
from pipeline.usecases.process import finish_shard, process, redo_of, run_task
from pipeline.usecases.submit import check_reference, submission_of, submit
from pipeline.vault import audit_root, verify_root

_log = logging.getLogger(__name__)


class App:
    """One open installation, used by one person."""

    def __init__(self, home: Home) -> None:
        self.home = home

    # --- the line

    def submit(self, paths: Sequence[Path], *, batch: str, **given: Any) -> dict[str, Any]:
        """Preserve files in a batch; one answer per item, in order."""
        check_reference(batch)
        self._need("submit", Permission.SUBMIT, batch)
        self.home.vault.settle()
        document = submit(self.home, submission_of(self.home, batch, paths, **given))
        self.home.log.checkpoint()
        return document

    def process(
        self,
        batch: str,
        *,
        stages: Sequence[str] = (),
        redo: str | None = None,
        profile: str | None = None,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> dict[str, Any]:
        """Run the line over a batch in this process; return the status document."""
        register = self._batch(batch, Permission.PROCESS)
        models = self.home.model_names()
        again = redo_of(redo, models)
        self.home.check_profile(profile)
        self.home.vault.settle()
        self._note("process", register, stages=sorted(stages), redo=digest(redo) if redo else "none")
        process(self.home, batch, stages=stages, redo=again, progress=progress)
        self.home.log.checkpoint()
        return ledger.status(self.home, batch, Access(self.home))

    def queue(self, batch: str) -> dict[str, Any]:
        """Ask Airflow to run the line over a batch."""
        from pipeline.queue import queue_batch

        register = self._batch(batch, Permission.PROCESS)
        self._note("queue", register)
        return queue_batch(self.home.settings, batch)

    def shards(self, batch: str) -> list[dict[str, Any]]:
        """Cut a batch into ranges: ids and numbers only."""
        register = self._batch(batch, Permission.PROCESS)
        self._note("run", register)
        return ledger.shards(self.home, batch)

    def run_stages(self, task: str, shard: dict[str, Any], *, last_try: bool = False) -> dict[str, dict[str, int]]:
        """Run the stages of a task over a shard; return the outcomes by stage."""
        self._batch(shard["batch"], Permission.PROCESS)
        return run_task(self.home, task, self._assets(shard), last_try=last_try)

    def write_back(self, shard: dict[str, Any]) -> dict[str, int]:
        """Write a shard's new results to the vault and the index."""
        self._batch(shard["batch"], Permission.PROCESS)
        return {"assets": finish_shard(self.home, self._assets(shard))}

    def reconcile(self, batch: str) -> dict[str, Any]:
        """Add a finished run up; raise when an item is unaccounted for or too many failed."""
        register = self._batch(batch, Permission.PROCESS)
        document = ledger.reconcile(self.home, batch)
        self._note("reconcile", register, items=document["items"], accounted=document["accounted"])
        self.home.log.checkpoint()
        return document

    def status(self, batch: str | None = None) -> dict[str, Any]:
        """Say what became of a batch, or of all that the person may know of."""
        access = Access(self.home)
        known = access.batches(COUNTING)
        if batch is None:
            return {"batches": [ledger.status(self.home, ref, access) for ref in known]}
        if batch not in known and batch in access.batches():
            self._need("status", Permission.PROCESS, batch)
        if batch not in known:
            raise self._denied("status", batch, CODES["E-FIND-002"].meaning, "E-FIND-002")
        return ledger.status(self.home, batch, access)

    # --- finding

    def allowed(
        self, purpose: Purpose, asset: AssetId, *, actor: str | None = None, recipient: str | None = None
    ) -> Decision:
        """Answer the gate's question for the acting person, or for another by name: may they do this now?"""
        return Access(self.home, actor=actor).decide(purpose, asset, recipient=recipient)

    def show(self, asset: str) -> dict[str, Any]:
        """Return the enriched document of an asset, without what this person may not see."""
        access = Access(self.home)
        try:
            found, decision = resolve(self.home, access, asset, Purpose.VIEW)
        except Denied as err:
            raise self._denied("show", asset, err.reason, err.code) from None
        self._note("show", found, withheld=len(decision.withheld))
        return find.document(self.home, found, decision)

    def similar(self, asset: str) -> dict[str, Any]:
        """Link an asset with its copies among those that this person may see."""
        access = Access(self.home)
        try:
            found, decision = resolve(self.home, access, asset, Purpose.VIEW)
        except Denied as err:
            raise self._denied("similar", asset, err.reason, err.code) from None
        answer = likeness.similar(self.home, access, found, decision)
        self._note("similar", found, links=len(answer["links"]))
        return answer

    def search(self, query: str, **given: Any) -> dict[str, Any]:
        """Find passages that this person may see."""
        answer = find.search(self.home, Access(self.home), query, **given)
        self._note("search", None, hits=len(answer["hits"]))
        return answer

    def export(
        self, assets: Sequence[str], *, batch: str | None, form: str, to: Path, recipient: str
    ) -> dict[str, Any]:
        """Write what conditions allow this recipient; say what was withheld and why."""
        return find.export(
            self.home, Access(self.home), assets, batch=batch, form=form, to=to, recipient=recipient
        )  # fmt: skip

    def report(self, batch: str, *, to: Path) -> dict[str, Any]:
        """Write a batch as one page to read, as this person may see it."""
        register = self._batch(batch, Permission.VIEW)
        access = Access(self.home)
        document = write_report(self.home, access, batch, ledger.status(self.home, batch, access), to)
        self._note("report", register, shown=document["shown"])
        return document

    # --- keeping

    def audit(self, *, part: tuple[int, int] | None = None) -> dict[str, Any]:
        """Read preserved bytes, compare them with their digests and with the log."""
        self._keeper()
        names = [PEOPLE, CONDITIONS, HOLDS, *(f"{PREFIX}{ref}" for ref in self.home.catalogue.batches())]
        report = self.home.vault.audit(part, registers=names)
        self._note("audit", None, checked=report.checked, findings=len(report.findings))
        return _audited(report)

    def verify_log(self) -> dict[str, Any]:
        """Verify every segment and checkpoint of the custody log."""
        self._keeper()
        report = self.home.log.verify()
        self._note("verify-log", None, entries=report.entries, findings=len(report.findings))
        return _verified(report)

    def recover(self) -> dict[str, Any]:
        """Finish or sweep what a crash left in the vault."""
        self._keeper()
        mended = self.home.vault.recover()
        self._note("recover", None, mended=mended)
        return {"mended": mended}

    def rebuild(self, what: str) -> dict[str, Any]:
        """Make the catalogue or the index again from the vault."""
        self._need("rebuild", Permission.AUDIT)
        made = {"catalogue": rebuild.rebuild_catalogue, "index": rebuild.rebuild_index}[what](self.home)
        self._note(f"rebuild-{what}", None, assets=made["assets"])
        return made

    # --- people and terms

    def grant(self, person: str, **given: Any) -> dict[str, Any]:
        """Give a person permissions, or take all of theirs back."""
        self._need("grant", Permission.CUSTODY)
        return persons.grant(self.home, Access(self.home), person, **given)

    def people(self) -> dict[str, Any]:
        """List persons and the grants in force."""
        self._need("people", Permission.CUSTODY)
        return {"people": persons.listing(Access(self.home))}

    def conditions(self, batch: str, file: Path, *, n: int | None = None, reason: str = "") -> dict[str, Any]:
        """Change what binds a batch, or one of its items, from now on."""
        register = self._batch(batch, Permission.CUSTODY)
        return terms.amend(self.home, batch, register, file, n=n, reason=reason)

    def may_choose_models(self) -> None:
        """Raise unless the person may choose which models this home uses; note that they do."""
        self._need("models", Permission.AUDIT)
        self._note("models-resolve", None)
        self.home.log.checkpoint()

    def close(self) -> None:
        """Give leases and connections back."""
        self.home.close()

    # ---

    def _batch(self, batch: str, permission: Permission) -> str:
        """Return the opaque id of a batch that the person may use so."""
        register = self.home.catalogue.register_of(batch)
        if register is None or batch not in Access(self.home).batches():
            raise self._denied(str(permission), batch, CODES["E-FIND-002"].meaning, "E-FIND-002")
        self._need(str(permission), permission, batch)
        return register

    def _keeper(self) -> None:
        try:
            self._need("keep", Permission.AUDIT)
        except Corrupt:
            # Who may audit can no longer be read: damage must not hide itself. It can only be reported here.
            _log.warning("the register of persons is damaged; the audit goes on without asking it")

    def _assets(self, shard: dict[str, Any]) -> Sequence[Asset]:
        return self.home.catalogue.batch_assets(shard["batch"], shard["offset"], shard["size"])

    def _need(self, act: str, permission: Permission, batch: str | None = None) -> None:
        try:
            Access(self.home).need(permission, batch)
        except Denied as err:
            raise self._denied(act, batch or "", err.reason, err.code) from None

    def _denied(self, act: str, asked: str, reason: str, code: str) -> Denied:
        """Record a refusal with what was asked for, as a digest: it may be a name, or a guess."""
        self._note(f"deny-{act}", None, code=code, asked=digest(asked))
        return Denied(reason, code=code)

    def _note(self, act: str, subject: str | None, **facts: Any) -> None:
        """Record an act, and sign it: an entry that nobody signed could be taken out again."""
        self.home.log.append(act, actor=self.home.actor, subject=subject, **facts)
        self.home.log.checkpoint()


def open_app(settings: Settings | None = None, *, fill: bool = True) -> App:
    """Open the installation that the environment names.

    ``fill`` reads a lost catalogue or index from the vault first; without it only the vault may be asked.
    """
    home = open_home(settings or read_settings())
    if fill and not rebuild.complete(home):
        rebuild.first_time(home)
    return App(home)


def audit(part: tuple[int, int] | None = None) -> dict[str, Any]:
    """Audit the vault that the settings name; one too damaged to be opened is audited as it lies."""
    settings = read_settings()
    try:
        app = open_app(settings, fill=False)
    except Corrupt:
        return _audited(audit_root(settings.vault, part, settings.keys, registers=[PEOPLE, CONDITIONS, HOLDS]))
    return app.audit(part=part)


def verify_log() -> dict[str, Any]:
    """Verify the custody log that the settings name, also where the vault cannot be opened."""
    settings = read_settings()
    try:
        app = open_app(settings, fill=False)
    except Corrupt:
        return _verified(verify_root(settings.vault, settings.keys))
    return app.verify_log()


def _audited(report: AuditReport) -> dict[str, Any]:
    return {"checked": report.checked, "bytes": report.bytes, "findings": _listed(report.findings)}


def _verified(report: LogReport) -> dict[str, Any]:
    return {
        "segments": report.segments, "entries": report.entries, "checkpoints": report.checkpoints,
        "findings": _listed(report.findings),
    }  # fmt: skip


def _listed(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [{"asset": one.asset, "path": one.path, "code": one.code, "what": one.what} for one in findings]


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
