"""Database: the file that credentials lie in, closed to everybody else on this host."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.errors import Misconfigured, Unavailable

_VERSION = 1
_BUSY_SECONDS = 30.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SCHEMA = """
BEGIN EXCLUSIVE;
CREATE TABLE accounts (
    person TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, shown TEXT NOT NULL, password TEXT NOT NULL,
    given INTEGER NOT NULL, totp TEXT, totp_next TEXT, totp_step INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE recovery (person TEXT, code BLOB, PRIMARY KEY (person, code)) WITHOUT ROWID;
CREATE TABLE attempts (name BLOB PRIMARY KEY, failures INTEGER NOT NULL, until REAL NOT NULL, last REAL NOT NULL)
    WITHOUT ROWID;
CREATE TABLE locked (person TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sessions (
    secret BLOB PRIMARY KEY, person TEXT NOT NULL, by TEXT NOT NULL, made REAL NOT NULL, seen REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_person ON sessions (person);
CREATE TABLE tokens (
    id TEXT PRIMARY KEY, secret BLOB NOT NULL UNIQUE, person TEXT NOT NULL, name TEXT NOT NULL,
    scopes TEXT NOT NULL, made REAL NOT NULL, until REAL, used REAL, revoked REAL, refused REAL
) WITHOUT ROWID;
CREATE INDEX tokens_by_person ON tokens (person);
CREATE TABLE subjects (issuer TEXT, subject TEXT, person TEXT NOT NULL, PRIMARY KEY (issuer, subject)) WITHOUT ROWID;
CREATE TABLE flows (
    secret BLOB PRIMARY KEY, state TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL, made REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO about VALUES ('pepper', randomblob(32));
PRAGMA user_version = 1;
COMMIT;
"""


class Database:
    """The file; each use opens it anew, so that it is safe among threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when it is over: whoever is told that a token is dead must be right."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent picture."""
        with self._open() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("ROLLBACK")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._check()
        try:
            with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")
                self._prepare(connection)
                yield connection
        except sqlite3.OperationalError as err:
            raise Unavailable(f"the accounts did not answer: {err.sqlite_errorname}", code="E-HOST-002") from err
        except sqlite3.IntegrityError:
            raise  # whoever wrote knows which rule was broken
        except sqlite3.DatabaseError as err:
            raise Misconfigured(f"{self.path} is no file of accounts", code="E-CONF-008") from err

    def _check(self) -> None:
        """Make the file, and refuse one that others may open or that is none."""
        try:
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            found = self.path.lstat()
        except OSError as err:
            raise Misconfigured(f"{self.path}: {err.strerror}", code="E-CONF-008") from err
        if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS or found.st_uid != os.geteuid():
            raise Misconfigured(
                f"{self.path} is open to others", code="E-CONF-008", next_step=f"chmod 600 {self.path}"
            )  # fmt: skip

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            try:
                connection.executescript(_SCHEMA)
            except sqlite3.OperationalError:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                # somebody else made it meanwhile
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version != _VERSION:
                    raise
        elif version > _VERSION:
            raise Misconfigured("the accounts are of a newer version", code="E-VAULT-007")
