"""Line: what takes material in and through the stages."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.model import Asset
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.service.door import Door
from pipeline.usecases import ledger
from pipeline.usecases.access import COUNTING, Access
from pipeline.usecases.process import finish_shard, process, redo_of, run_task
from pipeline.usecases.submit import check_reference, submission_of, submit


class Line:
    """Batches: submitted, processed, accounted for."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def submit(self, paths: Sequence[Path], *, batch: str, **given: Any) -> dict[str, Any]:
        """Preserve files in a batch; one answer per item, in order."""
        check_reference(batch)
        self._door.need("submit", Permission.SUBMIT, batch)
        self._home.vault.settle()
        document = submit(self._home, submission_of(self._home, batch, paths, **given))
        self._home.log.checkpoint()
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
        register = self._door.batch(batch, Permission.PROCESS)
        models = self._home.model_names()
        again = redo_of(redo, models)
        self._home.check_profile(profile)
        self._home.vault.settle()
        self._door.note("process", register, stages=sorted(stages), redo=digest(redo) if redo else "none")
        process(self._home, batch, stages=stages, redo=again, progress=progress)
        self._home.log.checkpoint()
        return ledger.status(self._home, batch, Access(self._home))

    def queue(self, batch: str) -> dict[str, Any]:
        """Ask Airflow to run the line over a batch."""
        from pipeline.queue import queue_batch

        register = self._door.batch(batch, Permission.PROCESS)
        self._door.note("queue", register)
        return queue_batch(self._home.settings, batch)

    def shards(self, batch: str) -> list[dict[str, Any]]:
        """Cut a batch into ranges: ids and numbers only."""
        register = self._door.batch(batch, Permission.PROCESS)
        self._door.note("run", register)
        return ledger.shards(self._home, batch)

    def run_stages(self, task: str, shard: dict[str, Any], *, last_try: bool = False) -> dict[str, dict[str, int]]:
        """Run the stages of a task over a shard; return the outcomes by stage."""
        self._door.batch(shard["batch"], Permission.PROCESS)
        return run_task(self._home, task, self._assets(shard), last_try=last_try)

    def write_back(self, shard: dict[str, Any]) -> dict[str, int]:
        """Write a shard's new results to the vault and the index."""
        self._door.batch(shard["batch"], Permission.PROCESS)
        return {"assets": finish_shard(self._home, self._assets(shard))}

    def reconcile(self, batch: str) -> dict[str, Any]:
        """Add a finished run up; raise when an item is unaccounted for or too many failed."""
        register = self._door.batch(batch, Permission.PROCESS)
        document = ledger.reconcile(self._home, batch)
        self._door.note("reconcile", register, items=document["items"], accounted=document["accounted"])
        self._home.log.checkpoint()
        return document

    def status(self, batch: str | None = None) -> dict[str, Any]:
        """Say what became of a batch, or of all that the person may know of."""
        access = Access(self._home)
        known = access.batches(COUNTING)
        if batch is None:
            return {"batches": [ledger.status(self._home, ref, access) for ref in known]}
        if batch not in known and batch in access.batches():
            self._door.need("status", Permission.PROCESS, batch)
        if batch not in known:
            raise self._door.denied("status", batch, CODES["E-FIND-002"].meaning, "E-FIND-002")
        return ledger.status(self._home, batch, access)

    def _assets(self, shard: dict[str, Any]) -> Sequence[Asset]:
        return self._home.catalogue.batch_assets(shard["batch"], shard["offset"], shard["size"])
