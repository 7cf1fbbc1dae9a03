"""Database: one place that opens it, and turns its absence into a typed error."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from pipeline.errors import Misconfigured, PipelineError, Unavailable

_BUSY_SECONDS = 60


class Database:
    """A pool of connections; ``read``, ``write`` and ``tables`` are its only doors. Safe among threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite lets one write at a time and has the others try again and again: ours wait in line instead.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it, or nothing. On SQLite the lock is taken first, so none fails half-way."""
        with self._turn, _typed(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent picture; never waits for writers."""
        with _typed(), self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection = connection.execution_options(evidence_read=True)  # noqa: PLW2901 (same connection)
            yield connection

    @contextmanager
    def tables(self) -> Iterator[Engine]:
        """Lend the engine, for making tables and looking which there are."""
        with _typed():
            yield self.engine

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _told(err: BaseException | None) -> PipelineError:
    """Say what a database that cannot work means, and who must act."""
    name, text = str(getattr(err, "sqlite_errorname", "")), str(err)
    if "disk is full" in text or name == "SQLITE_IOERR_SHMSIZE":  # its shared memory finds no room either
        return Unavailable("the catalogue's disk is full", code="E-HOST-003")
    if "readonly" in text or name.startswith("SQLITE_CANTOPEN"):
        next_step = "allow this user to write $EVIDENCE_HOME"
        return Misconfigured("the catalogue may not be written", code="E-CONF-001", next_step=next_step)
    return Unavailable(f"the catalogue did not answer: {type(err).__name__}", code="E-HOST-002")


@contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as err:  # the latter while a connection is prepared
        raise _told(err.orig if isinstance(err, OperationalError) else err) from err
    except IntegrityError:
        raise  # two writers met; whoever asked knows what that means
    except DBAPIError as err:
        raise Unavailable(f"the catalogue failed: {type(err.orig).__name__}", code="E-HOST-002") from err


def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy URL; ``Misconfigured`` when the URL is none."""
    try:
        parsed = make_url(url)
        options: dict[str, Any] = {"hide_parameters": True}  # they are evidence; an error message is not
        if parsed.get_backend_name() != "sqlite" or parsed.database:
            options["max_overflow"] = -1  # no thread waits for another's connection
        if parsed.get_backend_name() == "sqlite":
            options["connect_args"] = {"timeout": _BUSY_SECONDS, "isolation_level": None}
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        else:
            options["pool_pre_ping"] = True
        engine = create_engine(parsed, **options)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as err:
        raise Misconfigured(f"setting 'database': {err}") from err
    if parsed.get_backend_name() == "sqlite":
        _prepare_sqlite(engine)
    return Database(engine)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={_BUSY_SECONDS * 1000}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("evidence_read")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
