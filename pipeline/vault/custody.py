"""Custody log: every act, each writer in its own chain of digests, all chains under signed checkpoints."""

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.core.ports import Finding, LogReport
from pipeline.errors import Corrupt
from pipeline.vault.entry import GENESIS, Entry, check, line_digest
from pipeline.vault.files import make_dirs, sync_dir, write_all, writing
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier
from pipeline.vault.process import PerProcess, host, utc_now, writer_name
from pipeline.vault.segments import OPENING, SEGMENTS, SIGNED
from pipeline.vault.sequencer import Sealed, checkpoint
from pipeline.vault.verify import verify


class Segment:
    """The chain of one writer, from its first entry to the end of its process.

    Threads share what is dear, the waiting for the disk: whoever waits first waits for all that
    was written before, and those who come meanwhile wait together for the next time.
    """

    def __init__(self, root: Path, vault_id: str) -> None:
        folder = root / SEGMENTS
        self.name = writer_name()
        path = folder / f"{self.name}.jsonl"
        make_dirs(folder, below=root)  # where it was taken away, new acts are still recorded
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)  # while it is held, an unfinished last line is one being written
        sync_dir(folder)
        self._seq, self._prev, self._bytes = 0, GENESIS, 0
        self._turn = threading.Condition()
        self._durable, self._syncing, self._failed = 0, False, False
        self._users, self._ended = 0, False
        facts = {"segment": self.name, "vault": vault_id, "host": host(), "pid": os.getpid()}
        self.append(OPENING, "log", None, facts)

    def append(self, act: str, actor: str, subject: str | None, facts: dict[str, Any]) -> str:
        """Write one entry and wait until it is on disk; ``Ended`` when the chain ended before it was written."""
        with self._turn:
            if self._ended:
                raise Ended
            self._users += 1
            try:
                mine, digest = self._write(act, actor, subject, facts)
                self._wait(mine)
            except BaseException:
                # After a failed write or sync nobody knows what is on disk: this chain ends here, the next is another.
                self._ended = True
                raise
            finally:
                self._users -= 1
                self._let_go()
        return digest

    def _write(self, act: str, actor: str, subject: str | None, facts: dict[str, Any]) -> tuple[int, str]:
        """Write an entry behind all others; return how many there are then, and its digest."""
        entry = Entry(seq=self._seq, prev=self._prev, at=utc_now(), act=act, actor=actor, subject=subject, facts=facts)
        line = entry.line()
        try:
            write_all(self._fd, line + b"\n")
        except OSError:
            # Nobody has read half a line as an entry. What was written whole stays, synced or not:
            # a checkpoint may have seen it.
            os.ftruncate(self._fd, self._bytes)
            raise
        self._seq, self._prev, self._bytes = self._seq + 1, line_digest(line), self._bytes + len(line) + 1
        return self._seq, self._prev

    def _wait(self, mine: int) -> None:
        """Return when so many entries are on disk, having waited for the disk or for who does."""
        while self._durable < mine:
            if self._syncing:
                self._turn.wait()
            elif self._failed:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            else:
                self._sync()

    def _sync(self) -> None:
        """Wait for the disk, for everything that is written now; others may write meanwhile."""
        written = self._seq
        self._syncing = True
        self._turn.release()
        try:
            os.fdatasync(self._fd)
        except BaseException:
            self._failed = True
            raise
        finally:
            self._turn.acquire()
            self._syncing = False
            self._turn.notify_all()
        self._durable = written

    def close(self) -> None:
        """End the segment once those who are writing are done; its entries stay."""
        with self._turn:
            self._ended = True
            self._let_go()

    def _let_go(self) -> None:
        if self._ended and not self._users and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Ended(Exception):  # noqa: N818 (not an error: the next segment takes the entry)
    """The chain has ended; what is to be written belongs into another."""


Turn = Callable[[Callable[[], Sealed]], Sealed]
"""Lets a checkpoint be made, once or more often, in turn with those of other hosts."""


class LocalLog:
    """The custody log below a vault root. Every promise is written at ``ports.CustodyLog``."""

    def __init__(self, root: Path, *, vault_id: str, keys: Keys, turn: Turn | None = None) -> None:
        self._root = root
        self._turn: Turn = turn or (lambda seal: seal())
        self._vault_id = vault_id
        self._keys = keys
        self._told = False
        self._segment: PerProcess[Segment] = PerProcess(lambda: Segment(root, vault_id))

    def append(self, act: str, *, actor: str, subject: str | None = None, **facts: Any) -> str:
        """Write one entry; ``Misconfigured`` when it holds what the log must not hold."""
        check(act, actor, subject, facts)
        with writing("the custody log"):
            while True:
                segment = self._segment.get()
                try:
                    return segment.append(act, actor, subject, facts)
                except Ended:
                    self._segment.forget(segment)

    def checkpoint(self) -> None:
        """Sign the heads of all segments, if anything is new.

        Segments that are damaged are left out, and make it ``Corrupt`` in the end, unless this
        process has handed the damage to somebody as a finding already.
        """
        with writing("the custody log"):
            sealed = self._turn(lambda: checkpoint(self._root, vault_id=self._vault_id, keys=self._keys))
        if sealed.made is not None:  # named here, so that the newest note cannot just be taken away
            self.append(SIGNED, actor="log", number=sealed.made[0], note=sealed.made[1])
        if sealed.faults and not self._told:
            first = sealed.faults[0]
            told = "; ".join(map(str, sealed.faults))
            raise Corrupt(f"custody log: {told}", code=first.code, next_step=first.next)

    def verify(
        self, *, kept: Sequence[Path] = (), certificates: Sequence[Path] = (), sealed: bool = False
    ) -> LogReport:
        """Read the whole log and check every chain, tree and signature."""
        report = verify(self._root, trusted=self.trusted(), kept=kept, certificates=certificates, sealed=sealed)
        self.told(report.findings)
        return report

    def trusted(self) -> dict[str, Verifier] | None:
        """Return the public halves of the keys that are held here; ``None`` beside a mere copy."""
        return self._keys.trusted()

    def told(self, findings: Iterable[Finding]) -> None:
        """Take note that damage of the log was handed to somebody."""
        self._told = self._told or any(one.path.startswith("log/") for one in findings)
