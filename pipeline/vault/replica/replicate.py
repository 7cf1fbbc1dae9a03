"""Replication: a copy of a vault brought from one checkpoint to the next, so that it is a valid vault at each.

Only what the log names as new is read. For each checkpoint the objects come first, then the
segments up to where it reaches, then its leaves and its note. What is interrupted is gone on with:
what is whole already is not copied again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline.core.ports import Budget, Finding
from pipeline.vault.keys import PUBLIC
from pipeline.vault.layout import ROOT_FILES
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, Leaf
from pipeline.vault.note import Verifier
from pipeline.vault.replica.arrivals import Arrivals
from pipeline.vault.replica.marker import Marker, claim
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.standing import Checkpoint, Standing, differences, note_digest, note_path, read_checkpoint
from pipeline.vault.replica.strand import Broken, Told, end_of, follow, path_of
from pipeline.vault.root import IDENTITY, LOG_FOLDERS, REPLICA, ROOTS, spelled_identity
from pipeline.vault.segments import SEGMENTS, Place

_AT_ONCE = 8 << 20
"""Bytes of log that a first replication takes in before it writes a checkpoint down."""

_MOST_OWED = 1000
"""With more than so many objects damaged it is not objects that are damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """What a replication came to. ``checkpoint`` is the newest that the replica has now."""

    checkpoint: int
    lag: int
    """Checkpoints that the vault has and the replica has not."""
    versions: int
    bytes: int
    """Bytes of versions that were copied."""
    log_bytes: int
    erased: int
    owed: int
    stopped: str | None
    """What ended it before the vault's newest checkpoint: ``max_bytes`` or ``findings``."""
    findings: tuple[Finding, ...]


def replicate(
    source: Side,
    target: Side,
    *,
    vault_id: str,
    trusted: dict[str, Verifier] | None = None,
    budget: Budget | None = None,
    log: Side | None = None,
    unsigned: bool = False,
) -> Replicated:
    """Bring the replica at ``target`` up to the newest checkpoint of the vault at ``source``.

    ``trusted`` are the keys that notes must be signed by. ``log`` is where the source's log is
    read, if not at the source; ``unsigned`` takes over what stands in it beyond the newest checkpoint,
    too, as for a vault that is going to be worked in.

    A place that holds anything but this vault's replica is left as it is (``Misconfigured``,
    E-REPLICA-001); so is a replica that is no earlier state of the source: a finding says how. What is
    damaged at the source is found and left out, and is tried again each time.
    """
    with target.alone():
        marker = claim(target, vault_id)
        work = _Replication(
            log=log or source, target=target, trusted=trusted, marker=marker,
            arrivals=Arrivals(source=source, log=log or source, target=target, budget=budget or Budget()),
        )  # fmt: skip
        return work.run(unsigned=unsigned)


