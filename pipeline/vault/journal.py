"""Journal of commits begun by one process: what must be settled when it ends in the middle of one."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.vault.files import begin_writing, write_all
from pipeline.vault.process import JOURNAL, Bench

REMOVAL = 0
"""In place of a version's number: the object is to be removed, as the tombstone with this digest says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a version is made: the message that it carries, and on whose behalf, in which run."""

    message: str
    actor: str = "vault"
    run: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One version about to appear: in which storage root, of which object, with which inventory (SHA-512).

    Whoever settles it in the end, ``actor`` and ``run`` say who had it made.
    """

    root: str
    object: str
    version: int
    inventory: str
    actor: str = "vault"
    run: str | None = None


class Journal:
    """The open commits of this process, on disk before each becomes visible."""

    def __init__(self, bench: Bench) -> None:
        self.place = bench.place
        self.folder = bench.folder
        self._bench = bench
        self._open: set[Commit] = set()
        self._left: set[Commit] = set()
        self._lock = threading.Lock()

    @contextmanager
    def beginning(self, commit: Commit) -> Iterator[None]:
        """Note durably that this version is about to appear, and remember it if that goes wrong."""
        with self.noting(commit) as durable:
            durable()
            yield

    @contextmanager
    def noting(self, commit: Commit) -> Iterator[Callable[[], None]]:
        """Note that this version is about to appear, and remember it if that goes wrong.

        What is lent waits until the note is on disk: it must be called before the version appears. Whoever has
        something else to wait for does that first, so that a journalling file system has one transaction for both.
        """
        with self._lock:
            self._write("begin", commit)
            self._open.add(commit)
            begin_writing(self._bench.journal)
        try:
            yield self._wait
        except BaseException:
            with self._lock:
                self._left.add(commit)
            raise

    def _wait(self) -> None:
        os.fdatasync(self._bench.journal)

    def end(self, commit: Commit) -> None:
        """Note that nothing is left to do for it; needs no waiting, since settling twice does no harm."""
        with self._lock:
            self._open.discard(commit)
            self._left.discard(commit)
            if self._open:
                self._write("end", commit)
            else:
                os.ftruncate(self._bench.journal, 0)

    def left(self) -> tuple[Commit, ...]:
        """What this process itself began and could not finish."""
        with self._lock:
            return tuple(self._left)

    def _write(self, what: str, commit: Commit) -> None:
        write_all(self._bench.journal, canonical({what: asdict(commit)}) + b"\n")


def pending(bench: Path) -> tuple[Commit, ...]:
    """Read what a process began and did not end. A torn line was never acted upon."""
    begun: dict[Commit, None] = {}
    for line in (bench / JOURNAL).read_bytes().split(b"\n"):
        try:
            ((what, commit),) = json.loads(line).items()
        except (json.JSONDecodeError, UnicodeDecodeError):
            continue  # torn, or the nothing after the last line
        if what == "begin":
            begun[Commit(**commit)] = None
        else:
            begun.pop(Commit(**commit), None)
    return tuple(begun)
