"""Meter: how much an audit has read, how fast it may, and when it must begin nothing more."""

import threading
import time
from datetime import UTC, datetime

from pipeline.core.halt import check, pause
from pipeline.core.ports import Budget

_ONE_READER = 200_000_000
"""Bytes a second that one thread digests easily."""


class Meter:
    """Counts what all threads of one audit read, and holds them to its budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._read = 0
        self._begun = 0
        """Bytes of the objects that were begun."""

    def passing(self, count: int) -> None:
        """Take note of a block that was read; wait where reading is faster than it may be."""
        with self._lock:
            self._read += count
            due = self._began + self._read / self._budget.max_rate if self._budget.max_rate else 0.0
        if (wait := due - time.monotonic()) > 0:
            pause(wait)
        check()

    @property
    def slow(self) -> bool:
        """Whether one reader alone reaches the rate."""
        return self._budget.max_rate is not None and self._budget.max_rate < _ONE_READER

    @property
    def needs_sizes(self) -> bool:
        """Whether it must be known before an object is begun how large it is."""
        return self._budget.max_bytes is not None or self._budget.until is not None

    def begin(self, size: int, *, first: bool) -> str | None:
        """Take note that an object is begun, or say which limit forbids it.

        The first one is always begun when there is any budget at all: one that is larger than
        every budget would never be read otherwise.
        """
        budget, left = self._budget, self._seconds_left()
        if budget.max_bytes is not None and (budget.max_bytes <= 0 or (not first and self._over(size))):
            return "max_bytes"
        if left is not None and (left <= 0 or (not first and self._seconds(size) > left)):
            return "until"
        with self._lock:
            self._begun += size
        return None

    def _over(self, size: int) -> bool:
        return self._begun + size > (self._budget.max_bytes or 0)

    def _seconds_left(self) -> float | None:
        until = self._budget.until
        return None if until is None else (until - datetime.now(UTC)).total_seconds()

    def _seconds(self, size: int) -> float:
        """Guess how long this object, and what is begun and not read, will take at the rate so far."""
        spent = time.monotonic() - self._began
        rate = self._read / spent if spent and self._read else self._budget.max_rate
        return (self._begun - self._read + size) / rate if rate else 0.0
