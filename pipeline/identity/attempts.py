"""Attempts: how often somebody failed to sign in under a name, whether anybody bears it or not.

A name is counted when an attempt begins, not when it failed: a hundred attempts at the same
moment get no further than five one after the other. Only a keyed digest of the name is kept, since
people type passwords into the wrong field.
"""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.identity.database import Database

FREE = 5
FIRST_SECONDS, LONGEST_SECONDS = 30.0, 3600.0
_FORGOTTEN_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One attempt: whether it is compared at all, and whether it closes the name should it fail."""

    open: bool
    last: bool


class Attempts:
    """Failures by name, and until when a name is closed: longer after each further failure."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def begin(self, name: str) -> Turn:
        """Count an attempt as failed, until it is known to have passed."""
        now = self._clock()
        with self._database.write() as rows:
            rows.execute("DELETE FROM attempts WHERE last < ?", (now - _FORGOTTEN_SECONDS,))
            key = _key(rows, name)
            row = rows.execute("SELECT * FROM attempts WHERE name = ?", (key,)).fetchone()
            if row is not None and now < row["until"]:
                return Turn(open=False, last=False)
            failures = (row["failures"] if row else 0) + 1
            until = now + _delay(failures)
            rows.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", (key, failures, until, now))
        return Turn(open=True, last=failures >= FREE)

    @staticmethod
    def forget(rows: sqlite3.Connection, name: str) -> None:
        """Begin to count anew: somebody came in."""
        rows.execute("DELETE FROM attempts WHERE name = ?", (_key(rows, name),))

    def standing(self, rows: sqlite3.Connection, name: str) -> tuple[int, float | None]:
        """Return how many attempts failed, and until when the name is closed."""
        row = rows.execute("SELECT * FROM attempts WHERE name = ?", (_key(rows, name),)).fetchone()
        if row is None:
            return 0, None
        return row["failures"], row["until"] if row["until"] > self._clock() else None


def _delay(failures: int) -> float:
    """Return for how long a name is closed after so many failures, in seconds."""
    beyond = failures - FREE
    return 0.0 if beyond < 0 else min(FIRST_SECONDS * 2.0 ** min(beyond, 16), LONGEST_SECONDS)


def _key(rows: sqlite3.Connection, name: str) -> bytes:
    pepper: bytes = rows.execute("SELECT value FROM about WHERE name = 'pepper'").fetchone()["value"]
    return hmac.new(pepper, name.encode(errors="replace"), hashlib.sha256).digest()
