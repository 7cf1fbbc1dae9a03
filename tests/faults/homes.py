"""Homes: catalogue and index built from a small vault, and gone astray from it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Any

from pipeline.catalogue import Catalogue, Leases, open_database
from pipeline.catalogue.dump import dump_of_all
from pipeline.core.model import AssetId, Media
from pipeline.core.ports import IndexRow
from pipeline.index.passages import contents_of
from pipeline.index.sqlite import SqliteIndex
from pipeline.settings import read_settings
from pipeline.usecases import rebuild
from pipeline.usecases.home import EngineShelf, Home
from pipeline.usecases.submit import submission_of, submit
from pipeline.vault import open_derivatives
from tests.faults.ground import DATA, Ground, show_whole

GHOST = AssetId("9" * 64)
"""An asset of which only a catalogue or an index gone astray knows."""


@contextmanager
def opened(ground: Ground) -> Iterator[Home]:
    """Open a home as a command does, without models."""
    paths = {"home": ground.root, "keys": ground.keys, "scratch": ground.root / "scratch", "actor": "custodian"}
    database = f"sqlite:///{ground.root / 'catalogue.sqlite'}"
    settings = read_settings().model_copy(update={**paths, "database": database})
    parts = ground.open()
    catalogue = Catalogue(open_database(database))
    catalogue.create(vault_id=parts.vault_id)
    home = Home(
        settings=settings, vault=parts.vault, registers=parts.registers, log=parts.log, vault_id=parts.vault_id,
        catalogue=catalogue, leases=Leases(catalogue.database, seconds=60),
        derivatives=open_derivatives(None, keep_root=settings.derivatives, scratch_root=settings.scratch),
        index=SqliteIndex(settings.index), engines=EngineShelf(settings),
    )  # fmt: skip
    with closing(home):
        yield home


def _filled(ground: Ground) -> None:
    ground.found()
    files = [ground.file(DATA + bytes([n]), f"a film {n}.bin") for n in range(3)]
    with opened(ground) as home:
        submit(home, submission_of(home, "b1", files))
        rebuild.rebuild_catalogue(home)
        rebuild.rebuild_index(home)
        home.log.checkpoint()


def stale_index(ground: Ground) -> None:
    """Leave an index that knows of an asset that is not there."""
    _filled(ground)
    row = IndexRow(field="filename", text="ghost", enrichment="", media=Media.OTHER)
    with opened(ground) as home:
        home.index.put(GHOST, [row])


def stale_catalogue(ground: Ground) -> None:
    """Leave a catalogue in which an item is another."""
    _filled(ground)
    with opened(ground) as home, home.catalogue.database.write() as db:
        db.exec_driver_sql("UPDATE items SET reason = 'astray'")


def rebuild_index(ground: Ground) -> None:
    """Make the index again, in parts."""
    with opened(ground) as home:
        rebuild.rebuild_index(home, parts=2)


def rebuild_catalogue(ground: Ground) -> None:
    """Make the catalogue again, in parts."""
    with opened(ground) as home:
        rebuild.rebuild_catalogue(home, parts=2)


def indexed(ground: Ground) -> Any:
    """Return what the index answers."""
    index = SqliteIndex(ground.root / "index.sqlite", create=False)
    with closing(index), index.database.reading() as connection:
        return asdict(contents_of(connection))


def catalogued(ground: Ground) -> Any:
    """Return the digest of what the catalogue answers."""
    database = open_database(f"sqlite:///{ground.root / 'catalogue.sqlite'}")
    with closing(database):
        return dump_of_all(database).text()


def use(ground: Ground) -> None:
    """Do what any next command does."""
    with opened(ground) as home:
        home.vault.settle()


def in_place(ground: Ground) -> None:
    """Raise unless the index is a generation that is there, and the vault whole."""
    assert (ground.root / "index.sqlite").resolve(strict=True).parent == ground.root
    show_whole(ground.vault, ground.keys)


def alone(ground: Ground) -> None:
    """Raise if a generation or a part of an index in the making was left lying."""
    in_place(ground)
    left = [one.name for one in ground.root.glob("index-*") if not one.name.startswith(_current(ground))]
    assert left == [], left


def _current(ground: Ground) -> str:
    return (ground.root / "index.sqlite").readlink().name
