"""The embedded index among processes, after damage, and where two assets share a slot."""

import hashlib
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.errors import Unavailable
from pipeline.index import passages
from pipeline.index.answer import SearchAnswer
from pipeline.index.rebuild import rebuild
from pipeline.index.sqlite import SqliteIndex

CHECKOUT = Path(__file__).resolve().parents[2]


def asset(name: str) -> AssetId:
    return AssetId(hashlib.sha256(name.encode()).hexdigest())


def said(text: str, t: float = 0.0) -> IndexRow:
    return IndexRow(field="transcript", text=text, enrichment="e", media="audio", t=t)


def ask(index: SqliteIndex, query: str = "bridge") -> SearchAnswer:
    return index.search(query, permits=lambda _asset, _row: True, limit=1000)


WRITER = """
import sys
from pathlib import Path
from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index.sqlite import SqliteIndex
index = SqliteIndex(Path(sys.argv[1]))
for n in range(20):
    row = IndexRow(field="transcript", text=f"bridge {n}", enrichment="e", media="audio")
    index.put(AssetId(f"{sys.argv[2]}-{n}"), [row])
    index.put(AssetId("shared"), [row])
"""


def start_writer(path: Path, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=CHECKOUT)


def test_several_processes_write_one_new_index(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    writers = [start_writer(path, name) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    index = SqliteIndex(path)
    assert ask(index).total == 61
    index.check()
    assert len(list(tmp_path.glob("index-*.sqlite"))) == 1


def test_a_rebuild_loses_nothing_that_others_put_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    index = SqliteIndex(path)
    index.put(asset("old"), [said("bridge")])
    writers = [start_writer(path, name) for name in "ab"]
    while any(writer.poll() is None for writer in writers):
        rebuild(index, everything(index))
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert ask(index).total == 42
    index.check()


def everything(index: SqliteIndex) -> Iterator[tuple[AssetId, list[IndexRow]]]:
    """Read only when the rebuild asks: what was read before it began, it could not know to be old."""
    for one in held(index):
        yield AssetId(one), index_rows(index, one)


def held(index: SqliteIndex) -> list[str]:
    return sorted({hit.asset for hit in ask(index).hits})


def index_rows(index: SqliteIndex, one: str) -> list[IndexRow]:
    with index.database.reading() as connection:
        found = passages.stored_in(connection, one)
    return [IndexRow(field=row[1], text=row[2], enrichment=row[3], media=row[4], t=row[6]) for row in found]


def test_threads_have_their_own_connections(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    totals: list[int] = []

    def work(name: str) -> None:
        index.put(asset(name), [said("bridge")])
        totals.append(ask(index).total)
        index.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(totals) == 4
    assert ask(index).total == 4


def _child(index: SqliteIndex) -> None:
    index.put(asset("child"), [said("bridge")])
    os._exit(0 if ask(index).total == 2 else 1)


def test_a_forked_child_opens_its_own(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.put(asset("parent"), [said("bridge")])
    child = multiprocessing.get_context("fork").Process(target=_child, args=(index,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert ask(index).total == 2
    index.put(asset("after"), [said("bridge")])
    assert ask(SqliteIndex(tmp_path / "index.sqlite")).total == 3
    index.check()


class TestSharedSlots:
    @pytest.fixture(autouse=True)
    def _few_slots(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(passages, "SLOT_BITS", 1)

    def test_assets_that_share_a_slot_do_not_touch_each_other(self, tmp_path: Path) -> None:
        index = SqliteIndex(tmp_path / "index.sqlite")
        names = "abcdefgh"
        for name in names:
            index.put(asset(name), [said(f"bridge {name}", t) for t in (0.0, 1.0)])
        index.put(asset("c"), [said("school")])
        index.remove(asset("d"))
        assert held(index) == sorted(asset(name) for name in "abefgh")
        assert [hit.asset for hit in ask(index, "school").hits] == [asset("c")]
        index.check()

    def test_the_order_of_arrival_leaves_no_trace(self, tmp_path: Path) -> None:
        there, back = SqliteIndex(tmp_path / "there.sqlite"), SqliteIndex(tmp_path / "back.sqlite")
        for name in "abcdef":
            there.put(asset(name), [said("bridge")])
        for name in "fedcba":
            back.put(asset(name), [said("bridge")])
        for most in range(1, 7):
            one, other = (index.search("bridge", permits=lambda *_: True, most=most) for index in (there, back))
            assert one == other


class TestDamage:
    @pytest.fixture
    def index(self, tmp_path: Path) -> SqliteIndex:
        index = SqliteIndex(tmp_path / "index.sqlite")
        for n in range(60):
            index.put(asset(str(n)), [said(f"bridge number {n} of many", t) for t in range(20)])
        index.close()
        return index

    def expect_damage(self, index: SqliteIndex) -> None:
        with pytest.raises(Unavailable) as damaged:
            ask(index)
        assert (damaged.value.code, damaged.value.who) == ("E-INDEX-001", "operator")
        with pytest.raises(Unavailable) as damaged:
            index.put(asset("new"), [said("bridge")])
        assert damaged.value.code == "E-INDEX-001"

    def mended(self, index: SqliteIndex) -> None:
        rebuild(index, [(asset("a"), [said("bridge")])])
        assert held(index) == [asset("a")]
        index.check()

    @pytest.mark.parametrize("content", [b"", b"not a database at all" * 500], ids=["empty", "other"])
    def test_another_file_in_its_place(self, index: SqliteIndex, content: bytes) -> None:
        index.database.path.resolve().write_bytes(content)
        self.expect_damage(index)
        self.mended(index)

    def test_the_link_replaced_by_a_file(self, index: SqliteIndex) -> None:
        index.database.path.unlink()
        index.database.path.write_bytes(b"x" * 5000)
        self.expect_damage(index)
        self.mended(index)

    def test_its_generation_missing(self, index: SqliteIndex) -> None:
        index.database.path.resolve().unlink()
        self.expect_damage(index)
        self.mended(index)

    def test_pages_overwritten(self, index: SqliteIndex) -> None:
        file = index.database.path.resolve()
        content = bytearray(file.read_bytes())
        content[4096 * 2 :] = os.urandom(len(content) - 4096 * 2)
        file.write_bytes(content)
        self.expect_damage(index)
        self.mended(index)

    def test_cut_in_half(self, index: SqliteIndex) -> None:
        file = index.database.path.resolve()
        os.truncate(file, file.stat().st_size // 2 // 4096 * 4096)
        with pytest.raises(Unavailable) as damaged:
            index.check()
        assert damaged.value.code == "E-INDEX-001"
        self.mended(index)

    def test_of_another_version(self, index: SqliteIndex) -> None:
        connection = sqlite3.connect(index.database.path.resolve())
        connection.execute("PRAGMA user_version = 1")
        connection.close()
        self.expect_damage(index)
        self.mended(index)

    def test_words_and_passages_that_disagree_are_found_by_a_check(self, index: SqliteIndex) -> None:
        connection = sqlite3.connect(index.database.path.resolve())
        connection.execute("UPDATE passages SET exact = 'tunnel' WHERE id = (SELECT min(id) FROM passages)")
        connection.commit()
        connection.close()
        with pytest.raises(Unavailable) as damaged:
            index.check()
        assert damaged.value.code == "E-INDEX-001"

    def test_a_missing_index_is_not_taken_for_an_empty_one_where_that_is_asked(self, tmp_path: Path) -> None:
        index = SqliteIndex(tmp_path / "none" / "index.sqlite", create=False)
        self.expect_damage(index)
        self.mended(index)


def test_a_failed_put_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.put(asset("a"), [said("bridge")])
    monkeypatch.setattr(passages, "_FOLD", "INSERT INTO nowhere VALUES (?, ?)")
    with pytest.raises(Unavailable):
        index.put(asset("a"), [said("school")])
    assert (ask(index, "bridge").total, ask(index, "school").total) == (1, 0)
    index.check()


def test_equal_rows_write_nothing(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite")
    index.put(asset("a"), [said("bridge"), said("school", 1)])
    with index.database.reading() as connection:
        before = passages.last_change(connection)
    index.put(asset("a"), [said("school", 1), said("bridge")])
    with index.database.reading() as connection:
        assert passages.last_change(connection) == before
