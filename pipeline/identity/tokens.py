"""Tokens: what a program carries instead of a password; each can be taken back alone."""

import secrets
import sqlite3
from collections.abc import Callable

from pipeline.errors import CODES, Misconfigured
from pipeline.identity import hashing
from pipeline.identity.database import Database
from pipeline.identity.model import Identity, NotSignedIn, Token

PREFIX = "evt_"
"""Lets a scanner for secrets recognise one that was left in a file."""

_NOTED_SECONDS = 60.0
_TOLD_SECONDS = 3600.0


class Tokens:
    """Bearer tokens of 256 random bits; only their digests are kept."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def make(
        self, person_id: str, name: str, *, scopes: frozenset[str], until: float | None = None
    ) -> tuple[Token, str]:
        """Make a token that keeps to these permissions; its secret is returned here and never again."""
        now, secret = self._clock(), PREFIX + hashing.new_secret()
        if until is not None and until <= now:
            raise Misconfigured("a token that ends before now is none", code="E-CONF-009")
        made = Token(
            id=f"t-{secrets.token_hex(8)}", person_id=person_id, name=name, scopes=scopes, made=now, until=until,
            used=None, revoked=None,
        )  # fmt: skip
        with self._database.write() as rows:
            rows.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
                (made.id, hashing.kept_of(secret), person_id, name, " ".join(sorted(scopes)), now, until),
            )
        return made, secret

    def who(self, secret: str) -> Identity:
        """Say whose token it is, and that it was used; ``NotSignedIn`` when it ended or never was."""
        now, kept = self._clock(), hashing.kept_of(secret)
        with self._database.read() as rows:
            row = rows.execute(
                "SELECT t.*, a.shown FROM tokens t LEFT JOIN accounts a USING (person)"
                " WHERE secret = ? AND person NOT IN (SELECT person FROM locked)", (kept,),
            ).fetchone()  # fmt: skip
        if row is None or row["revoked"] is not None or (row["until"] is not None and row["until"] <= now):
            raise NotSignedIn
        if row["used"] is None or now - row["used"] > _NOTED_SECONDS:
            with self._database.write() as rows:
                rows.execute("UPDATE tokens SET used = ? WHERE secret = ?", (now, kept))
        return Identity(person_id=row["person"], name=row["shown"] or "", by="token", scopes=_scopes(row))

    def refused(self, secret: str) -> Token | None:
        """Return the token that is good for nothing any more, unless it was told of within the hour."""
        now = self._clock()
        with self._database.write() as rows:
            row = rows.execute(
                "UPDATE tokens SET refused = ? WHERE secret = ? AND (refused IS NULL OR refused < ?) RETURNING *",
                (now, hashing.kept_of(secret), now - _TOLD_SECONDS),
            ).fetchone()
        return _token(row) if row else None

    def listed(self, person_id: str | None = None) -> list[Token]:
        """Return the tokens of a person, or all, without their secrets."""
        with self._database.read() as rows:
            found = rows.execute(
                "SELECT * FROM tokens WHERE ? IS NULL OR person = ? ORDER BY made, id", (person_id, person_id)
            ).fetchall()
        return [_token(row) for row in found]

    def revoke(self, token: str, person_id: str | None = None) -> Token:
        """End a token by its id, at once; of one person's if given: another's is answered like none at all."""
        with self._database.write() as rows:
            row = rows.execute(
                "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ? AND (? IS NULL OR person = ?)"
                " RETURNING *", (self._clock(), token, person_id, person_id),
            ).fetchone()  # fmt: skip
        if row is None:
            raise Misconfigured(CODES["E-LOGIN-002"].meaning, code="E-LOGIN-002")
        return _token(row)


def _scopes(row: sqlite3.Row) -> frozenset[str]:
    return frozenset(row["scopes"].split())


def _token(row: sqlite3.Row) -> Token:
    return Token(
        id=row["id"], person_id=row["person"], name=row["name"], scopes=_scopes(row), made=row["made"],
        until=row["until"], used=row["used"], revoked=row["revoked"],
    )  # fmt: skip
