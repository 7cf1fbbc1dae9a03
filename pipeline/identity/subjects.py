"""Subjects: who of an identity provider is which person here; bound by an administrator, never by a claim."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.errors import CODES, Misconfigured
from pipeline.identity import hashing
from pipeline.identity.database import Database
from pipeline.identity.model import Subject

_FLOW_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One way to the provider and back, bound to the browser that began it by a cookie."""

    secret: str = field(repr=False)
    """For the cookie."""
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    """What the code is exchanged with (PKCE, RFC 7636)."""


class Subjects:
    """The bindings, and the ways that are under way."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def bind(self, issuer: str, subject: str, person_id: str) -> None:
        """Say that a subject of a provider is this person; it can be only one."""
        try:
            with self._database.write() as rows:
                rows.execute("INSERT INTO subjects VALUES (?, ?, ?)", (issuer, subject, person_id))
        except sqlite3.IntegrityError as err:
            raise Misconfigured("this subject is bound to a person", code="E-LOGIN-004") from err

    def unbind(self, issuer: str, subject: str) -> str:
        """Let a subject in no more; return whose it was. Their sessions end."""
        with self._database.write() as rows:
            row = rows.execute(
                "DELETE FROM subjects WHERE issuer = ? AND subject = ? RETURNING person", (issuer, subject)
            ).fetchone()
            if row is None:
                raise Misconfigured(CODES["E-LOGIN-002"].meaning, code="E-LOGIN-002")
            rows.execute("DELETE FROM sessions WHERE person = ? AND by = 'oidc'", (row["person"],))
        person: str = row["person"]
        return person

    def person(self, issuer: str, subject: str) -> str | None:
        """Return the id of the person that a subject is bound to."""
        with self._database.read() as rows:
            row = rows.execute(
                "SELECT person FROM subjects WHERE issuer = ? AND subject = ?", (issuer, subject)
            ).fetchone()
        return row["person"] if row else None

    def listed(self) -> list[Subject]:
        """Return all bindings."""
        with self._database.read() as rows:
            found = rows.execute("SELECT * FROM subjects ORDER BY issuer, subject").fetchall()
        return [Subject(issuer=row["issuer"], subject=row["subject"], person_id=row["person"]) for row in found]

    def begin(self) -> Flow:
        """Begin a way to the provider."""
        now = self._clock()
        flow = Flow(
            secret=hashing.new_secret(), state=hashing.new_secret(), nonce=hashing.new_secret(),
            verifier=secrets.token_urlsafe(48),
        )  # fmt: skip
        with self._database.write() as rows:
            rows.execute("DELETE FROM flows WHERE made <= ?", (now - _FLOW_SECONDS,))
            rows.execute(
                "INSERT INTO flows VALUES (?, ?, ?, ?, ?)",
                (hashing.kept_of(flow.secret), flow.state, flow.nonce, flow.verifier, now),
            )
        return flow

    def take(self, secret: str, state: str) -> Flow | None:
        """Return the way that this browser began, once; ``None`` when the state is another's, or it is too old."""
        with self._database.write() as rows:
            row = rows.execute("DELETE FROM flows WHERE secret = ? RETURNING *", (hashing.kept_of(secret),)).fetchone()
        if row is None or row["made"] <= self._clock() - _FLOW_SECONDS or not hashing.same(row["state"], state):
            return None
        return Flow(secret=secret, state=row["state"], nonce=row["nonce"], verifier=row["verifier"])
