"""An index is put together from parts that several processes read, and only when each holds what was read."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow, Print
from pipeline.errors import Unavailable
from pipeline.index.parts import Building
from pipeline.index.sqlite import SqliteIndex

Searchable = list[tuple[AssetId, list[IndexRow], list[Print]]]


def part(*names: str) -> Searchable:
    return [
        (
            AssetId(hashlib.sha256(name.encode()).hexdigest()),
            [IndexRow(field="transcript", text=f"bridge {name}", enrichment="e", media="audio", t=1.0)],
            [Print(enrichment="e", sound=True, t=0.0, place=0, values=(b"abcd", b"efgh"))],
        )
        for name in names
    ]


def total(index: SqliteIndex, query: str = "bridge") -> int:
    return index.search(query, permits=lambda _asset, _row: True).total


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    index = SqliteIndex(tmp_path / "index.sqlite")
    for asset, rows, prints in part("a", "b", "c"):
        index.put(asset, rows, prints)
    return index


@pytest.fixture
def begun(index: SqliteIndex) -> Building:
    building = Building(index.database, vault="v", of=2)
    building.begin()
    return building


def listing(text: str) -> Callable[[], str]:
    return lambda: text


def test_parts_make_the_same_index_whoever_reads_them(index: SqliteIndex, begun: Building) -> None:
    before = index.contents()
    Building(index.database, vault="v", of=2).keep(2, part("b", "c"), listing=listing("l2"))
    begun.keep(1, part("a"), listing=listing("l1"))

    assert (begun.kept(1), begun.kept(2), begun.missing()) == ("l1", "l2", [])
    done = begun.finish()

    assert done.contents == index.contents() == before
    assert index.filled_from("v")
    assert not index.filled_from("w")
    found, whole = index.alike(part("a")[0][2][0])
    assert (len(found), whole) == (3, True)


def test_nothing_is_put_in_place_while_a_part_is_missing(index: SqliteIndex, begun: Building) -> None:
    begun.keep(1, part("x"), listing=listing("l1"))

    with pytest.raises(Unavailable) as early:
        begun.finish()

    assert early.value.code == "E-INDEX-002"
    assert begun.missing() == [2]
    assert total(index) == 3


def test_what_was_put_after_the_beginning_is_carried_over(index: SqliteIndex, begun: Building) -> None:
    begun.keep(1, part("a", "b", "c"), listing=listing("l1"))
    for asset, rows, prints in part("late"):
        index.put(asset, rows, prints)
    begun.begin()  # a second try begins nothing anew
    begun.keep(2, part(), listing=listing("l2"))

    assert begun.finish().carried == 1
    assert (total(index), total(index, "late")) == (4, 1)


@pytest.mark.parametrize(("damage", "code"), [("cut", "E-INDEX-002"), ("word", "E-INDEX-003"), ("line", "E-INDEX-003")])
def test_a_damaged_part_is_never_put_in_place(index: SqliteIndex, begun: Building, damage: str, code: str) -> None:
    for n in (1, 2):
        begun.keep(n, part(f"x{n}", f"y{n}"), listing=listing(f"l{n}"))
    file = next(index.database.path.parent.glob("index-build/0001*"))
    data = file.read_bytes()
    lines = data.splitlines(keepends=True)
    damaged = {"cut": data[:-5], "word": data.replace(b"bridge", b"brigde"), "line": lines[0] + lines[2]}
    file.write_bytes(damaged[damage])

    with pytest.raises(Unavailable) as wrong:
        begun.finish()

    assert wrong.value.code == code
    assert begun.missing() == [1]
    assert total(index) == 3


def test_another_division_or_another_old_index_begins_anew(index: SqliteIndex, begun: Building) -> None:
    begun.keep(1, part("a"), listing=listing("l1"))
    other = Building(index.database, vault="v", of=3)
    other.begin()
    assert other.missing() == [1, 2, 3]
    for n in (1, 2, 3):
        other.keep(n, part(), listing=listing("l"))
    other.finish()

    begun.begin()

    assert begun.missing() == [1, 2]


def test_an_index_that_is_not_there_is_not_made_by_beginning(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    building = Building(SqliteIndex(path).database, vault="v", of=1)
    building.begin()
    assert not path.exists()
    assert not SqliteIndex(path).filled_from("v")
    assert not path.exists()

    building.keep(1, part("a"), listing=listing("l"))
    building.finish()

    assert total(SqliteIndex(path)) == 1


def test_only_the_owner_reads_what_is_being_built(index: SqliteIndex, begun: Building) -> None:
    begun.keep(1, part("a"), listing=listing("l1"))
    assert (index.database.path.parent / "index-build").stat().st_mode & 0o077 == 0
