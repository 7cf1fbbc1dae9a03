"""Erasure: what batch registers say of items that were disposed of, taken out of every file of the vault."""

from datetime import UTC, datetime
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.batches import PREFIX, read_batch
from pipeline.usecases.holding import DISPOSING, standing, worded
from pipeline.usecases.home import Home
from pipeline.usecases.tombstones import GONE, disposed

_STAYS = ("type", "n", "source", "received_at", "submitted_by")
"""What an item keeps: that it came, when, by whose hand, and as what sort of material."""


def rewrite_registers(home: Home, access: Access, *, batch: str | None, reason: str) -> dict[str, Any]:
    """Write the registers of batches anew, without what they said of items that were disposed of.

    One batch, or all that the person is custodian of. May be repeated. A legal hold or a rule of retention
    that covers such an item now keeps the register of its batch as it is, and the document says so.
    """
    text = worded(reason)
    known = home.catalogue.batches() if batch is None else [batch]
    mine = [one for one in sorted(known) if home.catalogue.register_of(one) and access.may(Permission.CUSTODY, one)]
    if batch is not None and not mine:
        raise Denied(CODES["E-FIND-002"].meaning, code="E-FIND-002")
    with home.leases.holding(DISPOSING):  # no legal hold may come between the look and the act
        told = [_rewrite(home, one, text) for one in mine]
    home.log.checkpoint()
    return {"registers": told}


def _rewrite(home: Home, ref: str, reason: str) -> dict[str, Any]:
    with home.leases.holding(f"batch:{ref}"):
        head, items = read_batch(home, ref)
        register = head["register"]
        gone = {n: asset for (of, n), asset in disposed(home).items() if of == register}
        waiting = {one.n for one in items if one.n in gone and "erased" not in one.record}
        stand, now = standing(home), datetime.now(UTC)
        ways = {one.n: frozenset({(ref, str(one.record["source"]))}) for one in items if one.n in waiting}
        for n in sorted(waiting):
            if (ground := stand.forbids(gone[n], ways[n], now)) is not None:
                return {"batch": ref, "items": 0, "waiting": len(waiting), "code": ground[0]}
        if waiting:
            decision = {
                "by": home.actor, "approved_by": [], "at": now_text(), "reason": reason,
                "items": [[register, n] for n in sorted(waiting)],
            }  # fmt: skip

            def change(record: dict[str, Any], stone: str) -> dict[str, Any]:
                return _erased(record, stone) if record["type"] == "item" and record["n"] in waiting else record

            home.vault.rewrite(f"{PREFIX}{ref}", change, decision, actor=home.actor)
        _, after = read_batch(home, ref)
        home.catalogue.restate_items(ref, [one for one in after if "erased" in one.record])
    if waiting:
        home.log.append("erase", actor=home.actor, subject=register, items=len(waiting))
    return {"batch": ref, "items": len(waiting), "waiting": 0, "code": None}


def _erased(record: dict[str, Any], stone: str) -> dict[str, Any]:
    """Return an item's line of which only this is left: that it came, and that it was disposed of."""
    stays = {name: record[name] for name in _STAYS}
    what = {"outcome": "refused", "code": GONE, "path": "", "filename": "", "erased": stone}
    return {**dict.fromkeys(record), **stays, **what}
