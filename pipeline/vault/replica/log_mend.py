"""Mending of the custody log: what is damaged in it comes back from a replica whose log is proven and no other.

Nothing comes back on the replica's word: its checkpoints must be signed by keys that are held
here, and every checkpoint that both have and that is whole must be the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.ports import Finding
from pipeline.vault.entry import scan
from pipeline.vault.files import BUFFER, copy_blocks, writing
from pipeline.vault.keys import PUBLIC
from pipeline.vault.leaves import CHECKPOINTS, NOTE
from pipeline.vault.note import Verifier, opened
from pipeline.vault.process import locked, unlocked
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.standing import Standing, note_path
from pipeline.vault.replica.strand import end_of, lines_of, path_of
from pipeline.vault.root import DAMAGED
from pipeline.vault.segments import SEGMENTS, Place
from pipeline.vault.verify import verify

_FRONTIER = "locks/frontier"


@dataclass(kw_only=True)
class LogMender:
    """Mends the log of the vault at ``root`` from the log of a replica at ``log``, both on this machine."""

    root: Path
    log: Path
    aside: str
    trusted: dict[str, Verifier]
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def run(self) -> None:
        """Mend what can be mended. Nothing is changed when the two logs go different ways."""
        self._here, self._there = Folder(self.root), Folder(self.log)
        self.findings += [
            Finding(path=one.path, code="E-REPLICA-005", what=f"the replica's log cannot serve: {one.what}")
            for one in verify(self.log, trusted=self.trusted).findings
        ]
        if self.findings:
            return
        self._here.lay(("locks", CHECKPOINTS, SEGMENTS, PUBLIC))
        with writing("the custody log"), locked(self.root / "locks" / "sequencer"):
            newest = Standing.of(self._there).newest
            if self._forked(newest):
                return
            for name in sorted(Standing.of(self._there).segments):
                self._segment(name)
            for one in (*self._there.children(PUBLIC), *self._there.children(CHECKPOINTS)):
                self._file(one.path)
            if self.replaced:
                self._here.forget(_FRONTIER)

    def _forked(self, newest: int) -> bool:
        """Tell whether the vault has, validly signed, another checkpoint than the replica has."""
        for number in range(1, newest + 1):
            path = note_path(number, NOTE)
            here = self._here.read(path)
            if here is not None and here != self._there.read(path) and self._signed(here):
                what = "vault and replica have another checkpoint of this number, both signed"
                self.findings.append(Finding(path=path, code="E-REPLICA-002", what=what))
                return True
        return False

    def _signed(self, note: bytes) -> bool:
        try:
            opened(note, self.trusted)
        except ValueError:
            return False
        return True

    def _file(self, path: str) -> None:
        """Replace a small file that is gone or another; what only the vault has stays."""
        data = self._there.read(path)
        if data is not None and self._here.read(path) != data and not path.endswith(".fresh"):
            self._move(path)
            self._here.put(path, data)
            self.replaced.append(path)

    def _segment(self, name: str) -> None:
        """Replace a segment that does not begin as the replica's; what goes on from there in the vault is kept."""
        path = path_of(name)
        if (self.root / path).is_file() and not (self.root / path).is_symlink():
            if _begins(self.root / path, self.log / path):
                return
            with (self.root / path).open("rb") as file:
                if not unlocked(file.fileno()):
                    what = "it is damaged, and a process still writes to it: end it, then repeat the command"
                    self.findings.append(Finding(path=path, code="E-LOG-001", what=what))
                    return
        with self._here.staged() as place:
            fresh = place / "segment"
            with fresh.open("xb") as out:
                fresh.chmod(0o600)
                digests = copy_blocks(self._joined(name), out.fileno())
            self._move(path)
            self._here.adopt_file(fresh, path, digests)
        self.replaced.append(path)

    def _joined(self, name: str) -> Iterator[memoryview]:
        """Yield the replica's segment, then what the vault's own has that follows from it."""
        path = path_of(name)
        yield from self._there.blocks(path)
        size = (self.log / path).stat().st_size
        end = end_of(self._there, name, size)
        if end.bytes < size or not (self.root / path).is_file():
            return  # its writer ended in the middle of an entry: nothing follows
        for line in lines_of(self._here, path):
            entry = scan(line[:-1]) if line.endswith(b"\n") else None
            if entry is not None and entry.seq == end.count and entry.prev == end.head.encode():
                yield memoryview(line)
                end = Place(count=end.count + 1, bytes=end.bytes + len(line), head=entry.digest.decode())

    def _move(self, path: str) -> None:
        if (self.root / path).exists():
            self._here.set_aside(path, f"{DAMAGED}/{self.aside}/{path}")
            self.kept.append(path)


def _begins(longer: Path, shorter: Path) -> bool:
    """Tell whether a file begins with all of another one."""
    with longer.open("rb") as one, shorter.open("rb") as two:
        while block := two.read(BUFFER):
            if one.read(len(block)) != block:
                return False
    return True
