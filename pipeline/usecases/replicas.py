"""Replicas: second copies of the vault, kept up, looked at, and asked for what the vault has lost."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.core.ports import Budget, Finding
from pipeline.errors import Misconfigured, PipelineError
from pipeline.settings import Settings
from pipeline.usecases.auditing import listed
from pipeline.usecases.home import Home
from pipeline.vault.keys import Keys
from pipeline.vault.logged import Logged
from pipeline.vault.note import Verifier
from pipeline.vault.replica.checking import check_replica, fill_gaps
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.in_bucket import InBucket
from pipeline.vault.replica.lag import lag_of
from pipeline.vault.replica.replicate import Replicated, replicate
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.split import Split
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import place_at, vault_place

Json = dict[str, Any]
_S3 = "s3://"


def replica_at(settings: Settings, target: str) -> Side:
    """Reach a replica: a folder, or ``s3://bucket/prefix``, the bucket as the settings for S3 say."""
    if target.startswith(_S3):
        return InBucket(Bucket(place_at(target, settings)), scratch=settings.scratch / "replica")
    return Folder(Path(target).expanduser().absolute())


def vault_side(settings: Settings) -> Side:
    """Return the vault of this home as a side."""
    here, place = Folder(settings.vault), vault_place(settings)
    return here if place is None else Split(here, InBucket(Bucket(place), scratch=settings.scratch / "replica"))


def targets(settings: Settings, given: str | None) -> tuple[str, ...]:
    """Return where replicas are; ``Misconfigured`` when none is named, or one lies in the vault."""
    found = (given,) if given is not None else settings.replicas
    if not found:
        raise Misconfigured(
            "no replica is named", next_step="give --to, or list folders or s3:// places under replicas in the settings"
        )
    for one in found:
        if not one.startswith(_S3):
            place, vault = Path(one).expanduser().resolve(), settings.vault.resolve()
            if place == vault or vault in place.parents or place in vault.parents:
                raise Misconfigured(
                    f"the replica at {one} would lie in the vault, or the vault in it", code="E-REPLICA-001"
                )
    return found


def name_of(target: str) -> str:
    """Name a place in the log: by its digest, since it may tell of people."""
    return hashlib.sha256(target.encode(errors="surrogateescape")).hexdigest()


def keep_up(home: Home, target: str, budget: Budget, *, verify: bool, full: bool) -> Json:
    """Bring one replica up to the vault's newest checkpoint; note in the log what it came to."""
    side, source, trusted = replica_at(home.settings, target), vault_side(home.settings), trusted_of(home)
    done = replicate(source, side, vault_id=home.vault_id, trusted=trusted, budget=budget)
    findings, document = list(done.findings), _told(target, done)
    if full and done.stopped is None:
        logged = Logged.read(home.settings.vault)
        filled = fill_gaps(source, Folder(home.settings.vault), side, logged, budget)
        findings += [one for one in filled.findings if one not in findings]
        document["versions"] += filled.versions
        document["bytes"] += filled.bytes
    if verify and done.stopped != "findings":
        checked = check_replica(
            source, home.settings.vault, side, vault_id=home.vault_id, trusted=trusted,
            scratch=home.settings.scratch / "replica", max_rate=budget.max_rate,
        )  # fmt: skip
        findings += [one for one in checked.findings if one not in findings]
        document["verified"] = {"objects": checked.objects, "bytes": checked.bytes, "mended": checked.mended}
    document["findings"] = listed(findings)
    _note(home, target, document, findings)
    return document


def trusted_of(home: Home) -> dict[str, Verifier]:
    """Return the keys that are held here; opening the home made sure that there are some."""
    found = Keys(home.settings.keys, vault=home.settings.vault, vault_id=home.vault_id).trusted()
    if found is None:
        raise Misconfigured("the signing keys are not at hand", code="E-CONF-008")
    return found


def standing(home: Home, given: str | None) -> Iterator[Json]:
    """Say of each replica how far it has come; one that cannot be reached is said, not raised."""
    source = vault_side(home.settings)
    for target in targets(home.settings, given):
        try:
            yield {
                "replica": target,
                "reachable": True,
                "code": None,
                **lag_of(source, replica_at(home.settings, target)),
            }
        except PipelineError as err:
            yield {
                "replica": target, "reachable": False, "code": err.code, "vault": None, "complete": None,
                "checkpoint": None, "lag": None, "owed": None,
            }  # fmt: skip


def _told(target: str, done: Replicated) -> Json:
    return {
        "replica": target, "checkpoint": done.checkpoint, "lag": done.lag, "versions": done.versions,
        "bytes": done.bytes, "log_bytes": done.log_bytes, "erased": done.erased, "owed": done.owed,
        "stopped": done.stopped, "verified": None, "findings": [],
    }  # fmt: skip


def _note(home: Home, target: str, document: Json, findings: list[Finding]) -> None:
    verified = document["verified"] or {}
    home.log.append(
        "replicate", actor=home.actor, subject=home.vault_id, replica=name_of(target),
        checkpoint=document["checkpoint"], lag=document["lag"], versions=document["versions"], bytes=document["bytes"],
        erased=document["erased"], owed=document["owed"], stopped=document["stopped"], findings=len(findings),
        codes=sorted({one.code for one in findings}), verified=verified.get("objects"), mended=verified.get("mended"),
    )  # fmt: skip
