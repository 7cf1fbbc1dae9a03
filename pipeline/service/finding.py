"""Finding: what a person may see, search and take along."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.service.door import Door
from pipeline.usecases import auditing, find, ledger, likeness, malware, searching, seeking
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.pages import write_report
from pipeline.usecases.reviews import names_for

_log = logging.getLogger(__name__)


class Finding:
    """Documents, searches, copies and exports, as this person may have them."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def allowed(
        self, purpose: Purpose, asset: AssetId, *, actor: str | None = None, recipient: str | None = None
    ) -> Decision:
        """Answer the gate's question for the acting person, or for another by name: may they do this now?"""
        return Access(self._home, actor=actor).decide(purpose, asset, recipient=recipient)

    def show(self, asset: str) -> dict[str, Any]:
        """Return the enriched document of an asset, without what this person may not see."""
        access = Access(self._home)
        found, decision = self._door.asset("show", asset, access)
        self._door.note("show", found, withheld=len(decision.withheld))
        if malware.finding(self._home, found):
            _log.warning("%s: %s (H-SCAN-001)", found[:12], CODES["H-SCAN-001"].meaning)
        if not (damage := auditing.damage_of(self._home, access, found)):
            return find.document(self._home, found, decision, names=names_for(access, decision))
        _log.warning("%s: %s (H-VAULT-001)", found[:12], CODES["H-VAULT-001"].meaning)
        told = find.document(self._home, found, decision, names=names_for(access, decision))
        return {**told, "quarantine": damage}

    def similar(self, asset: str) -> dict[str, Any]:
        """Link an asset with its copies among those that this person may see."""
        access = Access(self._home)
        found, decision = self._door.asset("similar", asset, access)
        answer = likeness.similar(self._home, access, found, decision)
        self._door.note("similar", found, links=len(answer["links"]))
        return answer

    def search(self, query: str, **given: Any) -> dict[str, Any]:
        """Find passages that this person may see."""
        answer = searching.search(self._home, Access(self._home), query, **given)
        self._door.note("search", None, hits=len(answer["hits"]))
        return answer

    def like(self, file: Path) -> dict[str, Any]:
        """Link a file that is not submitted with the assets that this person may see and that are like it."""
        access = Access(self._home)
        if not access.batches(frozenset({Permission.SEARCH})):
            raise self._door.denied("like", "", CODES["E-ACCESS-001"].meaning, "E-ACCESS-001")
        answer = seeking.seek(self._home, access, file)
        self._door.note("like", None, links=len(answer["links"]))
        return answer

    def export(
        self, assets: Sequence[str], *, batch: str | None, form: str, to: Path, recipient: str
    ) -> dict[str, Any]:
        """Write what conditions allow this recipient; say what was withheld and why."""
        access = Access(self._home)
        try:
            return find.export(self._home, access, assets, batch=batch, form=form, to=to, recipient=recipient)
        except Denied as err:
            raise self._door.refused("export", batch or " ".join(assets), err, access) from None

    def report(self, batch: str, *, to: Path) -> dict[str, Any]:
        """Write a batch as one page to read, as this person may see it."""
        register = self._door.batch(batch, Permission.VIEW)
        access = Access(self._home)
        document = write_report(self._home, access, batch, ledger.status(self._home, batch, access), to)
        self._door.note("report", register, shown=document["shown"])
        return document
