"""Many threads on one catalogue: every write is whole, none is lost, nobody is turned away."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue, Leases, Lost, Row, open_database
from pipeline.core.model import AssetId, Coverage, Enrichment, Kind, Maker, Outcome
from pipeline.errors import Misconfigured


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    found = Catalogue(open_database(f"sqlite:///{tmp_path / 'c.sqlite'}"))
    found.create(vault_id="v")
    yield found
    found.database.close()


def said(asset: AssetId, number: int) -> Enrichment:
    return Enrichment(
        asset=asset, kind=Kind("count"), maker=Maker(stage="count", version=number), basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00Z", body={"n": number}, coverage=Coverage(unit="seconds", of=None, read=number),
    )  # fmt: skip


def test_threads_lose_and_mix_nothing(catalogue: Catalogue) -> None:
    leases = Leases(catalogue.database, seconds=60)

    def work(number: int) -> list[str]:
        asset = AssetId(f"{number:064x}")
        assert leases.take(asset)
        for n in range(5):
            one = said(asset, n)
            row = Row(asset=asset, stage="count", outcome=one.outcome, enrichment=one.id, seconds=float(n))
            catalogue.add(one, row, confirm=lambda db: leases.confirm(db, asset))
            assert catalogue.last(asset, Kind("count")) == one.id
        leases.release(asset)
        return [one.id for one in catalogue.entries(asset)]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(48)))

    assert found == [[said(AssetId(f"{one:064x}"), n).id for n in range(5)] for one in range(48)]
    rows = [catalogue.row(AssetId(f"{one:064x}"), "count") for one in range(48)]
    assert [row.seconds for row in rows if row] == [4.0] * 48


def test_no_thread_waits_for_anothers_connection(catalogue: Catalogue) -> None:
    meeting = threading.Barrier(40)

    def read(_number: int) -> str | None:
        with catalogue.database.read() as db:
            db.exec_driver_sql("SELECT 1").scalar()
            meeting.wait(60)
            return catalogue.meta("vault_id")

    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(read, range(40))) == {"v"}


def test_a_failed_write_lets_the_next_one_in(catalogue: Catalogue) -> None:
    def fail(_db: object) -> None:
        raise Lost("taken over")

    one = said(AssetId("0" * 64), 1)
    with pytest.raises(Lost):
        catalogue.add(one, Row(asset=one.asset, stage="count", outcome=one.outcome), confirm=fail)
    catalogue.set_meta("x", "y")

    assert catalogue.entries(one.asset) == ()
    assert catalogue.meta("x") == "y"


def test_a_catalogue_that_cannot_be_opened_says_who_must_act(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").mkdir()  # as on a disk that may not be written to, for root, too
    database = open_database(f"sqlite:///{tmp_path / 'c.sqlite'}")
    with pytest.raises(Misconfigured, match="may not be written") as raised, database.read():
        pass
    assert (raised.value.code, raised.value.who) == ("E-CONF-001", "operator")
    database.close()
