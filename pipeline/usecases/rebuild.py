"""Rebuild: make catalogue and index again from the vault alone."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.catalogue import Row
from pipeline.catalogue.store import FILLED
from pipeline.core.model import AssetId, Enrichment, Outcome
from pipeline.core.ports import IndexRow, Print
from pipeline.index.hashes import prints_of
from pipeline.index.rebuild import rebuild as build_beside
from pipeline.index.rows import rows_of
from pipeline.runner import row_of
from pipeline.usecases.batches import PREFIX, bring_over
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home
from pipeline.usecases.process import index_row


def rebuild_catalogue(home: Home) -> dict[str, Any]:
    """Forget the catalogue and read registers and objects again; what is not in the vault is made again.

    Nobody works meanwhile: the lease ``rebuild`` waits for other rebuilds, and a half-filled
    catalogue is filled anew by whoever opens it next.
    """
    with home.leases.holding(LEASE):
        return _rebuild_catalogue(home)


def _rebuild_catalogue(home: Home) -> dict[str, Any]:
    home.catalogue.clear()
    batches = items = assets = enrichments = 0
    for name in home.registers.names(PREFIX):
        batches += 1
        items += len(bring_over(home, name.removeprefix(PREFIX))[1])
    for asset in home.vault.assets():
        assets += 1
        enrichments += _asset(home, asset)
    home.catalogue.set_meta(FILLED, "yes")
    return {"batches": batches, "items": items, "assets": assets, "enrichments": enrichments}


LEASE = "rebuild"


def first_time(home: Home) -> None:
    """Fill what has never been filled: a new home is soon read; a lost catalogue or index comes from the vault."""
    with home.leases.holding(LEASE):
        if home.catalogue.meta(FILLED) is None:
            _rebuild_catalogue(home)
        if not home.settings.index.exists():
            rebuild_index(home)


def complete(home: Home) -> bool:
    """Tell whether catalogue and index have been filled: an empty one must never answer for a full vault."""
    return home.settings.index.exists() and home.catalogue.meta(FILLED) is not None


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


def rebuild_index(home: Home) -> dict[str, Any]:
    """Build the index beside the old one from every asset, compare, and swap."""
    done = 0

    def everything() -> Iterator[tuple[AssetId, Sequence[IndexRow], Sequence[Print]]]:
        nonlocal done
        for asset in home.vault.assets():
            document = fold(home, asset)
            yield asset, rows_of(document), prints_of(document)
            done += 1

    report = build_beside(home.index, everything())
    return {"assets": done, "passages": report.contents.passages, "digest": report.contents.digest}
