"""Rebuild: makes the index anew beside the old one, compares, and puts it in its place.

The old index answers until the last moment, and may be written meanwhile: what was put or removed
since the rebuild began is carried over before the new one takes its place.
"""

import fcntl
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from sqlite3 import Connection

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow, Print
from pipeline.errors import Unavailable
from pipeline.index.database import Database, open_generation, transaction
from pipeline.index.hashes import keep_prints, last_print_change, prints_changed_since, prints_in
from pipeline.index.lexicon import Seen
from pipeline.index.passages import (
    CHECK,
    Contents,
    Mark,
    Stored,
    Tally,
    changed_since,
    contents_of,
    fill,
    fold_all,
    last_change,
    replace,
    stored_in,
    stored_of,
)
from pipeline.index.sqlite import SqliteIndex

_BATCH = 2000
"""Assets to a transaction: enough to spare the disk, few enough to stay in memory."""

Source = Iterable[tuple[AssetId, Sequence[IndexRow]] | tuple[AssetId, Sequence[IndexRow], Sequence[Print]]]
"""Every asset with its rows, and its prints where it has any."""
Laid = tuple[str, list[Stored], Sequence[Print]]
"""An asset with its passages as they are stored, and its prints."""
Since = tuple[int, int]
"""The last change of passages, and of prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What the new index holds, and how many assets were carried over from the old one at the end."""

    contents: Contents
    carried: int


def rebuild(index: SqliteIndex, source: Source, *, vault: str = "") -> Rebuilt:
    """Read every asset's rows from ``source`` into a new index and put it in the old one's place.

    Raises ``Unavailable``: E-INDEX-002 while another rebuild runs, E-INDEX-003 when the new index
    does not hold what was read; then the old one stays.
    """
    with alone(index.database):
        return build(index.database, _laid(source), since=state(index.database), vault=vault)


def alone(database: Database) -> AbstractContextManager[None]:
    """Hold the lock of rebuilding; ``Unavailable`` (E-INDEX-002) while another holds it."""
    return database.lock(fcntl.LOCK_EX | fcntl.LOCK_NB, ".rebuild")


def state(database: Database) -> Since | None:
    """Return the old index's last change; ``None`` when it cannot be read, so that nothing is carried over."""
    if not database.there():
        return None
    try:
        with database.reading() as connection:
            return last_change(connection), last_print_change(connection)
    except Unavailable as err:
        if err.code != "E-INDEX-001":
            raise
        return None


def build(database: Database, laid: Iterable[Laid], *, since: Since | None, vault: str) -> Rebuilt:
    """Fill a new generation, compare, and put it in place; the caller holds the lock of rebuilding."""
    with database.telling():
        generation = database.new_generation()
        try:
            with closing(open_generation(generation, bulk=True)) as connection:
                tally = _fill(connection, laid)
                connection.execute("INSERT INTO about (name, value) VALUES ('vault', ?)", (vault,))
            _compare(database, generation, tally.contents())
            return _swap(database, generation, since, tally)
        except BaseException:
            _discard(database.path, generation)
            raise


def _laid(source: Source) -> Iterator[Laid]:
    for asset, rows, *prints in source:
        yield asset, stored_of(asset, rows), prints[0] if prints else ()


def _fill(connection: Connection, laid: Iterable[Laid]) -> Tally:
    tally, seen = Tally(), Seen()
    rest = iter(laid)
    while batch := list(islice(rest, _BATCH)):
        with transaction(connection):
            for asset, stored, prints in batch:
                _count(tally, *fill(connection, asset, stored, seen))
                keep_prints(connection, asset, prints)
    with transaction(connection):
        seen.learn_all(connection)
        fold_all(connection)
    return tally


def _count(tally: Tally, before: Mark | None, after: Mark) -> None:
    if before:
        tally.add(*before, sign=-1)
    tally.add(*after)


def _compare(database: Database, generation: Path, read: Contents) -> None:
    """Hold the words against the passages, and these against what was read, at the same time."""
    with closing(open_generation(generation)) as connection, ThreadPoolExecutor(max_workers=1) as beside:
        checked = beside.submit(_check, database, generation)
        held = contents_of(connection)
        checked.result()
    if held != read:
        raise Unavailable(f"read {read.passages} passages, the new index holds {held.passages}", code="E-INDEX-003")


def _check(database: Database, generation: Path) -> None:
    with database.telling(), closing(open_generation(generation)) as connection:
        connection.execute(CHECK)


def _swap(database: Database, generation: Path, since: Since | None, tally: Tally) -> Rebuilt:
    # Writers wait; nothing can be put into the old index any more.
    with database.lock(fcntl.LOCK_EX):
        carried = 0
        with closing(open_generation(generation)) as connection:
            if since is not None and database.there():
                with database.reading() as old, transaction(connection):
                    for asset in changed_since(old, since[0]):
                        _count(tally, *replace(connection, asset, stored_in(old, asset)))
                        carried += 1
                    for asset in prints_changed_since(old, since[1]):
                        keep_prints(connection, asset, prints_in(old, asset))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.adopt(generation)
        database.sweep(generation)
    return Rebuilt(contents=tally.contents(), carried=carried)


def _discard(current: Path, generation: Path) -> None:
    if current.resolve() != generation.resolve():
        for suffix in ("", "-wal", "-shm"):
            generation.with_name(generation.name + suffix).unlink(missing_ok=True)
