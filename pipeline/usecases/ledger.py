"""Ledger: what became of a batch, added up so that it reconciles."""

from typing import Any

from pipeline.catalogue.queries import STEPS
from pipeline.core.gate import Purpose
from pipeline.core.model import AssetId, Outcome
from pipeline.errors import PipelineError
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home


def status(home: Home, batch: str, access: Access | None = None) -> dict[str, Any]:
    """Return the status document of a batch: for every stage, items = outcomes + pending.

    With ``access``, a failure names its asset only to who may know of it.
    """
    stages = [step.stage.name for step in home.steps] + list(STEPS)
    items, accounted, partial = home.catalogue.counts.accounted(batch, stages)
    refused = len(home.catalogue.counts.refused_at_submit(batch))
    counted = home.catalogue.counts.count(batch)
    outcomes: dict[str, dict[str, int]] = {}
    pending: dict[str, int] = {}
    for stage in stages:
        tally = dict(counted.get(stage, {}))
        if refused:
            tally["refused"] = tally.get("refused", 0) + refused
        outcomes[stage] = {str(one): tally[one] for one in Outcome if one in tally}
        pending[stage] = items - sum(tally.values())
    return {
        "batch": batch,
        "items": items,
        "accounted": accounted,
        "outcomes": outcomes,
        "pending": pending,
        "partial": partial,
        "failures": _failures(home, batch, access),
    }


def _failures(home: Home, batch: str, access: Access | None) -> list[dict[str, Any]]:
    refused = [
        {"n": one.n, "asset": None, "stage": "submit", "code": one.code, "reason": one.reason}
        for one in home.catalogue.counts.refused_at_submit(batch)
    ]
    later = [
        {"n": n, "asset": row.asset, "stage": row.stage, "code": row.code, "reason": row.reason}
        if access is None or _may_know(access, row.asset)
        else {"n": n, "asset": None, "stage": row.stage, "code": row.code, "reason": None}
        for n, row in home.catalogue.counts.failures(batch)
    ]
    return sorted([*refused, *later], key=lambda one: (one["n"], one["stage"]))


def _may_know(access: Access, asset: AssetId) -> bool:
    return access.decide(Purpose.PROCESS, asset).known or access.decide(Purpose.VIEW, asset).known


def reconcile(home: Home, batch: str) -> dict[str, Any]:
    """Add up a finished run; raise when an item is unaccounted for, or too many failed."""
    document = status(home, batch)
    missing = document["items"] - document["accounted"]
    if missing:
        raise PipelineError(f"{missing} of {document['items']} items are unaccounted for", code="E-RUN-001")
    failed = max((tally.get("failed", 0) for tally in document["outcomes"].values()), default=0)
    if document["items"] and failed / document["items"] > home.settings.max_failed_share:
        raise PipelineError(f"{failed} of {document['items']} items failed", code="E-RUN-002")
    return document


def shards(home: Home, batch: str) -> list[dict[str, Any]]:
    """Cut a batch into ranges of its assets, by cost; ids only, 1000 at most.

    What was probed costs the seconds that were decoded of it, whatever it declares. Before, bytes are
    the only measure that cannot lie: a second of material is taken as 50 kB.
    """
    assets, probed = home.catalogue.batch_assets(batch), home.catalogue.counts.probed(batch)
    limit = max(home.settings.shard_items, -(-len(assets) // _MOST_SHARDS))
    ranges: list[tuple[int, int]] = []
    start, cost = 0, 0.0
    for place, asset in enumerate(assets):
        weight = 1 + (probed.get(asset.id) or 0.0 if asset.id in probed else asset.bytes / _BYTES_PER_SECOND)
        full = place - start >= limit or cost + weight > home.settings.shard_seconds
        if place > start and full and len(ranges) < _MOST_SHARDS - 1:
            ranges.append((start, place - start))
            start, cost = place, 0.0
        cost += weight
    if assets:
        ranges.append((start, len(assets) - start))
    return [
        {"batch": batch, "n": n, "of": len(ranges), "offset": offset, "size": size}
        for n, (offset, size) in enumerate(ranges, start=1)
    ]


_BYTES_PER_SECOND = 50_000
_MOST_SHARDS = 1000
