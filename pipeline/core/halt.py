"""Halt: the word that work on several threads is over, heard by whoever is in the middle of something long.

An interrupt reaches the main thread alone. The threads that work for it, and the programs that they
wait for, are told here; each ends as the main thread does, with ``KeyboardInterrupt``.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Halt:
    """One word for all threads that are ``bound`` to it; once given it stands."""

    def __init__(self) -> None:
        self._given = threading.Event()
        self._lock = threading.RLock()  # an interrupt may come while the lock is held by the same thread
        self._ends: list[Callable[[], None]] = []

    @property
    def given(self) -> bool:
        """Whether it is over."""
        return self._given.is_set()

    def give(self) -> None:
        """Say that it is over, and end what is waited for. May be repeated."""
        self._given.set()
        with self._lock:
            for end in self._ends:
                end()

    def wait(self, seconds: float) -> bool:
        """Wait so long for the word; tell whether it was given."""
        return self._given.wait(seconds)

    @contextmanager
    def bound(self) -> Iterator[None]:
        """Let this thread listen."""
        _here.halt = self
        try:
            yield
        finally:
            _here.halt = None

    @contextmanager
    def ended_by(self, end: Callable[[], None]) -> Iterator[None]:
        """Have ``end`` called when the word is given while the block runs; never after it."""
        with self._lock:
            self._ends.append(end)
        try:
            if self.given:
                end()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)


class _Here(threading.local):
    halt: Halt | None = None


_here = _Here()


def check() -> None:
    """Raise ``KeyboardInterrupt`` when this thread was told that it is over."""
    if _here.halt is not None and _here.halt.given:
        raise KeyboardInterrupt


def pause(seconds: float) -> None:
    """Sleep, but no longer than until it is over; then raise as ``check`` does."""
    if _here.halt is None:
        time.sleep(seconds)
    elif _here.halt.wait(seconds):
        raise KeyboardInterrupt


@contextmanager
def ended_by(end: Callable[[], None]) -> Iterator[None]:
    """Wait for something that ``end`` ends early; then, and when it was over before, raise as ``check`` does."""
    check()
    if _here.halt is None:
        yield
        return
    with _here.halt.ended_by(end):
        yield
    check()