@dataclass(kw_only=True)
class _Replication:
    log: Side
    target: Side
    trusted: dict[str, Verifier] | None
    marker: Marker
    arrivals: Arrivals
    findings: list[Finding] = field(default_factory=list)
    log_bytes: int = 0
    stopped: str | None = None
    ends: dict[str, Place] = field(default_factory=dict)
    """Where segments end on the target, as far as was asked."""
    keys: set[str] = field(default_factory=set)

    def run(self, *, unsigned: bool) -> Replicated:
        """Do all of it."""
        here, there = Standing.of(self.log), Standing.of(self.target)
        self.findings += differences(self.log, self.target, here, there)
        number = there.newest
        if self.findings:
            self.stopped = "findings"
        else:
            complete = self.target.read(IDENTITY) is not None
            self._lay()
            self._erase()
            self._owed()
            number = self._advance(there, here.newest, complete=complete)
            if unsigned and self.stopped is None:
                self._unsigned()
            if self.stopped is None:
                self._beside(number)
                if not complete:
                    self.target.put(IDENTITY, spelled_identity(self.marker.vault))
        done = self.arrivals
        return Replicated(
            checkpoint=number, lag=here.newest - number, versions=done.versions, bytes=done.bytes,
            log_bytes=self.log_bytes, erased=done.erased, owed=len(self.marker.owed), stopped=self.stopped,
            findings=(*self.findings, *done.findings),
        )  # fmt: skip

    def _lay(self) -> None:
        self.target.lay((*ROOTS, "staging", "locks", *LOG_FOLDERS))
        for root in ROOTS:
            for name, data in ROOT_FILES.items():
                if self.target.read(f"{root}/{name}") is None:
                    self.target.put(f"{root}/{name}", data)

    def _advance(self, there: Standing, newest: int, *, complete: bool) -> int:
        """Go from checkpoint to checkpoint; return the last one that was reached."""
        sizes, number = dict(there.segments), there.newest
        try:
            for batch in self._batches(number + 1, newest, at_once=0 if complete else _AT_ONCE, sizes=sizes):
                self._take(batch, sizes, journal=complete)
                if self.arrivals.spent:
                    self.stopped = "max_bytes"
                    break
                number = batch[-1].number
        except Broken as err:
            self.findings.append(err.finding)
            self.stopped = "findings"
        return number

    def _batches(self, first: int, last: int, *, at_once: int, sizes: dict[str, int]) -> Iterator[list[Checkpoint]]:
        """Yield checkpoints that are written down together: one by one, but for a first replication."""
        batch: list[Checkpoint] = []
        prev = note_digest(self.target, first - 1)
        for number in range(first, last + 1):
            one = read_checkpoint(self.log, number, prev=prev, trusted=self.trusted)
            prev = one.digest
            batch.append(one)
            grown = {leaf.segment: leaf.place.bytes for each in batch for leaf in each.parsed}
            if number == last or sum(size - sizes.get(name, 0) for name, size in grown.items()) >= at_once:
                yield batch
                batch = []

    def _take(self, batch: list[Checkpoint], sizes: dict[str, int], *, journal: bool) -> None:
        """Bring the target to the last checkpoint of a batch."""
        leaves = {leaf.segment: leaf for one in batch for leaf in one.parsed}
        told, grown = Told(), []
        for name, leaf in sorted(leaves.items()):
            size = leaf.place.bytes + (leaf.torn.bytes if leaf.torn else 0)
            if size <= sizes.get(name, 0):
                continue  # an interrupted run came so far: its objects are there
            follow(self.log, name, self._end(name, sizes), leaf, told)
            grown.append((leaf, size))
        now, later = told.parted()
        owed = self.arrivals.fetch(now, journal=journal, removals=told.removals)
        if self.arrivals.spent:
            return
        owed += later
        self._note(replace(self.marker, owed=(*self.marker.owed, *owed), erase=(*self.marker.erase, *told.removals)))
        for leaf, size in grown:
            self._grow(leaf, size, sizes)
        for one in batch if batch[-1].number else ():
            self._keys(one)
            self.target.put(note_path(one.number, LEAVES), one.leaves)
            self.target.put(note_path(one.number, NOTE), one.note)
        self._erase()
        if later:
            self._owed()
        self.arrivals.settle()

    def _unsigned(self) -> None:
        """Take in the whole entries that no checkpoint covers yet."""
        sizes, there = Standing.of(self.log).segments, Standing.of(self.target).segments
        leaves = tuple(
            Leaf(segment=name, place=end_of(self.log, name, size), torn=None)
            for name, size in sorted(sizes.items())
            if size > there.get(name, 0)
        )
        try:
            self._take([Checkpoint(number=0, note=b"", leaves=b"", parsed=leaves)], there, journal=False)
        except Broken as err:
            self.findings.append(err.finding)
        if self.arrivals.spent:
            self.stopped = "max_bytes"

    def _end(self, name: str, sizes: dict[str, int]) -> Place:
        if name not in self.ends:
            self.ends[name] = end_of(self.target, name, sizes.get(name, 0))
        return self.ends[name]

    def _grow(self, leaf: Leaf, size: int, sizes: dict[str, int]) -> None:
        """Make a segment on the target longer, in one step."""
        old = sizes.get(leaf.segment, 0)
        self.log_bytes += self.arrivals.grow(path_of(leaf.segment), old, size)
        self.ends[leaf.segment], sizes[leaf.segment] = leaf.place, size

    def _note(self, marker: Marker) -> None:
        """Write down what the replica is owed and has to erase, before its log says that it has or has not."""
        if len(marker.owed) > _MOST_OWED:
            raise Broken("objects", "E-VAULT-003", f"more than {_MOST_OWED} versions cannot be had: nothing goes on")
        if marker != self.marker:
            self.target.put(REPLICA, marker.spelled())
            self.marker = marker

    def _erase(self) -> None:
        """Remove what was disposed of."""
        for removal in self.marker.erase:
            self.arrivals.erase(removal)
        gone = {inventory for removal in self.marker.erase for inventory in removal.inventories}
        owed = tuple(one for one in self.marker.owed if one.inventory not in gone)
        self._note(replace(self.marker, owed=owed, erase=()))

    def _owed(self) -> None:
        """Try again what could not be had before."""
        if self.marker.owed:
            self._note(replace(self.marker, owed=tuple(self.arrivals.fetch(self.marker.owed, journal=False))))

    def _beside(self, newest: int) -> None:
        """Copy what else lies in the log, such as countersignatures of checkpoints that are there."""
        for one in self.log.children("log"):
            if one.kind == "folder" and one.path not in {SEGMENTS, CHECKPOINTS, PUBLIC}:
                self._copy_missing(one.path)
        self._copy_missing(CHECKPOINTS, upto=newest)

    def _keys(self, checkpoint: Checkpoint) -> None:
        """Have the public keys that a note is signed by; not earlier than the entry that says they were made."""
        for key in checkpoint.keys - self.keys:
            path = f"{PUBLIC}/{key}.pub"
            if (data := self.log.read(path)) is not None and self.target.read(path) is None:
                self.target.put(path, data)
            self.keys.add(key)

    def _copy_missing(self, folder: str, *, upto: int | None = None) -> None:
        there = {one.name: one.bytes for one in self.target.children(folder)}
        for one in self.log.children(folder):
            stem = one.name.partition(".")[0]
            late = upto is not None and not (stem.isdecimal() and int(stem) <= upto)
            if one.kind != "file" or late or one.name.endswith(".fresh") or there.get(one.name) == one.bytes:
                continue
            if one.name in there:
                self.findings.append(Finding(path=one.path, code="E-LOG-001", what="it differs from the replica's"))
            elif (data := self.log.read(one.path)) is not None:
                self.target.put(one.path, data)
