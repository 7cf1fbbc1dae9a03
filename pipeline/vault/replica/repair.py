"""Repair: what an audit found damaged or gone in a vault, brought back from a replica as far as the log proves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import Budget, Finding
from pipeline.errors import Misconfigured, PipelineError
from pipeline.vault.layout import ROOT_FILES
from pipeline.vault.logged import Logged, ObjectKey, open_commits, subject_digest
from pipeline.vault.meter import Meter
from pipeline.vault.process import writer_name
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.log_mend import LogMender
from pipeline.vault.replica.mend import Mender
from pipeline.vault.replica.restore import log_at_hand, trusted_keys, vault_of
from pipeline.vault.replica.side import Side
from pipeline.vault.root import DAMAGED, IDENTITY, LOG_FOLDERS, ROOTS, identity, spelled_identity
from pipeline.vault.verify import known_id

_TUPLES = 4
"""A storage root and three folders of three digits: the part of a path that tells an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What a repair came to. Paths are relative to the vault's root; ``aside`` names the folder below ``damaged/``."""

    aside: str
    replaced: tuple[str, ...]
    kept: tuple[str, ...]
    """What was moved away, by the path that it had."""
    bytes: int
    findings: tuple[Finding, ...]
    """What could not be mended."""
    objects: tuple[tuple[ObjectKey, int], ...] = ()
    """The objects that are whole, each with how many of its files were replaced or moved away."""


def mend_frame(root: Path, replica: Side, *, keys: Path, scratch: Path) -> Mended:
    """Bring back what every vault has: its identity, its folders, its custody log. The vault need not be open.

    ``Misconfigured`` when the replica is another vault's, or the vault's keys are not at hand.
    """
    vault_id, here, aside = vault_of(replica), Folder(root), writer_name()
    _same(root, vault_id)
    trusted = trusted_keys(keys, root, vault_id)
    here.lay((*ROOTS, "staging", "locks", *LOG_FOLDERS))
    replaced, kept = [], []
    wanted = {IDENTITY: spelled_identity(vault_id)}
    wanted |= {f"{name}/{file}": data for name in ROOTS for file, data in ROOT_FILES.items()}
    for path, data in wanted.items():
        if (there := here.read(path)) != data:
            if there is not None:
                here.set_aside(path, f"{DAMAGED}/{aside}/{path}")
                kept.append(path)
            here.put(path, data)
            replaced.append(path)
    with log_at_hand(replica, scratch, vault_id) as log:
        mender = LogMender(root=root, log=log, aside=aside, trusted=trusted)
        mender.run()
    return Mended(
        aside=aside, replaced=(*replaced, *mender.replaced), kept=(*kept, *mender.kept), bytes=0,
        findings=tuple(mender.findings),
    )  # fmt: skip


def mend_objects(
    root: Path, here: Side, replica: Side, findings: Iterable[Finding], *, max_rate: int | None = None
) -> Mended:
    """Mend the objects that findings name; each is read wholly and held against the log of the vault at ``root``.

    ``here`` is where its objects lie. Nothing that the log does not prove is taken from the replica.
    """
    logged, aside = Logged.read(root), writer_name()
    mender = Mender(broken=here, good=replica, aside=aside, meter=Meter(Budget(max_rate=max_rate)))
    whole = []
    for key in concerned(logged, findings):
        before = len(mender.replaced) + len(mender.kept)
        busy = key in open_commits(root)
        if mender.object(key, logged.expected(key), strangers=not busy):
            whole.append((key, len(mender.replaced) + len(mender.kept) - before))
    return Mended(
        aside=aside, replaced=tuple(mender.replaced), kept=tuple(mender.kept), bytes=mender.copied,
        findings=tuple(mender.findings), objects=tuple(whole),
    )  # fmt: skip


def concerned(logged: Logged, findings: Iterable[Finding]) -> list[ObjectKey]:
    """Return the objects that findings speak of and that the log says should be there."""
    places = set()
    for one in findings:
        parts = one.path.split("/")
        if parts[0] in ROOTS:
            places.add((parts[0], "".join(parts[1:_TUPLES])))
    digits = {name: tuple({one for root, one in places if root == name}) for name in ROOTS}
    return sorted(
        (root, subject)
        for root, subject in logged.versions
        if subject_digest(subject).startswith(digits[root]) and logged.expected((root, subject))
    )


def _same(root: Path, vault_id: str) -> None:
    """Refuse a replica of another vault; an identity that is damaged or gone is asked of the log."""
    try:
        known = identity(root)
    except PipelineError:
        known = None
    known = known or known_id(root)
    if known and known != vault_id:
        raise Misconfigured(f"this is vault {known}, the replica is of vault {vault_id}", code="E-REPLICA-006")
