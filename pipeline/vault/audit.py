"""Audit: every byte of the vault read, in the order of what is due, and held against the custody log both ways."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from pipeline.core.canonical import canonical
from pipeline.core.ports import AuditReport, Budget, Coverage, CustodyLog, Finding, Progress
from pipeline.errors import PipelineError
from pipeline.vault.audited import created_of
from pipeline.vault.census import Census, Part
from pipeline.vault.compare import Comparison, undoubted
from pipeline.vault.disposal import tombstones
from pipeline.vault.examine import Examined, Reading
from pipeline.vault.files import read_regular
from pipeline.vault.hands import INTERRUPTED, Hands
from pipeline.vault.logged import Logged, ObjectKey, digits_of, open_commits
from pipeline.vault.meter import Meter
from pipeline.vault.moves import explained
from pipeline.vault.note import Verifier
from pipeline.vault.noting import Noting
from pipeline.vault.root import DAMAGED, ELSEWHERE, FORMAT, IDENTITY, REPLICA, ROOTS, identity
from pipeline.vault.rounds import Checked, due, spelled_time
from pipeline.vault.storage import REGISTER, log_subject
from pipeline.vault.tree import LocalTree, Tree
from pipeline.vault.verify import verify

_TOP = frozenset({IDENTITY, ELSEWHERE, REPLICA, DAMAGED, "log", "staging", "locks", *ROOTS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked of an audit. Without a ``log`` nothing is changed or noted anywhere.

    ``registers`` are names known from elsewhere: the log has digests of names only, so that of a
    register that is gone only these tell where it lay.
    """

    part: Part = field(default_factory=Part)
    budget: Budget = field(default_factory=Budget)
    both: bool = False
    rotation: timedelta = timedelta(days=90)
    registers: Iterable[str] = ()
    log: CustodyLog | None = None
    actor: str = "vault"
    progress: Progress | None = None


def audit(
    root: Path, order: Order | None = None, *, trusted: dict[str, Verifier] | None = None, tree: Tree | None = None
) -> AuditReport:
    """Read a vault and its whole log; collect all that is wrong.

    Nothing that is wrong stops it. It may run beside writers and other audits. ``root`` is where the
    log, locks and journals lie; ``tree`` is where the bytes are, if elsewhere.
    """
    order = order or Order()
    run = _Run(order=order, root=root, tree=tree or LocalTree(root), since=spelled_time(datetime.now(UTC)))
    run.read_log(trusted)
    run.top()
    for name in ROOTS:
        run.census.count(name)
    with ExitStack() as stack:
        if order.log is not None:
            run.noting = stack.enter_context(run.notes(order.log))
        run.read_all()
        run.compare()
    return run.report()


@dataclass(kw_only=True)
class _Run:
    order: Order
    root: Path
    tree: Tree
    since: str
    name: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{token_hex(4)}")
    logged: Logged = field(default_factory=Logged)
    created: dict[str, str] = field(default_factory=dict)
    """Every object of this part that should be there: the first digits of its digest → when it was made."""
    last: dict[str, Checked] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    doubted: dict[ObjectKey, Examined] = field(default_factory=dict)
    noting: Noting | None = None
    checked: int = 0
    bytes: int = 0
    stopped: str | None = None

    def __post_init__(self) -> None:
        self.census = Census(tree=self.tree, part=self.order.part, find=self.find)

    def notes(self, log: CustodyLog) -> Noting:
        return Noting(
            root=self.root, log=log, actor=self.order.actor, run=self.name, since=self.since, created=self.created
        )  # fmt: skip

    def find(self, path: str, code: str, what: str) -> None:
        self.findings.append(Finding(path=path, code=code, what=what))

    def read_log(self, trusted: dict[str, Verifier] | None) -> None:
        """Take in what the log knows, and verify it."""
        self.logged = Logged.read(self.root, self.order.part.holds)
        self.created = created_of(self.logged)
        self.last = self.logged.rounds.last(self.created)
        self.findings.extend(verify(self.root, trusted=trusted).findings)

    def top(self) -> None:
        """Look at what stands in the vault's root."""
        try:
            vault_id = identity(self.root)
        except PipelineError as err:
            self.find(IDENTITY, err.code, err.reason)
        else:
            if vault_id is None:
                self.find(IDENTITY, "E-VAULT-003", "it is missing")
            elif read_regular(self.root / IDENTITY) != canonical({"format": FORMAT, "id": vault_id}):
                self.find(IDENTITY, "E-VAULT-001", "it is not as it was written")
            elif self.logged.vaults - {vault_id}:
                self.find(IDENTITY, "E-LOG-004", "the log is another vault's")
        for path in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            if path.name not in _TOP or path.is_symlink():
                self.find(path.name, "E-VAULT-004", "not a part of the vault")

    def read_all(self) -> None:
        """Read what the census found, what is due soonest first."""
        meter = Meter(self.order.budget)
        reading = Reading(tree=self.tree, passing=meter.passing, both=self.order.both, explained=self._moving)
        hands = Hands(
            root=self.root, reading=reading, objects=self.census.objects, logged=self.logged, meter=meter
        )  # fmt: skip
        self.stopped = hands.read(sorted(self.census.objects, key=self._soon), self._take)

    def _moving(self, path: str) -> bool:
        return explained(self.root / "staging", self.root / path)

    def _soon(self, key: ObjectKey) -> tuple[int, str, str]:
        digits, found = digits_of(key), self.logged.rounds.found.get(key[1])
        _, written = self.logged.times.get(key, (None, None))
        return (*due(self.last.get(digits), written=written, found=found, rotation=self.order.rotation), digits)

    def _take(self, key: ObjectKey, seen: Examined) -> None:
        self.checked += 1
        self.bytes += seen.bytes
        if not undoubted(seen, self.logged.expected(key)):
            self.doubted[key] = seen
        elif self.noting is not None:
            self.noting.read(digits_of(key))
        if self.order.progress is not None:
            self.order.progress(self.checked, len(self.created), self.bytes)

    def compare(self) -> None:
        """Hold everything against the log; what is wrong is in the log before it counts as checked."""
        begun = open_commits(self.root)
        comparison = Comparison(
            before=self.logged, begun=begun, after=Logged.read(self.root, self.order.part.holds),
            census=self.census, doubted=self.doubted,
            known={log_subject(REGISTER + name): REGISTER + name for name in self.order.registers},
        )  # fmt: skip
        comparison.run()
        for found in comparison.found.values():
            self.findings += found
        self.findings += [
            Finding(path=place, code="E-VAULT-002", what="an empty folder") for place in comparison.empty_folders()
        ]
        self.findings += comparison.stones(tombstones(self.tree))
        if self.noting is not None:
            for key, found in comparison.found.items():
                if found:
                    self.noting.found(key[1], {one.code for one in found})
            for key in self.doubted:
                self.noting.read(digits_of(key))
            self.noting.flush()
            self.last |= self.noting.checked

    def report(self) -> AuditReport:
        """Say what was read, and what is wrong."""
        if not self.checked and self.created and self.stopped != INTERRUPTED:
            self.find(".", "E-AUDIT-001", f"nothing was read, and the log knows {len(self.created)} objects here")
        times = [self.last[one].at for one in self.created if one in self.last]
        return AuditReport(
            checked=self.checked, bytes=self.bytes, findings=tuple(self.findings), run=self.name, stopped=self.stopped,
            coverage=Coverage(known=len(self.created), checked=len(times), oldest=min(times, default=None)),
        )  # fmt: skip
