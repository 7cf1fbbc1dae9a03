"""Rebuild: make catalogue and index again from the vault alone, part by part, beside what answers meanwhile."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from pipeline.catalogue.beside import Behind, Beside
from pipeline.catalogue.dump import Rows, dump_of_all
from pipeline.catalogue.store import FILLED
from pipeline.core.model import AssetId
from pipeline.errors import Misconfigured
from pipeline.index.parts import Building
from pipeline.usecases.access import standing_rulings
from pipeline.usecases.batches import PREFIX
from pipeline.usecases.home import Home
from pipeline.usecases.reread import Listing, Reader, assets_in, listing_of
from pipeline.usecases.review_registers import COLLECTIONS, REVIEW
from pipeline.usecases.surveys import ahead, many
from pipeline.usecases.tombstones import disposed

LEASE = "rebuild"
PARTS = 64
"""Parts of the assets: what a killed rebuild reads again is one of them, and one of them is held in memory."""
_FEW = 1000
"""Assets up to which parts and a second process would cost more than reading all of it again."""
MOST_PARTS = 4096
Told = Callable[[int, int], None]
"""Told of progress: parts done, parts in all."""


def quiet(_done: int, _of: int) -> None:
    """Tell nobody."""


def rebuild_catalogue(home: Home, *, parts: int | None = None, told: Told = quiet) -> dict[str, Any]:
    """Read registers and objects again, beside the catalogue that answers; compare, and put the new one in place.

    Others work on meanwhile; rebuilds wait for each other. A rebuild that was killed goes on where
    it was, and reads again what changed since.
    """
    with home.leases.holding(LEASE):
        return _rebuild_catalogue(home, checked(home, parts), told)


def _rebuild_catalogue(home: Home, parts: int, told: Told = quiet) -> dict[str, Any]:
    beside = Beside(home.catalogue.database, of=f"{home.vault_id} {parts}")
    with ahead(home, parts) if many(home, _FEW) else nullcontext(home.vault.survey) as survey:
        before, reader, there = beside.before(), Reader(home, survey), beside.parts()
        for n in range(1, parts + 1):
            name = f"objects {n}/{parts}"
            if name not in there or listing_of(home, (n, parts), survey) != there[name]:
                rows, listing = reader.part((n, parts))
                beside.keep(name, listing, rows)
            told(n, parts)
    for ref, listing in _batches(home).items():
        if there.get(f"batch {ref}") != listing:
            rows = Rows()
            reader.batch(ref, rows)
            beside.keep(f"batch {ref}", listing, rows)
    for name, listing in _reviews(home).items():
        if there.get(name) != listing:
            rows = Rows()
            reader.reviews(name, rows)
            beside.keep(name, listing, rows)
    held = beside.check()

    def again(behind: Behind) -> Rows:
        return reader.again(behind.assets, behind.batches, behind.reviews)

    late, carried = beside.swap(again, has=home.vault.has)
    held = dump_of_all(home.catalogue.database) if late or carried else held
    counts = held.counts
    return {
        "batches": counts["batches"], "items": counts["items"], "assets": counts["assets"],
        "enrichments": counts["enrichments"], "digest": held.digest, "before": before.digest if before else None,
        "parts": parts, "resumed": len(there), "reread": late, "carried": carried,
    }  # fmt: skip


def _batches(home: Home) -> dict[str, str]:
    """Return every batch, each with a mark that changes when its register grows or something is disposed of."""
    gone = len(disposed(home))
    names = home.registers.names(PREFIX)
    return {name.removeprefix(PREFIX): f"{home.registers.mark(name)} {gone}" for name in names}


def _reviews(home: Home) -> dict[str, str]:
    """Return every register of what persons said of assets, each with a mark as those of batches have."""
    names = [*home.registers.names(REVIEW), *([COLLECTIONS] if home.registers.has(COLLECTIONS) else [])]
    gone = len(disposed(home))
    return {name: f"{home.registers.mark(name)} {gone}" for name in names}


def checked(home: Home, parts: int | None) -> int:
    """Return in how many parts to read; ``Misconfigured`` (E-CONF-009) where that makes no sense."""
    if parts is not None and not 1 <= parts <= MOST_PARTS:
        raise Misconfigured(f"from 1 to {MOST_PARTS} shards, not {parts}", code="E-CONF-009")
    return parts or (PARTS if many(home, _FEW) else 1)


def first_time(home: Home) -> None:
    """Fill what has never been filled: a new home is soon read; a lost catalogue or index comes from the vault."""
    with home.leases.holding(LEASE):
        if home.catalogue.meta(FILLED) is None:
            _rebuild_catalogue(home, checked(home, None))
        if not home.index.filled_from(home.vault_id):
            rebuild_index(home)


def complete(home: Home) -> bool:
    """Tell whether catalogue and index have been filled: an empty one must never answer for a full vault."""
    return home.index.filled_from(home.vault_id) and home.catalogue.meta(FILLED) is not None


# --- the index


def rebuild_index(home: Home, *, parts: int | None = None, told: Told = quiet) -> dict[str, Any]:
    """Read every asset into a new index beside the old one, part by part; compare, and swap."""
    of = checked(home, parts)
    with home.leases.holding(f"{LEASE}-index"):
        begin_index(home, of)
        for n in range(1, of + 1):
            index_part(home, (n, of))
            told(n, of)
        return finish_index(home, of)


def begin_index(home: Home, of: int) -> None:
    """Begin a new index of ``of`` parts, or go on with one. May be repeated."""
    _building(home, of).begin()


def index_part(home: Home, part: tuple[int, int]) -> bool:
    """Read one part, unless it is there and its assets are as they were; tell whether it was read."""
    building = _building(home, part[1])
    kept = building.kept(part[0])
    if kept is not None and kept == listing_of(home, part):
        return False
    listing = Listing()
    building.keep(part[0], Reader(home).searchable(part, listing), listing=listing.text)
    return True


def finish_index(home: Home, of: int) -> dict[str, Any]:
    """Put the parts together, compare, and swap; a part that is missing is read now."""
    building = _building(home, of)
    for n in building.missing():
        index_part(home, (n, of))
    listings = [building.kept(n) or "" for n in range(1, of + 1)]
    done = building.finish()
    for asset in standing_rulings(home).held:  # since a part was read, perhaps
        home.index.remove(AssetId(asset))
    return {
        "assets": sum(map(assets_in, listings)), "passages": done.contents.passages, "digest": done.contents.digest,
        "parts": of, "carried": done.carried,
    }  # fmt: skip


def _building(home: Home, of: int) -> Building:
    return Building(home.index.database, vault=home.vault_id, of=of)
