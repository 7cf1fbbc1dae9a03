"""Two workers never hold the same work, and a dead worker's work is free at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from pipeline.catalogue import Catalogue, Leases, Lost, Row, open_database
from pipeline.catalogue.database import Database
from pipeline.catalogue.schema import leases
from pipeline.core.model import AssetId, Enrichment, Kind, Maker, Outcome

HOLDER = """
import sys, time
from pipeline.catalogue import Leases, open_database
leases = Leases(open_database(sys.argv[1]), seconds=600)
print(leases.take("asset:a"), flush=True)
time.sleep(60)
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    Catalogue(found).create(vault_id="v")
    yield found
    found.close()


def test_a_lease_is_held_by_one(database: Database) -> None:
    one, two = Leases(database, seconds=60), Leases(database, seconds=60)

    assert one.take("asset:a")
    assert not two.take("asset:a")
    one.release("asset:a")
    assert two.take("asset:a")
    two.close()


def test_a_killed_holder_is_replaced_at_once(database: Database, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    with subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        mine = Leases(database, seconds=600)
        assert not mine.take("asset:a")

        holder.kill()
        holder.wait()

        assert mine.take("asset:a")
        mine.close()


def test_a_held_lease_is_renewed(database: Database) -> None:
    one, two = Leases(database, seconds=0.8), Leases(database, seconds=0.8)
    assert one.take("asset:a")

    time.sleep(1.5)

    assert not two.take("asset:a")
    one.close()
    assert two.take("asset:a")
    two.close()


def test_a_worker_that_lost_its_lease_keeps_nothing(database: Database) -> None:
    catalogue = Catalogue(database)
    slept, other = Leases(database, seconds=60), Leases(database, seconds=60)
    asset = AssetId("a" * 64)
    made = Enrichment(
        asset=asset, kind=Kind.FORMAT, maker=Maker(stage="identify", version=1), basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    row = Row(asset=asset, stage="identify", outcome=Outcome.DONE, enrichment=made.id)
    assert slept.take("asset:a")
    with database.write() as connection:  # its time runs out while it sleeps
        connection.execute(update(leases).values(until=0.0))
    assert other.take("asset:a")

    with pytest.raises(Lost):
        catalogue.add(made, row, confirm=lambda db: slept.confirm(db, "asset:a"))

    assert catalogue.entries(asset) == ()
    assert catalogue.row(asset, "identify") is None
    catalogue.add(made, row, confirm=lambda db: other.confirm(db, "asset:a"))
    assert [one.id for one in catalogue.entries(asset)] == [made.id]
    slept.close()
    other.close()


def test_a_lease_that_could_not_be_given_back_is_taken_again_at_once(database: Database) -> None:
    """As on a disk that was full: the work is repeated in the same process, and nobody waits for himself."""
    mine, other = Leases(database, seconds=60), Leases(database, seconds=60)
    assert mine.take("b1")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE DELETE ON leases BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(DBAPIError):
        mine.release("b1")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    assert not other.take("b1")
    assert mine.take("b1")
    mine.close()
    assert other.take("b1")
    other.close()
