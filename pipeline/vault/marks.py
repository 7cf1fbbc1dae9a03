"""Marks: what an audit has read and not yet put into the custody log, kept so that a kill loses next to nothing.

One file below ``locks/`` for each audit, locked while it runs. What an audit that was killed left there is
put into the log by the next one.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.vault.files import write_all
from pipeline.vault.process import try_lock, writer_name
from pipeline.vault.rounds import DIGITS

_FOLDER, _PREFIX = "locks", "audit-"

Note = Callable[[str, str, list[str]], None]
"""Puts into the log what an audit read: its actor, since when it had read the log, the objects."""


class Marks:
    """The marks of one audit. They survive the process, not a loss of power."""

    def __init__(self, root: Path, *, actor: str, since: str) -> None:
        folder = root / _FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / f"{_PREFIX}{writer_name()}"
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        self._head = json.dumps({"actor": actor, "since": since}).encode() + b"\n"
        write_all(self._fd, self._head)

    def add(self, digits: str) -> None:
        """Note that an object was read and is as it should be."""
        write_all(self._fd, digits.encode() + b"\n")

    def clear(self) -> None:
        """Forget the marks: the log has them."""
        os.ftruncate(self._fd, len(self._head))

    def close(self) -> None:
        """End; marks that did not reach the log stay for the next audit."""
        if os.fstat(self._fd).st_size == len(self._head):
            self._path.unlink(missing_ok=True)
        os.close(self._fd)


def settle(root: Path, note: Note) -> int:
    """Put into the log what audits that have ended left; return how many objects that were."""
    count = 0
    for path in _files(root):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if not try_lock(fd):
                continue
            told = list(_read(fd))
            head = json.loads(told[0]) if told else {}
            digits = [one for one in told[1:] if len(one) == DIGITS]
            if digits:
                note(str(head["actor"]), str(head["since"]), digits)
            path.unlink(missing_ok=True)
            count += len(digits)
        finally:
            os.close(fd)
    return count


def _files(root: Path) -> list[Path]:
    folder = root / _FOLDER
    return sorted(folder.glob(f"{_PREFIX}*")) if folder.is_dir() else []


def _read(fd: int) -> Iterator[str]:
    """Yield the lines that are whole."""
    data = b""
    while block := os.read(fd, 1 << 20):
        data += block
    yield from (line.decode() for line in data.split(b"\n")[:-1])
