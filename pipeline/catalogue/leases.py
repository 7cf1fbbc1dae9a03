"""Leases: who is working on what, so that two workers share a batch and a dead one's work is taken over."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.catalogue.database import Database
from pipeline.catalogue.schema import leases
from pipeline.errors import Unavailable

# What is asked for every asset is put together once.
_OF_NAME = leases.c.name == bindparam("of_name")
_OURS = _OF_NAME & (leases.c.owner == bindparam("of_owner"))
_HOLDER = select(leases.c.owner, leases.c.until).where(_OF_NAME)
_RENEW = update(leases).where(_OURS).values(until=bindparam("new_until"))
_GIVE_BACK = delete(leases).where(_OURS)
_TAKE = insert(leases)


class Lost(Unavailable):
    """Another worker took the work over; what this one has in hand is not kept."""

    code = "E-HOST-006"


class Leases:
    """Named leases of this process; renewed while held, free at once when their holder died on this host."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._held: dict[str, str] = {}
        self._left: set[str] = set()
        """Owners that we were and could not give back: nobody waits for them."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._renewer: threading.Thread | None = None

    def take(self, name: str) -> bool:
        """Take a lease unless somebody alive holds it; never waits."""
        owner = f"{_process_mark(os.getpid())}|{uuid.uuid4().hex[:12]}"
        now = time.time()
        try:
            with self._database.write() as connection:
                row = connection.execute(_HOLDER, {"of_name": name}).first()
                if row and row.until > now and row.owner not in self._left and _alive(row.owner):
                    return False
                if row:  # by its owner: another may have taken it over since it was read
                    connection.execute(_GIVE_BACK, {"of_name": name, "of_owner": row.owner})
                connection.execute(_TAKE, {"name": name, "owner": owner, "until": now + self._seconds})
        except IntegrityError:
            return False  # somebody was first
        with self._lock:
            self._held[name] = owner
            self._start()
        return True

    def release(self, name: str) -> None:
        """Give a lease back. May be repeated."""
        with self._lock:
            owner = self._held.pop(name, None)
        if owner:
            self._left.add(owner)
            with self._database.write() as connection:
                connection.execute(_GIVE_BACK, {"of_name": name, "of_owner": owner})
            self._left.discard(owner)

    @contextmanager
    def holding(self, name: str, *, poll: float = 0.2) -> Iterator[None]:
        """Wait for a lease and hold it."""
        while not self.take(name):
            time.sleep(poll)
        try:
            yield
        finally:
            self.release(name)

    def confirm(self, connection: Connection, name: str) -> None:
        """Raise ``Lost`` inside a transaction unless the lease, if taken here, is still ours.

        A process that slept too long has lost its work to another; what it has in hand must not be kept.
        """
        with self._lock:
            owner = self._held.get(name)
        if owner is None:
            return
        ours = {"of_name": name, "of_owner": owner, "new_until": time.time() + self._seconds}
        if connection.execute(_RENEW, ours).rowcount == 0:
            raise Lost("another worker took this work over")

    def close(self) -> None:
        """Give all leases back and stop renewing."""
        for name in list(self._held):
            self.release(name)
        self._wake.set()

    def _start(self) -> None:
        if self._renewer is None:
            self._wake.clear()
            self._renewer = threading.Thread(target=self._renew, name="leases", daemon=True)
            self._renewer.start()

    def _renew(self) -> None:
        while not self._wake.wait(self._seconds / 4):
            with self._lock:
                held = list(self._held.items())
                if not held:
                    self._renewer = None
                    return
            try:
                with self._database.write() as connection:
                    mine = or_(*((leases.c.name == name) & (leases.c.owner == owner) for name, owner in held))
                    connection.execute(update(leases).where(mine).values(until=time.time() + self._seconds))
            except Unavailable:
                continue  # three more tries fit into the time of a lease
        with self._lock:
            self._renewer = None


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    except OSError:
        return "unknown"


@cache
def _process_mark(pid: int) -> str:
    return f"{socket.gethostname()}|{_boot()}|{pid}|{_started(pid)}"


def _started(pid: int) -> str:
    """Return the start time of a process in clock ticks: with the pid it names one process for ever."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "gone"
    fields = stat.rsplit(")", 1)[-1].split()
    return "gone" if fields[0] in "ZX" else fields[19]


def _alive(owner: str) -> bool:
    """Tell whether a holder may be alive: known only for processes of this host and boot."""
    host, boot, pid, started, _ = owner.split("|")
    if (host, boot) != (socket.gethostname(), _boot()):
        return True  # until its lease runs out
    return _started(int(pid)) == started
