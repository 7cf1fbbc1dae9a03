"""Sessions: who is signed in, kept here and not in a cookie, so that they end when we say so."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.identity import hashing
from pipeline.identity.database import Database
from pipeline.identity.model import By, Identity, NotSignedIn, Session

_NOTED_SECONDS = 30.0
"""That a session was used is written down once in so many seconds, not with every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long a session lasts, in seconds: at the most, and without being used."""

    longest: float = 12 * 3600
    idle: float = 30 * 60


class Sessions:
    """Server-side sessions; of each only the digest of its random id is kept."""

    def __init__(self, database: Database, clock: Callable[[], float], lasting: Lasting) -> None:
        self._database, self._clock, self._lasting = database, clock, lasting

    def open(self, person_id: str, by: By, *, replaces: str | None = None) -> Session:
        """Open a session under a new id, whatever id the browser came with; the old one ends."""
        now, secret = self._clock(), hashing.new_secret()
        with self._database.write() as rows:
            # Whoever was locked between the password and this line must not come in.
            if rows.execute("SELECT 1 FROM locked WHERE person = ?", (person_id,)).fetchone():
                raise NotSignedIn
            self._sweep(rows, now)
            if replaces:
                rows.execute("DELETE FROM sessions WHERE secret = ?", (hashing.kept_of(replaces),))
            rows.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (hashing.kept_of(secret), person_id, by, now, now)
            )
            found = rows.execute("SELECT given FROM accounts WHERE person = ?", (person_id,)).fetchone()
        return Session(
            secret=secret, csrf=hashing.csrf_of(secret), person_id=person_id, until=now + self._lasting.longest,
            must_change=bool(found and found["given"] and by == "password"),
        )  # fmt: skip

    def who(self, secret: str) -> Identity:
        """Say whose session it is, and that it was used; ``NotSignedIn`` when it ended or never was."""
        now, kept = self._clock(), hashing.kept_of(secret)
        with self._database.read() as rows:
            row = rows.execute(
                "SELECT s.*, a.shown, a.given FROM sessions s LEFT JOIN accounts a USING (person)"
                " WHERE secret = ? AND person NOT IN (SELECT person FROM locked)", (kept,),
            ).fetchone()  # fmt: skip
        if row is None or not self._lasts(row["made"], row["seen"], now):
            raise NotSignedIn
        if now - row["seen"] > _NOTED_SECONDS:
            with self._database.write() as rows:
                rows.execute("UPDATE sessions SET seen = max(seen, ?) WHERE secret = ?", (now, kept))
        return Identity(
            person_id=row["person"], name=row["shown"] or "", by=row["by"], csrf=hashing.csrf_of(secret),
            must_change=bool(row["given"] and row["by"] == "password"),
        )  # fmt: skip

    def end(self, secret: str) -> str | None:
        """End a session; return whose it was, if it was one."""
        with self._database.write() as rows:
            row = rows.execute(
                "DELETE FROM sessions WHERE secret = ? RETURNING person", (hashing.kept_of(secret),)
            ).fetchone()
        return row["person"] if row else None

    def end_all(self, person_id: str) -> int:
        """End all sessions of a person; return how many there were."""
        with self._database.write() as rows:
            return rows.execute("DELETE FROM sessions WHERE person = ?", (person_id,)).rowcount

    def _lasts(self, made: float, seen: float, now: float) -> bool:
        return made <= now < made + self._lasting.longest and now < seen + self._lasting.idle

    def _sweep(self, rows: sqlite3.Connection, now: float) -> None:
        rows.execute(
            "DELETE FROM sessions WHERE made <= ? OR seen <= ?", (now - self._lasting.longest, now - self._lasting.idle)
        )
