"""New tables beside the old ones: parts that are in stay in, and nothing that only the old ones had is lost."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.catalogue import Catalogue, Entry, Row, open_database
from pipeline.catalogue.beside import Behind, Beside
from pipeline.catalogue.dump import Dump, Rows, dump_of_all
from pipeline.catalogue.store import FILLED, values_of_row
from pipeline.core.model import Asset, AssetId, Enrichment, Kind, Maker, Outcome
from pipeline.errors import Unavailable

A, B, C = (AssetId(one * 64) for one in "abc")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    found = Catalogue(open_database(f"sqlite:///{tmp_path / 'c.sqlite'}"))
    found.create(vault_id="v")
    found.set_meta(FILLED, "yes")
    yield found
    found.database.close()


def said(asset: AssetId, number: int) -> Enrichment:
    return Enrichment(
        asset=asset, kind=Kind("count"), maker=Maker(stage="count", version=number), basis=(), outcome=Outcome.DONE,
        made_at="2026-01-01T00:00:00Z", body={"n": number},
    )  # fmt: skip


def row(asset: AssetId, one: Enrichment) -> Row:
    return Row(asset=asset, stage="count", outcome=Outcome.DONE, enrichment=one.id)


def work(catalogue: Catalogue, asset: AssetId, *numbers: int, written: bool = True) -> None:
    """Do as a worker does: preserve, state, write back."""
    catalogue.add_asset(Asset(id=asset, sha512="0" * 128, bytes=1))
    for number in numbers:
        one = said(asset, number)
        catalogue.add(one, row(asset, one))
        if written:
            catalogue.written(asset, "r", [one.id])


def rows(asset: AssetId, *numbers: int) -> Rows:
    """Return what a vault would say of that work."""
    made = Rows()
    made.of["assets"].append({"id": str(asset), "sha512": "0" * 128, "bytes": 1})
    for number in numbers:
        one = said(asset, number)
        made.of["enrichments"].append({
            "id": one.id, "key": one.key, "asset": asset, "kind": "count", "final": True, "record": None,
            "run": "vault", "model": None, "weights": None, "doubt": None,
        })  # fmt: skip
        made.said.add((asset, one.id, one.made_at))
        made.of["ledger"] = [values_of_row(row(asset, one))]
    return made


def never(_behind: Behind) -> Rows:
    assert _behind == Behind(assets=(), batches=())
    return Rows()


def everything(_asset: AssetId) -> bool:
    return True


def entries(catalogue: Catalogue, asset: AssetId) -> list[tuple[str, bool]]:
    return [(one.id, one.record is None) for one in catalogue.entries(asset)]


def test_the_same_rows_have_the_same_digest_whatever_the_order(catalogue: Catalogue) -> None:
    work(catalogue, A, 1, 2)
    work(catalogue, B, 1)
    live = dump_of_all(catalogue.database)

    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(B, 1))
    beside.keep("two", "l", rows(A, 1, 2))

    assert beside.check() == beside.before() == live
    assert beside.swap(never, has=everything) == (0, 0)
    assert dump_of_all(catalogue.database) == live
    assert live.counts == {
        "batches": 0, "items": 0, "assets": 2, "traits": 0, "enrichments": 3, "ledger": 2, "reviews": 0,
    }  # fmt: skip


@pytest.mark.parametrize("change", ["enrichments", "ledger", "assets"])
def test_any_other_row_has_another_digest(catalogue: Catalogue, change: str) -> None:
    work(catalogue, A, 1, 2)
    live = dump_of_all(catalogue.database)
    other = {"enrichments": rows(A, 2, 1), "ledger": rows(A, 1, 2), "assets": rows(A, 1, 2)}[change]
    if change == "ledger":
        other.of["ledger"][0]["reason"] = "x"
    if change == "assets":
        other.of["assets"][0]["bytes"] = 2

    assert other.dump() != live
    assert other.dump().counts == live.counts


def test_the_old_tables_answer_until_the_swap(catalogue: Catalogue) -> None:
    work(catalogue, A, 1)
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(B, 1))
    beside.check()

    assert catalogue.asset(A)
    assert catalogue.asset(B) is None
    beside.swap(lambda behind: rows(A, 1) if A in behind.assets else Rows(), has=everything)
    assert catalogue.asset(A)
    assert catalogue.asset(B)


def test_parts_outlive_the_process_and_another_division_begins_anew(catalogue: Catalogue) -> None:
    Beside(catalogue.database, of="2").keep("one", "listing", rows(A, 1))

    assert Beside(catalogue.database, of="2").parts() == {"one": "listing"}
    assert Beside(catalogue.database, of="3").parts() == {}


def test_a_part_that_is_read_again_replaces_what_was_read(catalogue: Catalogue) -> None:
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "early", rows(A, 1))
    beside.keep("one", "late", rows(A, 1, 2))

    assert beside.check().counts["enrichments"] == 2
    assert beside.parts() == {"one": "late"}


def test_what_is_on_its_way_to_the_vault_is_carried_over(catalogue: Catalogue) -> None:
    work(catalogue, A, 1)
    work(catalogue, A, 2, written=False)
    before, ledger = entries(catalogue, A), catalogue.rows(A)
    waiting = [one.record for one in catalogue.unwritten(A)]
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(A, 1))
    beside.check()

    assert beside.swap(lambda _behind: rows(A, 1), has=everything) == (1, 1)

    assert entries(catalogue, A) == before
    assert catalogue.rows(A) == ledger
    assert [one.record for one in catalogue.unwritten(A)] == waiting


def test_what_has_arrived_in_the_vault_is_not_carried_over_twice(catalogue: Catalogue) -> None:
    """A worker had written back, and not yet noted it."""
    work(catalogue, A, 1, written=False)
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(A))
    beside.check()

    beside.swap(lambda _behind: rows(A, 1), has=everything)
    catalogue.written(A, "r", [said(A, 1).id])

    assert entries(catalogue, A) == [(said(A, 1).id, True)]


def test_a_worker_that_read_before_the_swap_notes_the_right_rows_after_it(catalogue: Catalogue) -> None:
    work(catalogue, B, 1, 2, 3)
    work(catalogue, A, 1, written=False)
    fresh: tuple[Entry, ...] = catalogue.unwritten(A)
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(A))
    beside.keep("two", "l", rows(B, 1, 2, 3))
    beside.check()
    beside.swap(lambda _behind: rows(A), has=everything)
    assert len(catalogue.unwritten(A)) == 1

    catalogue.written(A, "r", [one.id for one in fresh])

    assert catalogue.unwritten(A) == ()
    assert len(catalogue.entries(B)) == 3


def test_what_came_after_it_was_read_is_read_again_and_what_went_is_gone(catalogue: Catalogue) -> None:
    work(catalogue, A, 1)
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(A, 1))
    beside.keep("two", "l", rows(C, 1))
    beside.check()
    work(catalogue, A, 2)
    work(catalogue, B, 1)
    asked: list[AssetId] = []

    def again(behind: Behind) -> Rows:
        asked.extend(behind.assets)
        found, other = rows(A, 1, 2), rows(B, 1)
        for name, some in other.of.items():
            found.of[name] += some
        return found

    beside.swap(again, has=lambda asset: asset != C)

    assert asked == [A, B, C]
    assert [len(catalogue.entries(one)) for one in (A, B, C)] == [2, 1, 0]
    assert catalogue.asset(C) is None


def test_one_that_does_not_hold_what_was_read_is_not_used(catalogue: Catalogue, tmp_path: Path) -> None:
    work(catalogue, A, 1)
    beside = Beside(catalogue.database, of="1")
    beside.keep("one", "l", rows(A, 1))
    with sqlite3.connect(tmp_path / "c.sqlite") as damage:
        damage.execute("UPDATE fresh_ledger SET outcome = 'empty'")
    damage.close()

    with pytest.raises(Unavailable) as wrong:
        beside.check()

    assert wrong.value.code == "E-CAT-001"
    assert len(catalogue.entries(A)) == 1
    assert Beside(catalogue.database, of="1").parts() == {}


def test_a_full_disk_leaves_the_old_tables(catalogue: Catalogue) -> None:
    work(catalogue, A, 1)
    live = dump_of_all(catalogue.database)
    beside = Beside(catalogue.database, of="1")
    catalogue.database.close()
    with catalogue.database.engine.connect() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()
        db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # as full as a disk can be

    many = Rows()
    for n in range(5000):
        many.of["assets"].append({"id": f"{n:064x}", "sha512": "0" * 128, "bytes": 1})
    with pytest.raises(Unavailable) as full:
        beside.keep("one", "l", many)

    assert full.value.code == "E-HOST-003"
    assert dump_of_all(catalogue.database) == live
    assert beside.parts() == {}


def test_again_and_again(catalogue: Catalogue) -> None:
    """Names of indexes and tables of one rebuild do not stand in the way of the next."""
    work(catalogue, A, 1)
    digests = set()
    for _ in range(3):
        beside = Beside(catalogue.database, of="1")
        beside.keep("one", "l", rows(A, 1))
        digests.add(beside.check().digest)
        beside.swap(never, has=everything)
    assert digests == {dump_of_all(catalogue.database).digest}
    with catalogue.database.read() as db:
        told = db.exec_driver_sql("SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql <> ''").all()
        names = [one[0] for one in db.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").all()]
    assert len([one for one in told if one[0] == "enrichments"]) == 5
    assert not [one for one in names if one.startswith("fresh_")]


def test_a_dump_is_read_back_as_it_was_kept() -> None:
    made = rows(A, 1, 2).dump()
    assert Dump.of_text(made.text()) == made
