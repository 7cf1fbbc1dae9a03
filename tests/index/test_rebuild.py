"""A rebuilt index answers as before, replaces the old one at once, and only when it holds what was read."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.errors import Unavailable
from pipeline.index import rebuild as module
from pipeline.index.answer import SearchAnswer
from pipeline.index.passages import Tally
from pipeline.index.rebuild import rebuild
from pipeline.index.sqlite import SqliteIndex

Assets = list[tuple[AssetId, list[IndexRow]]]


def asset(name: str) -> AssetId:
    return AssetId(hashlib.sha256(name.encode()).hexdigest())


def said(text: str, t: float = 0.0) -> IndexRow:
    return IndexRow(field="transcript", text=text, enrichment="e", media="audio", t=t)


def ask(index: SqliteIndex, query: str = "bridge") -> SearchAnswer:
    return index.search(query, permits=lambda _asset, _row: True, limit=1000)


@pytest.fixture
def source() -> Assets:
    return [(asset(str(n)), [said(f"bridge {n % 7}", t) for t in range(3)]) for n in range(50)]


@pytest.fixture
def index(tmp_path: Path, source: Assets) -> SqliteIndex:
    index = SqliteIndex(tmp_path / "index.sqlite")
    for one, rows in source:
        index.put(one, rows)
    return index


def generations(index: SqliteIndex) -> list[Path]:
    return list(index.database.path.parent.glob("index-*"))


def test_the_same_answers_in_any_order(index: SqliteIndex, source: Assets) -> None:
    answer, contents = ask(index), index.contents()
    done = rebuild(index, reversed(source))
    assert ask(index) == answer
    assert done.contents == index.contents() == contents
    assert (contents.assets, contents.passages) == (50, 150)


def test_after_the_index_was_deleted(index: SqliteIndex, source: Assets) -> None:
    answer = ask(index)
    index.close()
    for file in index.database.path.parent.glob("index*"):
        file.unlink()
    again = SqliteIndex(index.database.path)
    rebuild(again, source)
    assert ask(again) == answer


def test_the_old_one_answers_until_the_new_one_is_there(index: SqliteIndex, source: Assets) -> None:
    def reading() -> Iterator[tuple[AssetId, list[IndexRow]]]:
        yield source[0]
        assert ask(index).total == 150
        assert ask(SqliteIndex(index.database.path)).total == 150

    rebuild(index, reading())
    assert ask(index).total == 3


def test_what_was_put_or_removed_meanwhile_is_carried_over(index: SqliteIndex, source: Assets) -> None:
    def reading() -> Iterator[tuple[AssetId, list[IndexRow]]]:
        yield from source
        index.put(asset("new"), [said("tunnel")])
        index.put(source[0][0], [said("tunnel")])
        index.remove(source[1][0])

    done = rebuild(index, reading())
    assert done.carried == 3
    assert (ask(index).total, ask(index, "tunnel").total) == (144, 2)
    assert done.contents == index.contents()


def test_an_asset_read_twice_counts_once(index: SqliteIndex, source: Assets) -> None:
    done = rebuild(index, [(source[0][0], [said("tunnel")]), *source])
    assert done.contents == index.contents()
    assert ask(index, "tunnel").total == 0


def test_one_rebuild_at_a_time(index: SqliteIndex, source: Assets) -> None:
    def reading() -> Iterator[tuple[AssetId, list[IndexRow]]]:
        with pytest.raises(Unavailable) as busy:
            rebuild(SqliteIndex(index.database.path), source)
        assert busy.value.code == "E-INDEX-002"
        yield from source

    rebuild(index, reading())
    assert ask(index).total == 150


def test_an_interrupted_rebuild_leaves_the_old_one_and_nothing_else(index: SqliteIndex, source: Assets) -> None:
    before = index.database.path.resolve()

    def reading() -> Iterator[tuple[AssetId, list[IndexRow]]]:
        yield source[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(index, reading())
    assert index.database.path.resolve() == before
    assert {file.name.partition(".")[0] for file in generations(index)} == {before.stem}
    assert ask(index).total == 150


def test_one_that_does_not_hold_what_was_read_is_not_used(
    index: SqliteIndex, source: Assets, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = module._fill

    def lossy(connection: sqlite3.Connection, given: Iterable[module.Laid]) -> Tally:
        tally = fill(connection, given)
        connection.execute(
            "INSERT INTO folded (folded, rowid, exact, light, marks) "
            "SELECT 'delete', id, exact, light, marks FROM passages"
        )
        connection.execute("DELETE FROM passages")
        return tally

    monkeypatch.setattr(module, "_fill", lossy)
    with pytest.raises(Unavailable) as wrong:
        rebuild(index, source)
    assert wrong.value.code == "E-INDEX-003"
    assert ask(index).total == 150


def test_what_a_killed_rebuild_left_is_swept_by_the_next(index: SqliteIndex, source: Assets) -> None:
    left = index.database.new_generation()
    rebuild(index, source)
    assert not left.exists()
    assert len([file for file in generations(index) if file.suffix == ".sqlite"]) == 1


def test_a_reader_of_the_old_one_reads_on_and_then_sees_the_new(index: SqliteIndex, source: Assets) -> None:
    other = SqliteIndex(index.database.path)
    with other.database.reading() as connection:
        rebuild(index, source[:10])
        assert connection.execute("SELECT count(*) FROM passages").fetchone() == (150,)
    assert ask(other).total == 30
    other.put(asset("new"), [said("bridge")])
    assert ask(index).total == 31


def test_only_the_owner_reads_the_file(index: SqliteIndex) -> None:
    assert index.database.path.stat().st_mode & 0o077 == 0
