"""Auditing: audits run and told, damage put into quarantine and let out again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.core.ports import AuditReport, Budget, Coverage, Finding, Progress
from pipeline.errors import Corrupt, Misconfigured, PipelineError
from pipeline.usecases.access import Access
from pipeline.usecases.checked import last_checked
from pipeline.usecases.home import Home
from pipeline.usecases.registers import register_names
from pipeline.usecases.storage import warn
from pipeline.vault.audited import AUDITED, Rotation, coverage
from pipeline.vault.census import DIGITS
from pipeline.vault.layout import object_digest
from pipeline.vault.storage import ASSET

Json = dict[str, Any]
Part = tuple[int, int]
_WHOLE, _HEX = 64, frozenset("0123456789abcdef")


def run(
    home: Home, part: Part | None, budget: Budget, *, both: bool = False, progress: Progress | None = None
) -> AuditReport:
    """Audit a part of the vault, or all; note in the log what it came to."""
    warn(home.settings)
    names = register_names(home.catalogue.batches(), home.catalogue.reviews.registers())
    report = home.vault.audit(
        part, registers=names, budget=budget, both=both, actor=home.actor, progress=progress
    )  # fmt: skip
    n, of = part or (1, 1)
    home.log.append(
        AUDITED, actor=home.actor, run=report.run, n=n, of=of, complete=report.complete, checked=report.checked,
        bytes=report.bytes, findings=len(report.findings),
    )  # fmt: skip
    return report


def put_away(home: Home, report: AuditReport) -> Json:
    """Put what was found damaged into quarantine; a vault that cannot be written to must not hide the findings."""
    try:
        added = home.quarantine.add(report.findings, audit=report.run, actor=home.actor)
        return {"added": added, "assets": len(home.quarantine.now().damage), "code": None}
    except PipelineError as err:
        return {"added": None, "assets": None, "code": err.code}


def told(
    report: AuditReport, *, began: str, part: Part | None = None, budget: Budget | None = None,
    quarantine: Json | None = None,
) -> Json:  # fmt: skip
    """Return an audit's document."""
    limits = budget or Budget()
    return {
        "checked": report.checked, "bytes": report.bytes, "findings": listed(report.findings), "run": report.run,
        "began": began, "ended": now_text(), "slice": f"{part[0]}/{part[1]}" if part else None,
        "complete": report.complete, "stopped": report.stopped,
        "budget": {
            "max_bytes": limits.max_bytes, "max_rate": limits.max_rate,
            "until": limits.until.astimezone(UTC).isoformat(timespec="seconds") if limits.until else None,
        },
        "coverage": spelled(report.coverage), "quarantine": quarantine,
    }  # fmt: skip


def rotate(home: Home, budget: Budget, *, now: datetime, progress: Progress | None = None) -> Json:
    """Read the slices that are due today, until the budget is spent; say what came of each, in numbers and codes."""
    root, days = home.settings.vault, home.settings.audit_rotation_days
    slices: list[Json] = []
    findings: list[Finding] = []
    away: list[Json] = []
    left = budget
    for n in Rotation.read(root, days).due(now):
        report = run(home, (n, days), left, progress=progress)
        away.append(put_away(home, report))
        findings += [one for one in report.findings if one not in findings]
        slices.append({
            "slice": n, "checked": report.checked, "bytes": report.bytes, "complete": report.complete,
            "stopped": report.stopped, "findings": len(report.findings),
        })  # fmt: skip
        if left.max_bytes is not None:
            left = Budget(
                max_bytes=max(0, left.max_bytes - report.bytes), max_rate=left.max_rate, until=left.until
            )  # fmt: skip
        if not report.complete:
            break
    after = Rotation.read(root, days)
    if late := after.overdue(now):
        what = f"{late} of {days} slices were not read wholly for more than {days} days"
        findings.append(Finding(path=".", code="E-AUDIT-002", what=what))
    return {
        "slices": slices, "of": days, "checked": sum(one["checked"] for one in slices),
        "bytes": sum(one["bytes"] for one in slices), "complete": all(one["complete"] for one in slices),
        "overdue": late, "findings": listed(findings), "codes": dict(Counter(one.code for one in findings)),
        "quarantined": len(home.quarantine.now().damage), "quarantine": _together(away),
    }  # fmt: skip


