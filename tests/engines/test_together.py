"""Calls of several threads on one model: in order, apart by their way, each with its own faults, nobody left behind."""

import threading
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from pipeline.core.halt import Halt
from pipeline.engines.together import Together
from pipeline.errors import PipelineError

Calls = list[tuple[list[int], Hashable]]


class Model:
    """Squares numbers; holds its first call until it is let go, so that others gather behind it."""

    def __init__(self) -> None:
        self.calls: Calls = []
        self.busy = threading.Lock()
        self.began, self.let_go = threading.Event(), threading.Event()

    def __call__(self, asked: Sequence[int], way: Hashable) -> list[int]:
        assert self.busy.acquire(blocking=False), "two threads are in the model"
        try:
            self.calls.append((list(asked), way))
            self.began.set()
            assert self.let_go.wait(60)
            if 13 in asked:
                raise ValueError("thirteen")
            return [one * one for one in asked]
        finally:
            self.busy.release()


def gathered(model: Model, asks: Sequence[tuple[list[int], Hashable]], most: int) -> list[Future[list[int]]]:
    """Ask for 0 alone; while the model is at it, let all others come, in order; then let it go."""
    together: Together[int, int] = Together(model, most=most)
    with ThreadPoolExecutor(len(asks) + 1) as pool:
        first = pool.submit(together, [0])
        assert model.began.wait(60)
        later = []
        for asked, way in asks:
            before = len(together._queue)
            later.append(pool.submit(together, asked, way))
            wait_until(partial(_longer, together, before))
        model.let_go.set()
    assert first.result() == [0]
    return later


def _longer(together: Together[int, int], than: int) -> bool:
    return len(together._queue) > than


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(6000):
        if true():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came to that")


def test_each_gets_its_own_answers_in_order() -> None:
    model = Model()
    found = gathered(model, [([3, 1], None), ([2], None), ([5, 4, 6], None)], most=16)

    assert [one.result() for one in found] == [[9, 1], [4], [25, 16, 36]]
    assert model.calls == [([0], None), ([3, 1, 2, 5, 4, 6], None)]


def test_what_came_first_is_answered_first_and_no_call_is_too_large() -> None:
    model = Model()
    found = gathered(model, [([1, 2], None), ([3, 4], None), ([5], None)], most=3)

    assert [one.result() for one in found] == [[1, 4], [9, 16], [25]]
    assert model.calls[1:] == [([1, 2, 3], None), ([4], None), ([5], None)]


def test_only_equal_ways_share_a_call_and_none_is_passed_over_for_ever() -> None:
    model = Model()
    found = gathered(model, [([1], "ar"), ([2], "ku"), ([3], "ar"), ([4], "ku")], most=16)

    assert [one.result() for one in found] == [[1], [4], [9], [16]]
    assert model.calls[1:] == [([1, 3], "ar"), ([2, 4], "ku")]


def test_a_fault_reaches_only_who_asked_for_it() -> None:
    model = Model()
    found = gathered(model, [([1], None), ([13], None), ([2, 3], None)], most=16)

    assert found[0].result() == [1]
    assert found[2].result() == [4, 9]
    with pytest.raises(ValueError, match="thirteen"):
        found[1].result()


def test_a_missing_answer_is_a_fault_and_no_shift() -> None:
    short: Together[int, int] = Together(lambda asked, _way: list(asked)[1:], most=4)

    with pytest.raises(PipelineError):
        short([1, 2])


def test_nothing_asked_is_nothing_answered() -> None:
    def never(_asked: Sequence[Any], _way: Hashable) -> list[Any]:
        raise AssertionError

    assert Together(never, most=4)([]) == []


def test_the_model_goes_on_after_a_fault() -> None:
    model = Model()
    model.let_go.set()
    together: Together[int, int] = Together(model, most=4)

    with pytest.raises(ValueError, match="thirteen"):
        together([13])
    assert together([2]) == [4]


def test_many_threads_get_what_one_would_and_all_come_back() -> None:
    together: Together[int, tuple[int, Hashable]] = Together(lambda asked, way: [(one, way) for one in asked], most=5)

    def worker(number: int) -> list[tuple[int, Hashable]]:
        found = []
        for turn in range(50):
            found += together([number, turn, number + turn][: turn % 3 + 1], number % 3)
        return found

    with ThreadPoolExecutor(12) as pool:
        both = [[pool.submit(worker, n) for n in range(12)] for _ in range(2)]
        first, second = ([one.result(timeout=120) for one in some] for some in both)

    assert first == second
    assert first[7][:3] == [(7, 1), (7, 1), (1, 1)]


def test_who_is_told_that_it_is_over_asks_no_more() -> None:
    over, model = Halt(), Model()
    model.let_go.set()
    over.give()

    with over.bound(), pytest.raises(KeyboardInterrupt):
        Together(model, most=4)([1])

    assert model.calls == []
