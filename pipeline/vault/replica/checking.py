"""Checking: every byte of a replica read and held against the log, what is damaged in it copied anew from the vault."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import Budget, Finding
from pipeline.vault.files import copy_blocks
from pipeline.vault.keys import PUBLIC
from pipeline.vault.leaves import CHECKPOINTS
from pipeline.vault.logged import Logged
from pipeline.vault.meter import Meter
from pipeline.vault.note import Verifier
from pipeline.vault.process import writer_name
from pipeline.vault.replica.arrivals import Arrivals
from pipeline.vault.replica.marker import Version
from pipeline.vault.replica.mend import Mender
from pipeline.vault.replica.restore import log_at_hand
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.standing import Standing
from pipeline.vault.replica.strand import path_of
from pipeline.vault.root import DAMAGED
from pipeline.vault.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What reading a replica wholly came to. ``findings`` name what was wrong with it, mended or not."""

    objects: int
    bytes: int
    mended: int
    findings: tuple[Finding, ...]


def check_replica(
    source: Side, root: Path, target: Side, *, vault_id: str, trusted: dict[str, Verifier], scratch: Path,
    max_rate: int | None = None,
) -> Checked:  # fmt: skip
    """Read all of a replica; replace what is damaged from the vault whose log lies at ``root``.

    A vault whose own log is damaged proves nothing: then the replica is only read by others.
    What was replaced is kept on the replica, below ``damaged/``.
    """
    wrong = verify(root, trusted=trusted).findings
    if wrong:
        what = "the vault's own log is damaged: its replica is left as it is"
        return Checked(
            objects=0, bytes=0, mended=0, findings=(*wrong, Finding(path="log", code="E-REPLICA-002", what=what))
        )
    with target.alone():
        aside = writer_name()
        mender = Mender(broken=target, good=source, aside=aside, meter=Meter(Budget(max_rate=max_rate)))
        findings = list(_log(root, source, target, aside))
        mended, objects = len(findings), 0
        with log_at_hand(target, scratch, vault_id) as log:
            logged = Logged.read(log)
        for key in sorted(logged.versions):
            if not (expected := logged.expected(key)):
                continue
            objects += 1
            mender.object(key, expected)
        findings += [_finding(path, "the replica's was damaged or gone") for path in mender.replaced]
        findings += [
            _finding(path, "the log knows nothing of it") for path in mender.kept if path not in mender.replaced
        ]
        mended += len(mender.replaced)
    return Checked(objects=objects, bytes=mender.read, mended=mended, findings=(*findings, *mender.findings))


def fill_gaps(source: Side, log: Side, target: Side, logged: Logged, budget: Budget) -> Arrivals:
    """Look for every version that the log ever named, and copy those that the replica has not."""
    arrivals = Arrivals(source=source, log=log, target=target, budget=budget)
    with target.alone():
        arrivals.fetch(
            [
                Version(root=root, subject=subject, number=number, inventory=digest)
                for root, subject in logged.versions
                for number, digests in logged.expected((root, subject)).items()
                for digest in digests
            ],
            journal=False,
        )
    return arrivals


def _log(root: Path, source: Side, target: Side, aside: str) -> Iterator[Finding]:
    """Compare the replica's log with the vault's, which is proven; replace what differs."""
    for name, size in Standing.of(target).segments.items():
        path = path_of(name)
        if not _equal(root / path, target, path, size):
            with target.staged() as place:
                fresh = place / "segment"
                with fresh.open("xb") as out:
                    digests = copy_blocks(_first(root / path, size), out.fileno())
                target.set_aside(path, f"{DAMAGED}/{aside}/{path}")
                target.adopt_file(fresh, path, digests)
            yield _finding(path, "the replica's was damaged")
    for folder in (CHECKPOINTS, PUBLIC):
        for one in target.children(folder):
            data = source.read(one.path)
            if data is not None and target.read(one.path) != data:
                target.set_aside(one.path, f"{DAMAGED}/{aside}/{one.path}")
                target.put(one.path, data)
                yield _finding(one.path, "the replica's was damaged")


def _equal(ours: Path, target: Side, path: str, size: int) -> bool:
    seen = 0
    with ours.open("rb") as file:
        for block in target.blocks(path):
            seen += len(block)
            if file.read(len(block)) != block:
                return False
    return seen == size


def _first(path: Path, size: int) -> Iterator[memoryview]:
    with path.open("rb") as file:
        while size and (block := file.read(min(size, 1 << 20))):
            size -= len(block)
            yield memoryview(block)


def _finding(path: str, what: str) -> Finding:
    return Finding(path=path, code="E-VAULT-001", what=f"{what}; it was replaced from the vault")
