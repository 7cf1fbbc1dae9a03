"""Ending: how long material is kept, what must stay, what may be seen all the same, and what is removed for good."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.service.door import Door
from pipeline.usecases import disposal, erasure, holding, tombstones, withdrawing
from pipeline.usecases.access import Access, Denied


class Ending:
    """Decisions of custodians about material that is here."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def retain(
        self, *, until: str | None, review: str | None, reason: str, asset: str | None = None,
        batch: str | None = None, source: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep what is named for so long, or without end."""
        access = self._access("retain")
        with self._told("retain", asset or batch or ""):
            scope = holding.scope_of(self._home, access, asset=asset, batch=batch, source=source)
        return holding.retain(self._home, scope, until=until, review=review, reason=reason)

    def end_rule(self, rule: str, *, reason: str) -> dict[str, Any]:
        """End a rule of retention."""
        with self._told("retain", rule):
            return holding.end_rule(self._home, self._access("retain"), rule, reason=reason)

    def place_legal(
        self, *, reason: str, asset: str | None = None, batch: str | None = None, source: str | None = None
    ) -> dict[str, Any]:  # fmt: skip
        """Forbid disposal of what is named."""
        access = self._access("hold")
        with self._told("hold", asset or batch or ""):
            scope = holding.scope_of(self._home, access, asset=asset, batch=batch, source=source, every=False)
        return holding.place_legal(self._home, scope, reason=reason)

    def lift_legal(self, hold: str, *, reason: str) -> dict[str, Any]:
        """End a legal hold."""
        with self._told("hold", hold):
            return holding.lift_legal(self._home, self._access("hold"), hold, reason=reason)

    def place_access(self, asset: str) -> dict[str, Any]:
        """Close an asset to everybody but custodians."""
        return holding.place_access(self._home, self._kept("hold", asset, every=False))

    def mark_unlawful(self, asset: str) -> dict[str, Any]:
        """Close an asset that this person may see to everybody but custodians, who alone can open it again."""
        found, _ = self._door.asset("hold", asset, Access(self._home))
        return holding.place_access(self._home, found)

    def check_listed(self) -> dict[str, Any]:
        """Compare everything that is here with the operator's lists as they are now."""
        self._door.need("hold-check", Permission.CUSTODY)
        document = withdrawing.check_listed(self._home)
        self._door.note("hold-check", None, held=document["held"])
        return document

    def lift_access(self, asset: str, *, reason: str) -> dict[str, Any]:
        """Open a held asset again."""
        return holding.lift_access(self._home, self._kept("hold", asset), reason=reason)

    def holds(self) -> dict[str, Any]:
        """List rules, holds and releases."""
        document = holding.listing(self._home, self._access("hold"))
        self._door.note("hold-list", None, legal=len(document["legal_holds"]), rules=len(document["retention"]))
        return document

    def release(self, asset: str, batch: str, n: int, *, until: str | None, reason: str) -> dict[str, Any]:
        """Let one acquisition's own terms suffice for an asset."""
        return holding.release(self._home, self._kept("release", asset), batch, n, until=until, reason=reason)

    def recall(self, name: str, *, reason: str) -> dict[str, Any]:
        """End a release."""
        return holding.recall(self._home, self._access("release"), name, reason=reason)

    def approve_disposal(self, asset: str, *, reason: str) -> dict[str, Any]:
        """Agree, as a second custodian, that an asset may be disposed of."""
        access = self._access("dispose")
        found = tombstones.returned(self._home, access, asset) or self._kept("dispose", asset)
        return disposal.approve(self._home, found, reason=reason)

    def dispose(self, asset: str, *, reason: str, confirm: str, bar: bool = False) -> dict[str, Any]:
        """Remove an asset for good; its tombstone stays."""
        access = self._access("dispose")
        found = tombstones.returned(self._home, access, asset) or self._kept("dispose", asset)
        with self._told("dispose", found):
            return disposal.dispose(self._home, access, found, reason=reason, confirm=confirm, bar=bar)

    def rewrite_registers(self, batch: str | None = None, *, reason: str) -> dict[str, Any]:
        """Erase what registers still say of items that were disposed of."""
        access = self._access("dispose")
        with self._told("dispose", batch or ""):
            return erasure.rewrite_registers(self._home, access, batch=batch, reason=reason)

    def disposed(self) -> dict[str, Any]:
        """List tombstones."""
        stones = tombstones.listing(self._home, self._access("dispose"))
        self._door.note("dispose-list", None, tombstones=len(stones))
        return {"tombstones": stones}

    def _access(self, act: str) -> Access:
        """Let in who is custodian of anything; what they may do with what is decided there."""
        access = Access(self._home)
        if not access.may(Permission.CUSTODY) and not access.batches(frozenset({Permission.CUSTODY})):
            raise self._door.denied(act, "", CODES["E-ACCESS-001"].meaning, "E-ACCESS-001")
        return access

    def _kept(self, act: str, asset: str, *, every: bool = True) -> AssetId:
        with self._told(act, asset):
            return holding.kept_by(self._home, self._access(act), asset, every=every)

    @contextmanager
    def _told(self, act: str, asked: str) -> Iterator[None]:
        """Record a refusal where one is raised."""
        try:
            yield
        except Denied as err:
            raise self._door.denied(act, asked, err.reason, err.code) from None
