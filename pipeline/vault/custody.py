"""Custody log: every act, each writer in its own chain of digests, all chains under signed checkpoints."""

import fcntl
import os
from collections.abc import Iterable
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
from pipeline.vault.sequencer import checkpoint
from pipeline.vault.verify import verify


class Segment:
    """The chain of one writer, from its first entry to the end of its process."""

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
        self._told = False
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
        """Sign the heads of all segments, if anything is new.

        Segments that are damaged are left out, and make it ``Corrupt`` in the end, unless this
        process has handed the damage to somebody as a finding already.
        """
        with writing("the custody log"):
            sealed = checkpoint(self._root, vault_id=self._vault_id, keys=self._keys)
        if sealed.made is not None:  # named here, so that the newest note cannot just be taken away
            self.append(SIGNED, actor="log", number=sealed.made[0], note=sealed.made[1])
        if sealed.faults and not self._told:
            raise Corrupt(f"custody log: {'; '.join(sealed.faults)}", code="E-LOG-001")

    def verify(self) -> LogReport:
        """Read the whole log and check every chain, tree and signature."""
        report = verify(self._root, trusted=self.trusted())
        self.told(report.findings)
        return report

    def trusted(self) -> dict[str, Verifier] | None:
        """Return the public halves of the keys that are held here; ``None`` beside a mere copy."""
        return self._keys.trusted()

    def told(self, findings: Iterable[Finding]) -> None:
        """Take note that damage of the log was handed to somebody."""
        self._told = self._told or any(one.path.startswith("log/") for one in findings)
