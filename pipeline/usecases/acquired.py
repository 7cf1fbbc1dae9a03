"""Acquired: what a stage may read of how an asset came, and the mark that stands for it in a key."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.canonical import digest
from pipeline.core.model import AssetId
from pipeline.core.sidecars import ENDINGS
from pipeline.stages.base import Acquired
from pipeline.usecases.access import standing_rulings
from pipeline.usecases.home import Home

SIDECARS = "sidecars"
"""The fact that stands for the files beside an item."""

_MOST_BYTES = 16_000_000
"""A larger file beside a recording is none of its side-cars."""


def acquired(home: Home, asset: AssetId, facts: tuple[str, ...], into: Path) -> tuple[Acquired, ...]:
    """Return what is known of each way in which an asset came; side-cars are linked into ``into``.

    The mark is salted with the salt that stands beside the facts in the register, so that nobody can guess
    a file name from a key.
    """
    return tuple(_acquired(home, batch, item, facts, into) for batch, item in home.catalogue.items_of(asset))


def _acquired(home: Home, batch: str, item: ItemRow, facts: tuple[str, ...], into: Path) -> Acquired:
    told = {name: item.record.get(name) for name in facts if name != SIDECARS}
    beside = list(_beside(home, batch, item)) if SIDECARS in facts else []
    files: dict[str, Path] = {}
    for name, one in beside:
        files[name] = into / f"{batch}-{item.n}-{len(files)}{PurePosixPath(name).suffix}"
        if not files[name].exists():
            _lend(home, one, files[name])
    said: list[Any] = [item.record["salt"], batch, item.n, told, sorted((name, one) for name, one in beside)]
    return Acquired(batch=batch, n=item.n, facts=told, sidecars=files, mark=digest(said))


def _beside(home: Home, batch: str, item: ItemRow) -> Iterator[tuple[str, AssetId]]:
    """Find items of the same batch that lay beside this one under the same name, with a side-car's ending."""
    for other in home.catalogue.items_beside(batch, item.record["path"]):
        path = PurePosixPath(other.record["path"])
        if not other.asset or other.asset == item.asset or path.suffix.lower() not in ENDINGS:
            continue
        if other.asset not in standing_rulings(home).held:  # nothing is made from it, here either
            yield path.name, other.asset


def _lend(home: Home, asset: AssetId, to: Path) -> None:
    with ExitStack() as stack:
        path = stack.enter_context(home.vault.original(asset))
        if path.stat().st_size <= _MOST_BYTES:
            to.write_bytes(path.read_bytes())
        else:
            to.touch()
