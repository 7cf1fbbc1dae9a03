"""Recovery: what a vault has lost, brought back from a replica; a part of it, or all."""

from pathlib import Path
from typing import Any

from pipeline.core.ports import Budget, Finding
from pipeline.errors import Corrupt, PipelineError
from pipeline.settings import Settings
from pipeline.usecases import auditing
from pipeline.usecases.home import Home
from pipeline.usecases.replicas import name_of, replica_at, vault_side
from pipeline.vault.logged import Logged, ObjectKey, asset_of
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.into_bucket import lost_from
from pipeline.vault.replica.marker import read_marker
from pipeline.vault.replica.repair import Mended, concerned, mend_frame, mend_objects
from pipeline.vault.replica.restore import Restored, restore
from pipeline.vault.root import held
from pipeline.vault.s3.place import vault_place

Json = dict[str, Any]
RESTORED, REPAIRED, LOG_REPAIRED = "vault.restore", "vault.repair", "log.repair"
"""Acts of the custody log."""


def lost(settings: Settings) -> bool:
    """Tell whether this home has no vault, or one that a restoration has begun to bring back."""
    if (place := vault_place(settings)) is not None:
        return lost_from(place)
    root = settings.vault
    if not root.is_dir():
        return True
    return read_marker(Folder(root)) is not None or (held(root) is None and not (root / "vault.json").exists())


def bring_back(settings: Settings, target: str) -> Restored:
    """Restore the whole vault from a replica."""
    return restore(
        replica_at(settings, target), settings.vault, keys=settings.keys, scratch=settings.scratch / "replica",
        bucket=vault_place(settings),
    )  # fmt: skip


def rehearsed(settings: Settings, replica: Path, into: Path) -> None:
    """Restore a vault from its replica into another folder, for a drill; ``Corrupt`` when it is not whole."""
    done = restore(Folder(replica), into, keys=settings.keys, scratch=into.parent / "scratch")
    if not done.complete or done.findings:
        first = done.findings[0] if done.findings else None
        raise Corrupt(
            f"the replica gives back {done.versions} versions, with {len(done.findings)} findings",
            code=first.code if first else "E-REPLICA-005",
        )  # fmt: skip


def note_restored(home: Home, target: str, done: Restored) -> None:
    """Say in the log that the vault was restored, and how far it reached: what came after is not here."""
    home.log.append(
        RESTORED, actor=home.actor, subject=home.vault_id, replica=name_of(target), checkpoint=done.checkpoint,
        versions=done.versions, bytes=done.bytes, findings=len(done.findings),
    )  # fmt: skip


def mend_base(settings: Settings, target: str) -> Mended:
    """Bring back the vault's identity, folders and custody log; it need not be open for that."""
    scratch = settings.scratch / "replica"
    return mend_frame(settings.vault, replica_at(settings, target), keys=settings.keys, scratch=scratch)


def repair(home: Home, target: str, base: Mended) -> Json:
    """Audit the vault; mend every object that is damaged or gone, note each, and let it out of quarantine."""
    root, replica = home.settings.vault, replica_at(home.settings, target)
    settled = home.vault.recover()
    report = auditing.run(home, None, Budget(), both=True)
    done = mend_objects(root, vault_side(home.settings), replica, report.findings)
    again = mend_objects(root, vault_side(home.settings), replica, report.findings)  # what was mended is read again
    whole = {key for key, _ in again.objects} - {key for key, count in again.objects if count}
    _note(home, target, base, done)
    left = [*base.findings, *_left(Logged.read(root), report.findings, whole), *done.findings]
    released = _release(home, {asset for _, subject in whole if (asset := asset_of(subject))}, left)
    return {
        "mended": settled, "checked": report.checked, "bytes": done.bytes,
        "repaired": [*base.replaced, *done.replaced], "kept_aside": [*_aside(base), *_aside(done)],
        "objects": sum(1 for _, count in done.objects if count), "released": released,
        "findings": auditing.listed(left),
    }  # fmt: skip


def restored(done: Restored) -> Json:
    """Return a restoration's document."""
    return {
        "vault": done.vault_id, "checkpoint": done.checkpoint, "versions": done.versions, "bytes": done.bytes,
        "complete": done.complete, "findings": auditing.listed(done.findings),
    }  # fmt: skip


def _left(logged: Logged, findings: tuple[Finding, ...], whole: set[ObjectKey]) -> list[Finding]:
    """Return the findings of the audit that no mending has answered."""
    return [one for one in findings if not (keys := set(concerned(logged, [one]))) or keys - whole]


def _aside(mended: Mended) -> list[str]:
    return [f"damaged/{mended.aside}/{path}" for path in mended.kept]


def _note(home: Home, target: str, base: Mended, done: Mended) -> None:
    """Note what was changed, before anybody relies on it."""
    if base.replaced or base.kept:
        home.log.append(
            LOG_REPAIRED, actor=home.actor, subject=home.vault_id, replica=name_of(target), aside=base.aside,
            files=len(base.replaced), kept=len(base.kept),
        )  # fmt: skip
    for (root, subject), count in done.objects:
        if count:
            home.log.append(
                REPAIRED, actor=home.actor, subject=subject, root=root, replica=name_of(target), aside=done.aside,
                files=count,
            )  # fmt: skip
    home.log.checkpoint()


def _release(home: Home, whole: set[str], left: list[Finding]) -> list[str]:
    """Let assets out of quarantine that are whole now; each is read once more for that."""
    found, bad = [], {one.asset for one in left}
    for asset in sorted(whole & home.quarantine.now().damage.keys() - bad):
        try:
            auditing.release(home, asset, reason="repaired from a replica")
        except PipelineError as err:
            left.append(Finding(path=".", code=err.code, what=err.reason, asset=asset))
        else:
            found.append(asset)
    return found
