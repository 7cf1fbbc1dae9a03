"""Custody log: every act, each writer in its own chain of digests, all chains under signed checkpoints."""

import fcntl
import os
from pathlib import Path
from typing import Any

from pipeline.core.ports import LogReport
from pipeline.vault.entry import GENESIS, Entry, check, line_digest
from pipeline.vault.files import sync_dir, write_all, writing
from pipeline.vault.keys import Keys
from pipeline.vault.process import PerProcess, host, utc_now, writer_name
from pipeline.vault.segments import OPENING, SEGMENTS, SIGNED
from pipeline.vault.sequencer import checkpoint
from pipeline.vault.verify import verify


class Segment:
    """The chain of one writer, from its first entry to the end of its process."""

    def __init__(self, root: Path, vault_id: str) -> None:
        folder = root / SEGMENTS
        self.name = writer_name()
        path = folder / f"{self.name}.jsonl"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)  # while it is held, an unfinished last line is one being written
        sync_dir(folder)
        self._seq, self._prev, self._bytes = 0, GENESIS, 0
        facts = {"segment": self.name, "vault": vault_id, "host": host(), "pid": os.getpid()}
        self.append(OPENING, "log", None, facts)

    def append(self, act: str, actor: str, subject: str | None, facts: dict[str, Any]) -> str:
        """Write one entry and wait until it is on disk."""
        entry = Entry(seq=self._seq, prev=self._prev, at=utc_now(), act=act, actor=actor, subject=subject, facts=facts)
        line = entry.line()
        self._write(line + b"\n")
        os.fdatasync(self._fd)
        self._seq, self._prev, self._bytes = self._seq + 1, line_digest(line), self._bytes + len(line) + 1
        return self._prev

    def _write(self, line: bytes) -> None:
        try:
            write_all(self._fd, line)
        except OSError:
            # Nobody has read half a line as an entry. What was written whole stays, synced or not:
            # a checkpoint may have seen it.
            os.ftruncate(self._fd, self._bytes)
            raise

    def close(self) -> None:
        """End the segment; its entries stay."""
        os.close(self._fd)


class LocalLog:
    """The custody log below a vault root. Every promise is written at ``ports.CustodyLog``."""

    def __init__(self, root: Path, *, vault_id: str, keys: Keys) -> None:
        self._root = root
        self._vault_id = vault_id
        self._keys = keys
        self._segment: PerProcess[Segment] = PerProcess(lambda: Segment(root, vault_id))

    def append(self, act: str, *, actor: str, subject: str | None = None, **facts: Any) -> str:
        """Write one entry; ``Misconfigured`` when it holds what the log must not hold."""
        check(act, actor, subject, facts)
        with writing("the custody log"), self._segment.lock:
            segment = self._segment.get()
            try:
                return segment.append(act, actor, subject, facts)
            except OSError:
                # After a failed sync nobody knows what is on disk: this chain ends here, the next is another.
                self._segment.forget()
                segment.close()
                raise

    def checkpoint(self) -> None:
        """Sign the heads of all segments, if anything is new."""
        with writing("the custody log"):
            made = checkpoint(self._root, vault_id=self._vault_id, keys=self._keys)
        if made is not None:  # so that the newest note cannot just be taken away
            self.append(SIGNED, actor="log", number=made[0], note=made[1])

    def verify(self) -> LogReport:
        """Read the whole log and check every chain, tree and signature."""
        return verify(self._root, trusted=self._keys.trusted())
