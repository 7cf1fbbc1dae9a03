"""Disposal: the end of an asset, decided by custodians; everything that was made from it goes with it."""

import secrets
from datetime import UTC, datetime
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.core.retention import Approval, as_record
from pipeline.core.rulings import Hold, as_ruling
from pipeline.errors import CODES, Misconfigured
from pipeline.usecases.access import HOLDS, Access, Denied
from pipeline.usecases.crew import lease_of
from pipeline.usecases.holding import DISPOSALS, DISPOSING, standing, ways_of, worded
from pipeline.usecases.home import Home
from pipeline.usecases.tombstones import forget, last_disposal


def approve(home: Home, asset: AssetId, *, reason: str) -> dict[str, Any]:
    """Record that another custodian may dispose of an asset."""
    one = as_record(Approval(asset=asset, reason=worded(reason), by=home.actor, at=datetime.now(UTC)))
    home.registers.append(DISPOSALS, [one], key=f"approve-{secrets.token_hex(8)}", actor=home.actor)
    home.log.append("dispose-approve", actor=home.actor, subject=asset)
    home.log.checkpoint()
    return one


def dispose(home: Home, access: Access, asset: AssetId, *, reason: str, confirm: str, bar: bool) -> dict[str, Any]:
    """Remove an asset and everything made from it, for good; return its tombstone.

    Refused while a legal hold or a rule of retention covers it, or a second decision is wanting. ``bar``
    holds the same bytes at once should they come again.
    """
    if confirm.strip().lower() != asset:
        raise Misconfigured("--confirm must be the asset's whole SHA-256", code="E-CONF-009")
    with home.leases.holding(DISPOSING), home.leases.holding(lease_of(asset)):
        agreed = _permitted(home, access, asset)
        items = home.catalogue.items_of(asset)
        waiting = [
            one for entry in home.catalogue.entries(asset) for one in (entry.record or {}).get("derivatives", ())
        ]
        decision = {
            "by": home.actor, "approved_by": sorted(agreed), "at": now_text(), "reason": worded(reason),
            "items": [[home.catalogue.register_of(batch), item.n] for batch, item in items],
            "derivatives": sorted({one["sha256"] for one in waiting}),
        }  # fmt: skip
        stone = home.vault.dispose(asset, decision, actor=home.actor)
        if bar:
            hold = as_ruling(Hold(asset=asset, by=home.actor, at=datetime.now(UTC), ground="listed"))
            home.registers.append(HOLDS, [hold], key=f"bar-{secrets.token_hex(8)}", actor=home.actor)
        forget(home, [stone])
    home.log.append("dispose", actor=home.actor, subject=asset, items=len(items), approved=len(agreed), barred=bar)
    home.log.checkpoint()
    return stone


def _permitted(home: Home, access: Access, asset: AssetId) -> frozenset[str]:
    """Raise unless nothing forbids the disposal; return who else agreed."""
    now, stand, ways = datetime.now(UTC), standing(home), ways_of(home, asset)
    if (ground := stand.forbids(asset, ways, now)) is not None:
        raise Denied(f"{CODES[ground[0]].meaning} ({ground[1]})", code=ground[0])
    agreed = frozenset(
        one
        for one in stand.approved_by(asset, home.actor, now, ended=last_disposal(home, asset))
        if all(access.people.may(one, Permission.CUSTODY, now, batch) for batch in {way[0] for way in ways})
    )
    if home.settings.disposal_custodians > 1 and not agreed:
        raise Denied(CODES["H-DISPOSE-001"].meaning, code="H-DISPOSE-001")
    return agreed
