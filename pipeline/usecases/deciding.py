"""Deciding: the gate for many assets at once; what came the same way under the same terms is weighed once."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.catalogue.many import Many
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home

Came = list[tuple[str, ItemRow]]


class Decisions:
    """The gate's answers for one person, one purpose and one moment; nothing of them outlives it."""

    def __init__(self, home: Home, access: Access, purpose: Purpose) -> None:
        self.many = Many(home.catalogue.database)
        self._access = access
        self._purpose = purpose
        self._came: dict[str, Came] = {}
        self._decided: dict[str, Decision] = {}
        self._alike: dict[tuple[Any, ...], Decision] = {}

    def look(self, assets: Iterable[str]) -> None:
        """Ask for many at once."""
        new = {one for one in assets if one not in self._decided}
        if new:
            for asset, came in self.many.items(new).items():
                self._came[asset] = came
                self._decided[asset] = self._decide(AssetId(asset), came)

    def of(self, asset: str) -> Decision:
        """Return the answer for an asset."""
        self.look([asset])
        return self._decided[asset]

    def came(self, asset: str) -> Came:
        """Return the items through which the person may see an asset."""
        through = self.of(asset).through
        return [(batch, one) for batch, one in self._came[asset] if (batch, one.n) in through]

    def allowed(self, assets: Collection[str]) -> set[str]:
        """Return those that the person may have."""
        self.look(assets)
        return {one for one in assets if self._decided[one].allowed}

    def permits(self, asset: str, row: IndexRow) -> bool:
        """Tell whether the person may know of a passage."""
        decision = self.of(asset)
        if not decision.allowed or (row.source_identifying and decision.withheld):
            return False
        return row.of_acquisition is None or row.of_acquisition in decision.through

    def _decide(self, asset: AssetId, came: Came) -> Decision:
        rulings = self._access.rulings
        ways = [(batch, one.n) for batch, one in came]
        if asset in rulings.held or rulings.releases.get(asset) or any(way in rulings.terms for way in ways):
            return self._access.told(self._purpose, asset, [self._access.terms_of(b, one.record) for b, one in came])
        sort = tuple(_sort(batch, one) for batch, one in came)
        if sort not in self._alike:
            terms = [self._access.terms_of(batch, one.record) for batch, one in came]
            numbered = [replace(one, n=at) for at, one in enumerate(terms)]
            self._alike[sort] = self._access.told(self._purpose, asset, numbered)
        found = self._alike[sort]
        return replace(
            found, through=frozenset(ways[at] for _, at in found.through),
            sources=frozenset(ways[at] for _, at in found.sources),
        )  # fmt: skip


def _sort(batch: str, item: ItemRow) -> tuple[Any, ...]:
    """Return all of an item that the gate looks at, but its number."""
    record = item.record
    return batch, record["source"], record["submitted_by"], json.dumps(record["conditions"], sort_keys=True)
