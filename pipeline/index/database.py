"""Database: the file behind the index: its schema, its connections, its replacement as a whole.

The index's path is a symbolic link to a generation (``index-<random>.sqlite``). A rebuild makes
a new generation beside it and renames a new link over the old one: SQLite must never see one
database under the journal of another, which a rename of the database itself would bring about.
Writers hold a shared lock, whoever replaces the generation an exclusive one; readers need none.
"""

import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pipeline.errors import PipelineError, Unavailable
from pipeline.index.schema import SCHEMA, VERSION

_APPLICATION = 0x45564958  # "EVIX"
BUSY_SECONDS = 60.0

_inherited: list[sqlite3.Connection] = []


class _Local(threading.local):
    connection: sqlite3.Connection | None = None
    identity: tuple[int, int] | None = None
    process: int = 0


class Database:
    """The current generation of an index file; one connection for each process and thread."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._create = create
        self._local = _Local()
        self._turn = threading.Lock()  # SQLite would have our own threads try again and again

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend one consistent view of the index."""
        with self.telling():
            if (inner := self._reading()) is not None:  # who asks within a view sees no other
                yield inner
                return
            connection = self._connect()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a transaction that is durable when the block ends, and undone when it fails."""
        self._ensure()
        with (
            self._turn, self.lock(fcntl.LOCK_SH), self.telling(), transaction(self._connect()) as connection,
        ):  # fmt: skip
            yield connection

    @contextmanager
    def lock(self, how: int, suffix: str = ".lock") -> Iterator[None]:
        """Hold a lock of the whole index; ``Unavailable`` (E-INDEX-002) with ``LOCK_NB`` when another holds it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path.with_name(self.path.name + suffix), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, how)
            except BlockingIOError as err:
                raise Unavailable("the search index is being rebuilt already", code="E-INDEX-002") from err
            yield
        finally:
            os.close(handle)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn what SQLite says into errors that name who must act."""
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.DatabaseError as err:
            raise self._explain(err) from err

    def there(self) -> bool:
        """Tell whether there is an index at all, without making one."""
        return self.path.exists()

    def new_generation(self) -> Path:
        """Make an empty generation beside the current one, not yet in use."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.with_name(f"{self.path.stem}-{secrets.token_hex(8)}{self.path.suffix}")
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(open_generation(file)) as connection:
            connection.executescript(SCHEMA)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        return file

    def adopt(self, generation: Path) -> None:
        """Make a generation the current one; the caller holds the exclusive lock."""
        _sync(generation)
        link = self.path.with_name(f"{self.path.name}.new")
        link.unlink(missing_ok=True)
        link.symlink_to(generation.name)
        link.replace(self.path)
        _sync(self.path.parent)

    def sweep(self, generation: Path) -> None:
        """Forget every generation but one; only for who holds the lock of rebuilding."""
        for other in self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}*"):
            # Whoever still reads an old generation holds its files open and reads on undisturbed.
            if not other.name.startswith(generation.name):
                other.unlink(missing_ok=True)

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        local = self._local
        if local.connection is not None:
            self._let_go()

    def _reading(self) -> sqlite3.Connection | None:
        local = self._local
        mine = local.connection is not None and local.process == os.getpid() and local.connection.in_transaction
        return local.connection if mine else None

    def _connect(self) -> sqlite3.Connection:
        self._ensure()
        local = self._local
        identity = self._identity()
        if local.connection is not None and (local.process, local.identity) == (os.getpid(), identity):
            return local.connection
        self._let_go()
        while True:
            connection = open_generation(self.path.resolve())
            try:
                self._recognise(connection)
                # Replaced while it was opened? Then this may be an old generation without its journal.
                if self._identity() == identity:
                    break
            except BaseException:
                connection.close()
                raise
            connection.close()
            identity = self._identity()
        local.connection, local.identity, local.process = connection, identity, os.getpid()
        return connection

    def _let_go(self) -> None:
        local = self._local
        if local.connection is not None:
            if local.process == os.getpid():
                local.connection.close()
            else:  # a child must not close what its parent opened: it would remove the parent's journal
                _inherited.append(local.connection)
        local.connection = None

    def _identity(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as err:
            raise Unavailable(f"the search index cannot be reached: {err.strerror}", code="E-INDEX-001") from err
        return found.st_dev, found.st_ino

    def _ensure(self) -> None:
        if not self._create or os.path.lexists(self.path):
            return
        with self.lock(fcntl.LOCK_EX), self.telling():
            if not os.path.lexists(self.path):
                self.adopt(self.new_generation())

    def _recognise(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if (application, version) != (_APPLICATION, VERSION):
            raise Unavailable(f"the search index has version {version}, not {VERSION}", code="E-INDEX-001")

    def _full(self) -> bool:
        """Whether the disk has no room: what SQLite maps into memory then fails without saying why."""
        room = os.statvfs(self.path.parent)
        return room.f_bavail * room.f_frsize < 1 << 20

    def _explain(self, err: sqlite3.DatabaseError) -> PipelineError:
        code = getattr(err, "sqlite_errorcode", None) or sqlite3.SQLITE_CORRUPT
        primary = code & 0xFF
        if primary == sqlite3.SQLITE_FULL or (primary == sqlite3.SQLITE_IOERR and self._full()):
            return Unavailable("no space is left for the search index", code="E-HOST-003")
        outside = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
                   sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}  # fmt: skip
        if primary in outside and code != sqlite3.SQLITE_IOERR_SHORT_READ:
            return Unavailable(f"the search index did not answer: {err}", code="E-HOST-002")
        return Unavailable(f"the search index is damaged: {err}", code="E-INDEX-001")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back after some errors
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def open_generation(file: Path, *, bulk: bool = False) -> sqlite3.Connection:
    """Open an existing file. ``bulk`` is for one that is thrown away unless all goes well: fast, not durable."""
    uri = f"{file.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    if bulk:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -262144")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        # A put counts as done for good once it returns: a power cut must not undo it unnoticed.
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
