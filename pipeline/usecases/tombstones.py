"""Tombstones: what was disposed of, and the forgetting of it wherever it was copied to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.usecases import making
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home
from pipeline.usecases.review_erasure import erase_reviews

TOMBSTONES = "tombstones"
"""The register of what was disposed of."""

GONE = "H-DISPOSE-002"
_APPLIED = "tombstones"
Disposed = Mapping[tuple[str, int], str]
"""Batch register and number of each item that was disposed of → its asset."""


def forget(home: Home, stones: Iterable[Mapping[str, Any]]) -> None:
    """Let catalogue, index and derivatives forget what was disposed of. May be repeated."""
    refs = {home.catalogue.register_of(ref): ref for ref in home.catalogue.batches()}
    gone = list(_of_assets(stones))
    erase_reviews(home, gone)
    for stone in gone:
        asset = AssetId(stone["asset"])
        ways = [(refs[register], n) for register, n in stone.get("items", ()) if register in refs]
        home.catalogue.holdings.forget(asset, ways, code=GONE, reason=CODES[GONE].meaning)
        if home.settings.index.exists() and not home.catalogue.items_of(asset):
            home.index.remove(asset)
        for sha256 in stone.get("derivatives", ()):
            home.derivatives.erase(sha256)
        making.forget(home, asset)
    home.catalogue.set_meta(_APPLIED, home.registers.mark(TOMBSTONES))


def catch_up(home: Home) -> None:
    """Finish what a killed disposal left in the catalogue and the index; costs one look when nothing is left."""
    if home.catalogue.meta(_APPLIED) != home.registers.mark(TOMBSTONES):
        home.vault.settle()
        forget(home, list(home.registers.read(TOMBSTONES)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    items: Disposed
    last: Mapping[str, datetime]


def disposed(home: Home) -> Disposed:
    """Return every item whose asset was disposed of."""
    return home.folded([TOMBSTONES], _ended).items


def last_disposal(home: Home, asset: AssetId) -> datetime | None:
    """Return when an asset was last disposed of."""
    return home.folded([TOMBSTONES], _ended).last.get(asset)


def _of_assets(stones: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Leave out the tombstones of registers that were written anew."""
    return (one for one in stones if "asset" in one)


def _ended(stones: Iterable[Mapping[str, Any]]) -> _Ended:
    items: dict[tuple[str, int], str] = {}
    last: dict[str, datetime] = {}
    for stone in _of_assets(stones):
        asset, at = stone["asset"], datetime.fromisoformat(stone["at"])
        for register, n in stone.get("items", ()):
            items[register, n] = asset
        last[asset] = max(at, last.get(asset, at))
    return _Ended(items=items, last=last)


def listing(home: Home, access: Access) -> list[dict[str, Any]]:
    """Return the tombstones of what the person kept; custodians over everything see all."""
    refs = {home.catalogue.register_of(ref): ref for ref in home.catalogue.batches()}
    whole = access.may(Permission.CUSTODY)
    stones = []
    for stone in _of_assets(home.registers.read(TOMBSTONES)):
        batches = {refs[register] for register, _ in stone.get("items", ()) if register in refs}
        if whole or any(access.may(Permission.CUSTODY, batch) for batch in batches):
            stones.append({**stone, "there_again": home.vault.has(AssetId(stone["asset"]))})
    return stones


def returned(home: Home, access: Access, given: str) -> AssetId | None:
    """Return an asset that was disposed of and came back from a copy, where no item names it; custodians only."""
    text = given.strip().lower()
    if not access.may(Permission.CUSTODY) or home.catalogue.items_of(AssetId(text)):
        return None
    known = any(stone.get("asset") == text for stone in home.registers.read(TOMBSTONES))
    return AssetId(text) if known and home.vault.has(AssetId(text)) else None
