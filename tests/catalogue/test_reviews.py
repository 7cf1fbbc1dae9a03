"""Reviews in the catalogue: sure when their register has them, and carried through a rebuild."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from pipeline.catalogue import Catalogue, open_database, schema
from pipeline.catalogue.beside import Behind, Beside
from pipeline.catalogue.dump import Rows, dump_of_all
from pipeline.catalogue.reviews import Waiting, rows_of_register
from pipeline.core.model import AssetId

ASSET = AssetId("a" * 64)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    found = Catalogue(open_database(f"sqlite:///{tmp_path / 'catalogue.sqlite'}"))
    found.create(vault_id="v")
    found.set_meta("filled", "yes")
    return found


def tag(number: int) -> dict[str, Any]:
    return {
        "type": "tag",
        "id": f"m-{number}",
        "asset": ASSET,
        "tag": "w",
        "by": "p-1",
        "at": f"2026-01-01T00:00:0{number}Z",
    }


def test_readers_see_what_is_sure(catalogue: Catalogue) -> None:
    reviews = catalogue.reviews
    empty = dump_of_all(catalogue.database)
    reviews.begin("review/aa", [tag(1)])
    assert (reviews.of_asset(ASSET), reviews.assets("tag")) == ([], ())
    assert dump_of_all(catalogue.database) == empty
    assert reviews.unsure() == {"review/aa": {"m-1": "2026-01-01T00:00:01Z"}}
    reviews.settle("review/aa", [tag(1)])
    reviews.settle("review/aa", [tag(1), tag(2)])  # as after a rebuild that forgot the second
    assert [one["id"] for one in reviews.of_asset(ASSET)] == ["m-1", "m-2"]
    assert reviews.unsure() == {}
    reviews.begin("review/aa", [tag(3)])
    reviews.drop("review/aa", {"m-1", "m-3"})
    assert [one["id"] for one in reviews.of_asset(ASSET)] == ["m-1", "m-2"]
    assert reviews.unsure() == {}


@pytest.mark.parametrize("read", [(), (1,), (1, 2)])
def test_a_rebuild_takes_in_what_came_since_and_keeps_what_is_on_its_way(
    catalogue: Catalogue, read: tuple[int, ...]
) -> None:
    catalogue.reviews.settle("review/aa", [tag(1), tag(2)])
    catalogue.reviews.begin("review/ab", [tag(3)])
    before = dump_of_all(catalogue.database)
    beside = Beside(catalogue.database, of="1")
    rows = Rows()
    rows.of["reviews"].extend(rows_of_register("review/aa", map(tag, read)))
    beside.keep("review/aa", f"{len(read)}", rows)
    beside.check()

    def again(behind: Behind) -> Rows:
        made = Rows()
        for register in behind.reviews:
            made.of["reviews"].extend(rows_of_register(register, [tag(1), tag(2)]))
        assert behind.reviews == (() if len(read) == 2 else ("review/aa",))
        return made

    beside.swap(again, has=lambda _asset: True)
    assert dump_of_all(catalogue.database) == before
    assert catalogue.reviews.unsure() == {"review/ab": {"m-3": "2026-01-01T00:00:03Z"}}


def test_what_is_claimed_is_one_persons_until_it_ends(catalogue: Catalogue) -> None:
    one = Waiting(seq=1, asset=ASSET, enrichment="e" * 64, kind="transcript", doubt=1)
    reviews = catalogue.reviews
    assert reviews.claim(one, "p-1", seconds=60, most=1)
    assert reviews.claim(one, "p-1", seconds=90, most=1)
    assert not reviews.claim(one, "p-2", seconds=60, most=1)
    assert reviews.claim(one, "p-2", seconds=-1, most=2)
    assert list(reviews.claims()["e" * 64]) == ["p-1"]
    assert reviews.give_back("p-1") == 1
    assert reviews.claim(one, "p-2", seconds=60, most=1)
    reviews.forget(ASSET)
    assert reviews.claims() == {}


def test_what_waits_comes_page_by_page_each_once(catalogue: Catalogue) -> None:
    """The doubt of many is the same: the pages must neither repeat nor leave out one, nor take longer and longer."""
    rows = [
        {"id": f"{n:064x}", "key": "k", "asset": f"{n // 2:064x}", "kind": ("transcript", "tags")[n % 2], "final": True,
         "record": None, "run": "r", "model": None, "weights": None, "doubt": (n // 100) % 3}
        for n in range(1300)
    ]  # fmt: skip
    with catalogue.database.write() as db:
        db.execute(insert(schema.enrichments), rows)
        db.execute(insert(schema.enrichments), {**rows[0], "id": "f" * 64, "doubt": 9})  # said again later
    every = list(catalogue.reviews.waiting())
    assert (every[0].enrichment, every[0].doubt) == ("f" * 64, 9)
    assert [one.doubt for one in every] == sorted((one.doubt for one in every), reverse=True)
    assert len({one.enrichment for one in every}) == len(every) == 1300
    assert len(list(catalogue.reviews.waiting(kind="tags"))) == 650


def test_what_is_done_is_left_out_until_somebody_speaks_again(catalogue: Catalogue) -> None:
    row = {"id": "e" * 64, "key": "k", "asset": ASSET, "kind": "tags", "final": True, "record": None, "run": "r",
           "model": None, "weights": None, "doubt": 5}  # fmt: skip
    with catalogue.database.write() as db:
        db.execute(insert(schema.enrichments), row)
    reviews = catalogue.reviews
    (one,) = reviews.waiting()
    reviews.close(one, required=1, told=1)  # somebody spoke meanwhile, or took it back
    assert list(reviews.waiting()) == [one]
    reviews.close(one, required=1, told=0)
    assert list(reviews.waiting()) == []
    assert list(reviews.waiting(required=2)) == [one]
    reviews.settle("review/aa", [tag(1)])
    assert list(reviews.waiting()) == [one]