def _together(away: Sequence[Json]) -> Json:
    """Add up what several slices put into quarantine; one that could not is not hidden by those that could."""
    code = next((one["code"] for one in away if one["code"]), None)
    added = None if code else sum(one["added"] for one in away)
    return {"added": added, "assets": away[-1]["assets"] if away else 0, "code": code}


def interrupted(document: Json) -> bool:
    """Tell whether somebody ended the audit."""
    return "interrupted" in (document.get("stopped"), *(one["stopped"] for one in document.get("slices", ())))


def standing(home: Home, assets: Sequence[str]) -> Json:
    """Say how far audits have come, and of some assets when they were last read."""
    last, away = last_checked(home), home.quarantine.now().damage
    return {
        "coverage": spelled(coverage(home.settings.vault)),
        "assets": [
            {"asset": one, "last_checked": at.isoformat() if (at := last(one)) else None, "quarantined": one in away}
            for one in (home.vault.asset(_asset(home, given)).id for given in assets)
        ],
    }  # fmt: skip


def quarantined(home: Home) -> Json:
    """List what is in quarantine, and why."""
    return {
        "quarantine": [
            {"asset": asset, "damage": [{"code": one.code, "path": one.path, "at": one.at} for one in found]}
            for asset, found in sorted(home.quarantine.now().damage.items())
        ]
    }


def damage_of(home: Home, access: Access, asset: AssetId) -> list[Json]:
    """Return what audits found wrong with an asset; nothing for who neither keeps nor audits it."""
    found = home.quarantine.now().damage.get(asset, ())
    batches = {batch for batch, _ in home.catalogue.items_of(asset)} if found else set()
    may = any(access.may(one, batch) for one in (Permission.AUDIT, Permission.CUSTODY) for batch in (None, *batches))
    return [{"code": one.code, "at": one.at} for one in found] if may else []


def release(home: Home, given: str, *, reason: str) -> Json:
    """Let an asset out of quarantine, once every byte of it was read again and is as it should be."""
    found = [one for one in home.quarantine.now().damage if given and one.startswith(given.strip().lower())]
    if len(found) != 1:
        code = "E-FIND-003" if found else "E-FIND-001"
        raise Misconfigured(f"{'several assets' if found else 'no asset'} in quarantine begin so", code=code)
    asset, checked = found[0], 0
    for part in _parts(asset):
        report = home.vault.audit(part, both=True, actor=home.actor)
        if bad := [one for one in report.findings if one.asset == asset]:
            home.quarantine.add(bad, audit=report.run, actor=home.actor)
            raise Corrupt(f"{bad[0].code} {bad[0].path}: {bad[0].what}", code="E-VAULT-010")
        if not report.coverage.known:
            break
        checked += report.checked
    home.quarantine.release(asset, reason=reason, actor=home.actor)
    return {"asset": asset, "released": True, "checked": checked}


def _parts(asset: str) -> Iterable[Part]:
    """Yield the smallest parts that hold the objects of an asset's history, one after the other."""
    for number in count(1):
        digest = object_digest(ASSET + asset if number == 1 else f"{ASSET}{asset}:{number}")
        yield int(digest[:DIGITS], 16) + 1, 16**DIGITS


def spelled(one: Coverage) -> Json:
    """Return how far a vault is covered."""
    return {"known": one.known, "checked": one.checked, "never": one.never, "oldest": one.oldest}


def listed(findings: Iterable[Finding]) -> list[Json]:
    """Return findings as documents."""
    return [{"asset": one.asset, "path": one.path, "code": one.code, "what": one.what} for one in findings]


def _asset(home: Home, given: str) -> AssetId:
    """Find the one asset that a prefix names; a whole digest is asked of the vault, whatever the catalogue knows."""
    text = given.strip().lower()
    if len(text) == _WHOLE:
        return AssetId(text)
    found = list(islice(home.catalogue.assets_like(text), 2)) if text and set(text) <= _HEX else []
    if len(found) != 1:
        code = "E-FIND-003" if found else "E-FIND-001"
        raise Misconfigured(f"{'several assets begin' if found else 'no asset begins'} so", code=code)
    return found[0]
