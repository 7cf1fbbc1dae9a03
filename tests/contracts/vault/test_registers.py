"""What every register promises."""

import os
import threading
from collections.abc import Callable

import pytest

from pipeline.errors import Misconfigured
from tests.contracts.vault.ports import Ports


class TestEveryRegister:
    def test_records_come_back_in_order(self, again: Callable[[], Ports]) -> None:
        again().registers.append("batch/B.1", [{"n": 1}, {"n": 2}], key="a")
        again().registers.append("batch/B.1", [{"n": 3, "name": os.fsdecode(b"odd \xff.jpg")}], key="b")
        found = list(again().registers.read("batch/B.1"))
        assert [one["n"] for one in found] == [1, 2, 3]
        assert os.fsencode(found[2]["name"]) == b"odd \xff.jpg"

    def test_a_key_counts_once(self, again: Callable[[], Ports]) -> None:
        for key in ("a", "b", "a", "b"):
            again().registers.append("people", [{"key": key}], key=key)
        assert [one["key"] for one in again().registers.read("people")] == ["a", "b"]

    def test_a_mark_changes_with_every_append_and_only_then(self, again: Callable[[], Ports]) -> None:
        ports, marks = again(), []
        for key in ("a", "b", "b", "c"):
            marks.append(ports.registers.mark("people"))
            ports.registers.append("people", [{"key": key}], key=key)
        marks.append(again().registers.mark("people"))
        assert marks[2] == marks[3]
        assert len(set(marks)) == 4

    @pytest.mark.slow
    def test_a_long_register_goes_on(self, ports: Ports) -> None:
        for n in range(ports.part + 5):
            ports.registers.append("people", [{"n": n}], key=str(n))
        ports.registers.append("people", [{"n": 3}], key="3")
        assert [one["n"] for one in ports.registers.read("people")] == list(range(ports.part + 5))
        assert list(ports.registers.names()) == ["people"]

    def test_names_are_found_by_prefix(self, ports: Ports) -> None:
        for name in ("people", "batch/B", "batch/A", "batch/" + "L" * 64, "a" * 100 + "/" + "b" * 30):
            ports.registers.append(name, [{}], key="k")
        assert list(ports.registers.names("batch/")) == ["batch/A", "batch/B", "batch/" + "L" * 64]
        assert len(list(ports.registers.names())) == 5
        assert ports.registers.has("people")
        assert not ports.registers.has("batch/C")
        assert list(ports.registers.read("batch/C")) == []

    @pytest.mark.parametrize("name", ["", "/", "a//b", "../x", "a:2", "a b", "ü", "a/.hidden", "a" * 101])
    def test_an_impossible_name_is_refused(self, ports: Ports, name: str) -> None:
        with pytest.raises(Misconfigured):
            ports.registers.append(name, [{}], key="k")

    def test_threads_lose_nothing(self, ports: Ports) -> None:
        def append(who: int) -> None:
            for n in range(5):
                ports.registers.append("shared", [{"who": who, "n": n}], key=f"{who}-{n}")

        threads = [threading.Thread(target=append, args=(who,)) for who in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        found = [(one["who"], one["n"]) for one in ports.registers.read("shared")]
        assert sorted(found) == [(who, n) for who in range(4) for n in range(5)]
        for who in range(4):
            assert [n for one, n in found if one == who] == list(range(5))
