"""Accounts: who may sign in here, with what; credentials only, never evidence, and never rights."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.core.document import spelled
from pipeline.errors import Misconfigured
from pipeline.identity import hashing, second_factor
from pipeline.identity.attempts import Attempts
from pipeline.identity.database import Database
from pipeline.identity.model import Account, Identity, NotSignedIn, Tried
from pipeline.identity.oidc import Client, Provider
from pipeline.identity.second_factor import SecondFactor
from pipeline.identity.sessions import Lasting, Sessions
from pipeline.identity.subjects import Subjects
from pipeline.identity.tokens import Tokens

__all__ = ["Accounts", "Lasting"]


class Accounts:
    """The credentials of one vault's people, in one file beside its keys. Safe among threads and processes."""

    def __init__(
        self, path: Path, *, lasting: Lasting | None = None, issuer: str = "evidence",
        clock: Callable[[], float] = time.time, passwords: hashing.Passwords | None = None,
    ) -> None:  # fmt: skip
        self._database = Database(path)
        self._clock = clock
        self._passwords = passwords or hashing.Passwords()
        self._attempts = Attempts(self._database, clock)
        self.sessions = Sessions(self._database, clock, lasting or Lasting())
        self.tokens = Tokens(self._database, clock)
        self.second_factor = SecondFactor(self._database, clock, issuer)
        self.subjects = Subjects(self._database, clock)
        self._providers: dict[Client, Provider] = {}

    def provider(self, client: Client) -> Provider:
        """Return the identity provider; what it said of itself and its keys is kept for a while."""
        return self._providers.setdefault(client, Provider(client))

    def who(self, *, token: str | None = None, session: str | None = None) -> Identity:
        """Say who asks with this token, or in this session; ``NotSignedIn`` (E-LOGIN-001) when nobody."""
        if token is not None:
            return self.tokens.who(token)
        if session is not None:
            return self.sessions.who(session)
        raise NotSignedIn

    def try_password(self, login: str, password: str, code: str = "", *, factor: bool = True) -> Tried:
        """Compare what somebody typed with an account; the work is the same whatever is wrong.

        Without ``factor`` the password alone is compared: for who is signed in already.
        """
        name = _folded(login)
        turn = self._attempts.begin(name)
        before = self._account(name)
        fits = self._passwords.fits(before["password"] if before else None, password)
        with self._database.write() as rows:
            # Read again under the lock: it may have been closed, or its password changed, meanwhile.
            account = self._row(rows, name)
            unchanged = before is not None and account is not None and account["password"] == before["password"]
            known = turn.open and fits and unchanged and account is not None and not account["locked"]
            answers = second_factor.accepts(rows, account, code, self._clock(), spend=known and factor)
            passed = known and (answers or not factor)
            if passed:
                self._attempts.forget(rows, name)
        if passed and before is not None and self._passwords.is_outdated(before["password"]):
            self._keep(before["person"], self._passwords.kept(password), given=bool(before["given"]))
        person = before["person"] if before else None
        return Tried(person_id=person, passed=passed, locked=turn.last and not passed, ignored=not turn.open)

    def add(self, login: str, person_id: str, password: str, *, given: bool) -> None:
        """Give a person an account. ``given``: somebody else knows the password, so it must be changed."""
        shown = _name(login)
        hashing.check_password(password, shown)
        kept = self._passwords.kept(password)
        try:
            with self._database.write() as rows:
                rows.execute(
                    "INSERT INTO accounts (person, login, shown, password, given) VALUES (?, ?, ?, ?, ?)",
                    (person_id, _folded(shown), shown, kept, given),
                )
        except sqlite3.IntegrityError as err:
            raise Misconfigured("this person, or this name, has an account", code="E-LOGIN-004") from err

    def set_password(self, person_id: str, password: str, *, given: bool) -> None:
        """Change a password; every session of the person ends."""
        account = self.account(person_id)
        hashing.check_password(password, account.login)
        self._keep(person_id, self._passwords.kept(password), given=given)
        self.sessions.end_all(person_id)

    def remove(self, person_id: str) -> None:
        """Take an account away with all that belongs to it; tokens stay on record, revoked."""
        with self._database.write() as rows:
            for table in ("accounts", "recovery", "sessions", "subjects"):
                rows.execute(f"DELETE FROM {table} WHERE person = ?", (person_id,))  # noqa: S608 (names of ours)
            rows.execute(
                "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE person = ?", (self._clock(), person_id)
            )

    def lock(self, person_id: str) -> None:
        """Let a person in no more, by no way: password, provider, session or token."""
        with self._database.write() as rows:
            rows.execute("INSERT OR IGNORE INTO locked VALUES (?)", (person_id,))
            rows.execute("DELETE FROM sessions WHERE person = ?", (person_id,))

    def unlock(self, person_id: str) -> None:
        """Let a person in again, also after too many failures."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM locked WHERE person = ?", (person_id,))
            row = rows.execute("SELECT login FROM accounts WHERE person = ?", (person_id,)).fetchone()
            if row:
                self._attempts.forget(rows, row["login"])

    def account(self, person_id: str) -> Account:
        """Return a person's account; ``Misconfigured`` (E-LOGIN-002) when there is none."""
        for one in self.listed():
            if one.person_id == person_id:
                return one
        raise Misconfigured("this person has no account", code="E-LOGIN-002")

    def listed(self) -> list[Account]:
        """Return all accounts."""
        with self._database.read() as rows:
            found = rows.execute(f"{_ACCOUNTS} ORDER BY login").fetchall()
            return [self._told(rows, row) for row in found]

    def locked(self) -> frozenset[str]:
        """Return the ids of the persons who are locked out."""
        with self._database.read() as rows:
            return frozenset(row["person"] for row in rows.execute("SELECT person FROM locked"))

    def _told(self, rows: sqlite3.Connection, row: sqlite3.Row) -> Account:
        failures, until = self._attempts.standing(rows, row["login"])
        return Account(
            person_id=row["person"], login=row["shown"], second_factor=row["totp"] is not None,
            must_change=bool(row["given"]), locked=bool(row["locked"]), failures=failures, closed_until=until,
        )  # fmt: skip

    def _keep(self, person_id: str, kept: str, *, given: bool) -> None:
        with self._database.write() as rows:
            rows.execute("UPDATE accounts SET password = ?, given = ? WHERE person = ?", (kept, given, person_id))

    def _account(self, name: str) -> sqlite3.Row | None:
        with self._database.read() as rows:
            return self._row(rows, name)

    @staticmethod
    def _row(rows: sqlite3.Connection, name: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = rows.execute(f"{_ACCOUNTS} WHERE login = ?", (name,)).fetchone()
        return found


_ACCOUNTS = "SELECT *, person IN (SELECT person FROM locked) AS locked FROM accounts"


def _name(login: str) -> str:
    try:
        return spelled(login)
    except ValueError as err:
        raise Misconfigured(f"the name of an account: {err}", code="E-CONF-009") from err


def _folded(login: str) -> str:
    """Return the form under which a name is looked up; what is no name is nobody's."""
    try:
        return spelled(login).casefold()
    except ValueError:
        return ""
