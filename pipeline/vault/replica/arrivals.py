"""Arrivals: what a replica takes in or lets go of at a checkpoint, several objects at a time."""

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.core.ports import Budget, Finding
from pipeline.vault.files import copy_blocks, writing
from pipeline.vault.journal import REMOVAL, Commit
from pipeline.vault.layout import INVENTORY, SIDECAR, id_of
from pipeline.vault.meter import Meter
from pipeline.vault.replica.marker import Removal, Version
from pipeline.vault.replica.objects import copy_version, folder_of, has_version, newest_of, roll, sidecar_of
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.strand import Broken, Told, lines_of
from pipeline.vault.root import DAMAGED
from pipeline.vault.segments import SEGMENTS
from pipeline.vault.storage import ASSET, DISPOSE

_THREADS = 4
JOURNAL = "staging/replica/journal"
"""Names what is there before the log says so, as the journal of a writer would."""


@dataclass(kw_only=True)
class Arrivals:
    """Copies versions from ``source`` to ``target``; ``log`` is where the source's log is read."""

    source: Side
    log: Side
    target: Side
    budget: Budget
    versions: int = 0
    bytes: int = 0
    erased: int = 0
    spent: bool = False
    """Whether the budget was reached: what is left is not even begun."""
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._meter = Meter(Budget(max_rate=self.budget.max_rate))
        self._lock = threading.Lock()
        self._gone: set[str] | None = None

    def fetch(self, versions: Iterable[Version], *, journal: bool, removals: Sequence[Removal] = ()) -> list[Version]:
        """Copy what is not there yet; return what could not be had, each with a finding.

        ``journal`` lays a journal into the target first: so that an audit of it, made when this
        was interrupted, knows that these objects are ahead of the log, and those of ``removals`` behind.
        """
        ordered = sorted(set(versions), key=lambda one: (one.root, one.subject, one.number))
        groups = [list(group) for _, group in groupby(ordered, key=lambda one: (one.root, one.subject))]
        if journal and (groups or removals):
            self._write_journal(groups, removals)
        with ThreadPoolExecutor(_THREADS) as pool:
            return [one for owed in pool.map(self._object, groups) for one in owed]

    def settle(self) -> None:
        """Forget the journal: the log says everything now."""
        self.target.forget(JOURNAL)

    def grow(self, path: str, old: int, size: int) -> int:
        """Make a file of the target longer by what the source's log has, up to ``size``; return by how much."""
        with self.target.staged() as place, writing("the copy"):
            fresh = place / "segment"
            with fresh.open("xb") as out:
                fresh.chmod(0o600)
                digests = copy_blocks(_joined(self.target, self.log, path, old, size), out.fileno())
            if digests.bytes != size:
                raise Broken(path, "E-LOG-002", f"{size} bytes were expected, {digests.bytes} could be read")
            self.target.adopt_file(fresh, path, digests)
        return size - old

    def erase(self, removal: Removal) -> None:
        """Remove an object that was disposed of, unless it is another one under the same name by now."""
        folder = folder_of(self.target, removal.root, removal.subject)
        if folder is None:
            return
        if head := newest_of(self.target, folder):
            there = self.target.read(f"{folder}/v{head}/{SIDECAR}")
            if there not in {sidecar_of(one) for one in removal.inventories}:
                return
            self.target.remove(folder)
            self.erased += 1
        for aside in self.target.children(DAMAGED):  # what was replaced in a repair is a copy, too
            self.target.remove(f"{aside.path}/{folder}")

    def _object(self, versions: list[Version]) -> list[Version]:
        """Copy the versions of one object, in order; what follows one that cannot be had cannot be had either."""
        for at, version in enumerate(versions):
            if self.budget.max_bytes is not None and self.bytes >= self.budget.max_bytes:
                self.spent = True
                return []
            try:
                self._version(version, wanted={one.inventory for one in versions if one.number == version.number})
            except Broken as err:
                if self._disposed(version):
                    continue
                with self._lock:
                    self.findings.append(err.finding)
                return versions[at:]
        return []

    def _version(self, version: Version, *, wanted: set[str]) -> None:
        folder = folder_of(self.source, version.root, version.subject)
        if folder is None:
            raise Broken(version.root, "E-VAULT-003", "the log knows this object, and it is gone")
        if has_version(self.target, folder, version.number, version.inventory):
            self._roll(folder, version)
            return
        first = version.number
        while first > 1 and self.target.read(f"{folder}/v{first - 1}/{SIDECAR}") is None:
            first -= 1
        for number in range(first, version.number + 1):
            known = wanted if number == version.number else None
            size = copy_version(
                self.source, self.target, folder, number, wanted=known, subject=version.subject, meter=self._meter
            )
            with self._lock:
                self.versions += size is not None
                self.bytes += size or 0

    def _roll(self, folder: str, version: Version) -> None:
        """Finish what was interrupted between a version and the copy of its inventory in the object's root."""
        there = self.target.read(f"{folder}/{SIDECAR}")
        if there == sidecar_of(version.inventory) or newest_of(self.target, folder) != version.number:
            return
        data = self.target.read(f"{folder}/v{version.number}/{INVENTORY}")
        if data is not None:
            roll(self.target, folder, data, version.inventory)

    def _disposed(self, version: Version) -> bool:
        """Tell whether a version was disposed of later: the whole log is read for that when it is first asked."""
        with self._lock:
            if self._gone is None:
                told = Told()
                begins = b'{"act":"%s"' % DISPOSE.encode()
                for node in self.log.children(SEGMENTS):
                    for line in lines_of(self.log, node.path):
                        if line.startswith(begins):
                            told.add(line.rstrip(b"\n"))
                self._gone = {one for removal in told.removals for one in removal.inventories}
            return version.inventory in self._gone

    def _write_journal(self, groups: Sequence[list[Version]], removals: Sequence[Removal]) -> None:
        gone = [Commit(root=one.root, object=one.subject, version=REMOVAL, inventory="") for one in removals]
        lines = [canonical({"begin": asdict(one)}) + b"\n" for one in gone]
        for group in groups:
            object_id = self._object_id(group[0])
            for one in group if object_id is not None else ():
                commit = Commit(root=one.root, object=str(object_id), version=one.number, inventory=one.inventory)
                lines.append(canonical({"begin": asdict(commit)}) + b"\n")
        self.target.put(JOURNAL, b"".join(lines))

    def _object_id(self, version: Version) -> str | None:
        """Return an object's identifier; the log does not tell a register's."""
        if version.subject.startswith(ASSET):
            return version.subject
        folder = folder_of(self.source, version.root, version.subject)
        if folder is None or (spelled := id_of(Path(folder))) is not None:
            return None if folder is None else spelled
        return str(json.loads(self.source.read(f"{folder}/{INVENTORY}") or b"{}").get("id"))


def _joined(first: Side, second: Side, path: str, old: int, size: int) -> Iterator[memoryview]:
    """Yield a file's bytes: up to ``old`` those of one side, from there to ``size`` those of another."""
    for side, start, end in ((first, 0, old), (second, old, size)):
        at = start
        for block in side.blocks(path, start) if end > start else ():
            yield block[: end - at]
            at += len(block)
            if at >= end:
                break
