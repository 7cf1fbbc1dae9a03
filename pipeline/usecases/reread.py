"""Reread: what the vault's objects and registers say, as rows of the catalogue and of the index."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.catalogue import Row
from pipeline.catalogue.dump import Rows
from pipeline.catalogue.holdings import traits_of
from pipeline.catalogue.reviews import rows_of_register
from pipeline.catalogue.store import values_of_item, values_of_row
from pipeline.core.model import Asset, AssetId, Coverage, Outcome
from pipeline.core.ports import IndexRow, Print, Surveyed
from pipeline.core.review_need import doubt_of
from pipeline.errors import Corrupt
from pipeline.index.hashes import prints_of
from pipeline.index.rows import rows_of
from pipeline.runner.short_cuts import in_its_own_right
from pipeline.usecases.access import standing_rulings
from pipeline.usecases.batches import read_batch
from pipeline.usecases.documents import document_of, order_of
from pipeline.usecases.home import Home
from pipeline.usecases.line import index_row
from pipeline.usecases.reviewed_hits import correction_rows
from pipeline.usecases.surveys import Part, Survey

IndexRows = tuple[AssetId, Sequence[IndexRow], Sequence[Print]]
Ended = tuple[Outcome, str | None]
"""How a statement ended: its outcome and its code."""


class Listing:
    """What a part was read from, in short: its assets and how many versions each had."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._count = 0

    def add(self, one: Surveyed, *, held: bool) -> None:
        """Take in an asset, in the order of the survey."""
        self._digest.update(f"{one.asset.id} {one.versions}{' held' if held else ''}\n".encode())
        self._count += 1

    def text(self) -> str:
        """Spell it."""
        return f"{self._count} {self._digest.hexdigest()}"


def assets_in(listing: str) -> int:
    """Return how many assets a listing names."""
    return int(listing.partition(" ")[0] or 0)


def listing_of(home: Home, part: Part, survey: Survey | None = None) -> str:
    """Walk through a part without reading what was said of its assets."""
    listing = Listing()
    held = standing_rulings(home).held
    for one in (survey or home.vault.survey)(part):
        listing.add(one, held=one.asset.id in held)
    return listing.text()


class Reader:
    """Reads objects and registers of one vault."""

    def __init__(self, home: Home, survey: Survey | None = None) -> None:
        self._home = home
        self._survey = survey or home.vault.survey
        self._order = order_of(home.steps)
        self._held = standing_rulings(home).held

    def part(self, part: Part) -> tuple[Rows, str]:
        """Return the rows of a part of the assets, and its listing."""
        rows, listing = Rows(), Listing()
        for one in self._survey(part):
            listing.add(one, held=one.asset.id in self._held)
            if (records := self._records(one)) is not None:
                self._asset(one.asset, records, rows)
        return rows, listing.text()

    def again(self, assets: Sequence[AssetId], batches: Sequence[str], reviews: Sequence[str] = ()) -> Rows:
        """Return the rows of single assets, as far as they are there, batches and registers of reviews."""
        rows = Rows()
        for asset in assets:
            if self._home.vault.has(asset):
                self._asset(self._home.vault.asset(asset), list(self._home.vault.records(asset)), rows)
        for ref in batches:
            self.batch(ref, rows)
        for name in reviews:
            self.reviews(name, rows)
        return rows

    def reviews(self, name: str, rows: Rows) -> None:
        """Add the rows of a register of what persons said."""
        rows.of["reviews"].extend(rows_of_register(name, self._home.registers.read(name)))

    def batch(self, ref: str, rows: Rows) -> None:
        """Add the rows of a batch."""
        head, items = read_batch(self._home, ref)
        rows.of["batches"].append({"ref": ref, "register": head["register"], "created_at": head["created_at"]})
        rows.of["items"].extend(values_of_item(ref, one) for one in items)

    def searchable(self, part: Part, listing: Listing) -> Iterator[IndexRows]:
        """Yield what can be found of each asset of a part; nothing that is still on its way to the vault."""
        for one in self._survey(part):
            held = one.asset.id in self._held
            listing.add(one, held=held)
            if not held and (records := self._records(one)):
                document = document_of(one.asset, records, self._order)
                rows = [*rows_of(document), *correction_rows(self._home, document)]
                yield one.asset.id, rows, prints_of(document)

    def _records(self, one: Surveyed) -> list[dict[str, Any]] | None:
        """Return what was said of an asset; ``None`` when it was disposed of since it was surveyed."""
        try:
            return list(self._home.vault.records(one.asset.id)) if one.versions > 1 else []
        except Corrupt:
            if self._home.vault.has(one.asset.id):
                raise
            return None

    def _asset(self, asset: Asset, records: Sequence[Mapping[str, Any]], rows: Rows) -> None:
        rows.of["assets"].append({"id": str(asset.id), "sha512": asset.sha512, "bytes": asset.bytes})
        last: dict[str, Row] = {}
        traits: dict[str, Any] | None = None
        ended = {one["id"]: (Outcome(one["outcome"]), one["code"]) for one in records}
        for record in records:
            rows.of["enrichments"].append(_said(record))
            rows.said.add((record["asset"], record["id"], record["made_at"]))
            last[record["maker"]["stage"]] = _row(asset.id, record, ended)
            traits = traits_of(record["kind"], record["body"]) or traits
        if records:
            found = bool(rows_of(document_of(asset, records, self._order)))
            last["write_back"] = Row(asset=asset.id, stage="write_back", outcome=Outcome.DONE)
            last["index"] = index_row(asset.id, found=found, held=asset.id in self._held)
        rows.of["ledger"].extend(values_of_row(row) for row in last.values())
        rows.of["traits"].extend([{"asset": str(asset.id), **traits}] if traits else [])


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"], "key": record["key"], "asset": record["asset"], "kind": record["kind"],
        "final": Outcome(record["outcome"]).final, "record": None, "run": "vault",
        "model": record["maker"]["model"], "weights": record["maker"]["weights_sha256"],
        "doubt": doubt_of(record["kind"], record["outcome"], record["body"]),
    }  # fmt: skip


def _row(asset: AssetId, record: Mapping[str, Any], ended: Mapping[str, Ended]) -> Row:
    """Return the ledger row of a record; the digests in it were checked when it was written, and by every audit."""
    coverage = Coverage.from_json(record["coverage"]) if record["coverage"] else None
    outcome, code = ended[record["id"]]
    said = (ended[one] for one in record["basis"] if one in ended)
    return Row(
        asset=asset, stage=record["maker"]["stage"], outcome=outcome, code=code,
        reason=record["reason"], enrichment=record["id"], partial=bool(coverage and coverage.partial),
        own=in_its_own_right(outcome, code, record["maker"]["parameters"], said),
        seconds=coverage.read if coverage and coverage.unit == "seconds" else None,
    )  # fmt: skip
