"""Rebuild: make catalogue and index again from the vault alone."""

from collections.abc import Callable
from typing import Any

from pipeline.catalogue import ItemRow, Row
from pipeline.core.model import AssetId, Enrichment, Outcome
from pipeline.index.rebuild import rebuild as build_beside
from pipeline.index.rows import rows_of
from pipeline.runner import row_of
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home
from pipeline.usecases.process import index_row

_BATCH = "batch/"
REBUILT = "rebuilt"


def rebuild_catalogue(home: Home, progress: Callable[[int], None] = lambda _n: None) -> dict[str, Any]:
    """Forget the catalogue and read registers and objects again; what is not in the vault is made again."""
    home.catalogue.clear()
    batches = items = 0
    for name in home.registers.names(_BATCH):
        batches += 1
        items += _batch(home, name.removeprefix(_BATCH))
    assets = enrichments = 0
    for asset in home.vault.assets():
        assets += 1
        enrichments += _asset(home, asset)
        progress(assets)
    home.catalogue.set_meta(REBUILT, "yes")
    return {"batches": batches, "items": items, "assets": assets, "enrichments": enrichments}


def first_time(home: Home) -> None:
    """Fill what has never been filled: a new home is soon read; a lost catalogue or index comes from the vault."""
    with home.leases.holding("rebuild"):
        if home.catalogue.meta(REBUILT) is None:
            rebuild_catalogue(home)
        if not home.settings.index.exists():
            rebuild_index(home)


def complete(home: Home) -> bool:
    """Tell whether catalogue and index have been filled: an empty one must never answer for a full vault."""
    return home.settings.index.exists() and home.catalogue.meta(REBUILT) is not None


def _batch(home: Home, ref: str) -> int:
    records = list(home.registers.read(f"{_BATCH}{ref}"))
    head = records[0]
    items = [
        ItemRow(
            n=one["n"], asset=AssetId(one["asset"]) if one["asset"] else None, outcome=one["outcome"],
            code=one["code"], reason=one["reason"], record=one,
        )
        for one in records if one["type"] == "item"
    ]  # fmt: skip
    home.catalogue.add_items(ref, head["register"], head["created_at"], items)
    return len(items)


def _asset(home: Home, asset: AssetId) -> int:
    home.catalogue.add_asset(home.vault.asset(asset))
    records = list(home.vault.records(asset))
    last: dict[str, Row] = {}
    for record in records:
        made = Enrichment.from_json(record)
        last[made.maker.stage] = row_of(made.maker.stage, made)
    if records:
        last["write_back"] = Row(asset=asset, stage="write_back", outcome=Outcome.DONE)
    home.catalogue.add_written(records, "vault", last.values())
    if records:
        home.catalogue.set_row(index_row(asset, found=bool(rows_of(fold(home, asset)))))
    return len(records)


def rebuild_index(home: Home, progress: Callable[[int], None] = lambda _n: None) -> dict[str, Any]:
    """Build the index beside the old one from every asset, compare, and swap."""
    done = 0

    def everything() -> Any:
        nonlocal done
        for asset in home.vault.assets():
            yield asset, rows_of(fold(home, asset))
            done += 1
            progress(done)

    report = build_beside(home.index, everything())
    return {"assets": done, "passages": report.contents.passages, "digest": report.contents.digest}
