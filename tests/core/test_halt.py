"""The word that it is over reaches every thread that listens, in the middle of what it waits for."""

import threading
import time
from collections.abc import Callable

import pytest

from pipeline.core import halt
from pipeline.core.halt import Halt


def listening(over: Halt, work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        with over.bound():
            try:
                work()
            except BaseException as err:  # noqa: BLE001 (the test looks at it)
                raised.append(err)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_a_thread_that_waits_is_woken_and_ends_as_an_interrupt_does() -> None:
    over, waiting, stopped = Halt(), threading.Event(), threading.Event()

    def work() -> None:
        with halt.ended_by(stopped.set):
            waiting.set()
            assert stopped.wait(30)

    thread, raised = listening(over, work)
    assert waiting.wait(30)
    over.give()
    thread.join(30)

    assert [type(one) for one in raised] == [KeyboardInterrupt]


def test_a_pause_ends_early() -> None:
    over = Halt()
    thread, raised = listening(over, lambda: halt.pause(600))
    began = time.monotonic()
    over.give()
    thread.join(30)

    assert [type(one) for one in raised] == [KeyboardInterrupt]
    assert time.monotonic() - began < 30


def test_nothing_new_is_begun_once_it_is_over() -> None:
    over = Halt()
    over.give()
    begun: list[int] = []

    def work() -> None:
        with halt.ended_by(lambda: None):
            begun.append(1)

    thread, raised = listening(over, work)
    thread.join(30)

    assert begun == []
    assert [type(one) for one in raised] == [KeyboardInterrupt]


def test_what_has_ended_is_not_ended_again() -> None:
    over, ends = Halt(), list[int]()

    def work() -> None:
        with halt.ended_by(lambda: ends.append(1)):
            pass

    thread, raised = listening(over, work)
    thread.join(30)
    over.give()

    assert (ends, raised) == ([], [])


def test_a_thread_that_listens_to_nobody_goes_on() -> None:
    over = Halt()
    over.give()

    halt.check()
    with halt.ended_by(lambda: pytest.fail("nobody said so")):
        halt.pause(0)
