"""Holding: what custodians decide about material that is here: to keep, to hold, to release it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.document import moment
from pipeline.core.model import AssetId, Source
from pipeline.core.people import Permission
from pipeline.core.retention import (
    LegalHold,
    LegalHoldEnd,
    Over,
    Record,
    Retention,
    Rule,
    RuleEnd,
    Scope,
    Way,
    as_record,
    fold_retention,
)
from pipeline.core.rulings import Lift, Recall, Release, as_ruling
from pipeline.errors import CODES, Misconfigured
from pipeline.usecases import unlawful
from pipeline.usecases.access import CONDITIONS, HOLDS, Access, Denied
from pipeline.usecases.home import Home
from pipeline.usecases.withdrawing import withdraw

RETENTION, LEGAL_HOLDS, DISPOSALS = "retention", "legal-holds", "disposals"
"""The registers of how long material is kept, of what must not be disposed of, and of second decisions."""

_LONGEST = 2000


def standing(home: Home) -> Retention:
    """Return the rules, legal holds and approvals that stand now."""
    return home.folded([RETENTION, LEGAL_HOLDS, DISPOSALS], fold_retention)


def ways_of(home: Home, asset: AssetId) -> frozenset[Way]:
    """Return how an asset came, as far as rules look at it."""
    return frozenset((batch, str(item.record["source"])) for batch, item in home.catalogue.items_of(asset))


def kept_by(home: Home, access: Access, given: str, *, every: bool) -> AssetId:
    """Find the one asset that a prefix names among those that the person is custodian of.

    ``every``: of all its batches; else of one of them. An asset that they do not keep is one that does not exist.
    """
    text = given.strip().lower()
    if not text or not set(text) <= set("0123456789abcdef"):
        raise Denied(CODES["E-FIND-001"].meaning, code="E-FIND-001")
    known: list[tuple[AssetId, bool]] = []
    for asset in home.catalogue.assets_like(text):
        kept = [access.may(Permission.CUSTODY, batch) for batch in {way[0] for way in ways_of(home, asset)}]
        if any(kept):
            known.append((asset, all(kept)))
        if len(known) > 1:
            raise Misconfigured("the prefix fits more than one asset", code="E-FIND-003")
    if not known:
        raise Denied(CODES["E-FIND-001"].meaning, code="E-FIND-001")
    asset, whole = known[0]
    if every and not whole:
        raise Denied("another batch has a say: this needs a custodian of all of them")
    return asset


def scope_of(
    home: Home, access: Access, *, asset: str | None, batch: str | None, source: str | None, every: bool = True
) -> Scope:
    """Read what a decision is over, and raise unless the person is custodian there; nothing named is everything."""
    if asset is not None:
        return Scope(over=Over.ASSET, value=kept_by(home, access, asset, every=every))
    if batch is not None:
        if home.catalogue.register_of(batch) is None or not access.may(Permission.CUSTODY, batch):
            raise Denied(CODES["E-FIND-002"].meaning, code="E-FIND-002")
        return Scope(over=Over.BATCH, value=batch)
    access.need(Permission.CUSTODY)
    return Scope(over=Over.ALL) if source is None else Scope(over=Over.SOURCE, value=str(Source(source)))


def retain(home: Home, scope: Scope, *, until: str | None, review: str | None, reason: str) -> dict[str, Any]:
    """Record a rule: keep what it covers until then, or without end."""
    rule = Rule(
        id=f"k-{secrets.token_hex(6)}", scope=scope, until=_to_come(until), review=_to_come(review),
        reason=worded(reason), by=home.actor, at=datetime.now(UTC),
    )  # fmt: skip
    return _record(home, RETENTION, rule, "retain", subject_of(home, scope), rule=rule.id, over=str(scope.over))


def end_rule(home: Home, access: Access, rule: str, *, reason: str) -> dict[str, Any]:
    """End a rule at once."""
    found = _named(standing(home).rules, rule)
    _may_end(home, access, found.scope)
    end = RuleEnd(rule=rule, reason=worded(reason), by=home.actor, at=datetime.now(UTC))
    return _record(home, RETENTION, end, "retain-end", subject_of(home, found.scope), rule=rule)


def place_legal(home: Home, scope: Scope, *, reason: str) -> dict[str, Any]:
    """Forbid disposal of what the scope covers."""
    hold = LegalHold(
        id=f"lh-{secrets.token_hex(6)}", scope=scope, reason=worded(reason), by=home.actor, at=datetime.now(UTC)
    )  # fmt: skip
    with home.leases.holding(DISPOSING):  # a disposal looks for holds once: none may come between
        return _record(home, LEGAL_HOLDS, hold, "legal-hold", subject_of(home, scope), hold=hold.id)


def lift_legal(home: Home, access: Access, hold: str, *, reason: str) -> dict[str, Any]:
    """End a legal hold at once."""
    found = _named(standing(home).holds, hold)
    _may_end(home, access, found.scope)
    end = LegalHoldEnd(hold=hold, reason=worded(reason), by=home.actor, at=datetime.now(UTC))
    return _record(home, LEGAL_HOLDS, end, "legal-hold-end", subject_of(home, found.scope), hold=hold)


def place_access(home: Home, asset: AssetId) -> dict[str, Any]:
    """Forbid everybody but custodians to see an asset, and everybody to process, search or export it.

    What was made from it is withdrawn at once; see ``withdrawing``.
    """
    hold = unlawful.place(home, asset, ground="marked")
    withdraw(home, asset)
    return hold


def lift_access(home: Home, asset: AssetId, *, reason: str) -> dict[str, Any]:
    """End an access hold at once."""
    lift = as_ruling(Lift(asset=asset, by=home.actor, at=datetime.now(UTC), reason=worded(reason)))
    said = _append(home, HOLDS, lift, "hold-lift", asset)
    withdraw(home, asset)  # it is no longer held: what can be found of it comes back
    return said


def release(
    home: Home, asset: AssetId, batch: str, n: int, *, until: str | None, reason: str
) -> dict[str, Any]:  # fmt: skip
    """Record that one acquisition's own terms suffice for an asset."""
    if not any((ref, item.n) == (batch, n) for ref, item in home.catalogue.items_of(asset)):
        raise Misconfigured("the asset did not come by this item", code="E-CONF-009")
    one = Release(
        id=f"rel-{secrets.token_hex(6)}", asset=asset, batch=batch, n=n, by=home.actor, at=datetime.now(UTC),
        reason=worded(reason), until=_to_come(until),
    )  # fmt: skip
    return _append(home, CONDITIONS, as_ruling(one), "release", asset, release=one.id)


def recall(home: Home, access: Access, name: str, *, reason: str) -> dict[str, Any]:
    """End a release at once."""
    found = next((one for each in access.rulings.releases.values() for one in each if one.id == name), None)
    if found is None or not access.may(Permission.CUSTODY, found.batch):
        raise Misconfigured("no release in force has this id", code="E-CONF-009")
    one = Recall(release=name, by=home.actor, at=datetime.now(UTC), reason=worded(reason))
    return _append(home, CONDITIONS, as_ruling(one), "recall", found.asset, release=name)


def listing(home: Home, access: Access) -> dict[str, Any]:
    """Return rules, legal holds, access holds and releases as far as the person keeps what they are over."""
    stand, rulings = standing(home), access.rulings

    def mine(scope: Scope) -> bool:
        if scope.over is Over.ASSET:
            return keeps(home, access, AssetId(str(scope.value)))
        return access.may(Permission.CUSTODY, scope.value if scope.over is Over.BATCH else None)

    return {
        "retention": [as_record(one) for one in stand.rules if mine(one.scope)],
        "legal_holds": [as_record(one) for one in stand.holds if mine(one.scope)],
        "access_holds": sorted(one for one in rulings.held if keeps(home, access, AssetId(one))),
        "releases": [
            as_ruling(one) for each in rulings.releases.values() for one in each
            if access.may(Permission.CUSTODY, one.batch)
        ],
    }  # fmt: skip


def keeps(home: Home, access: Access, asset: AssetId) -> bool:
    """Tell whether the person is custodian of an asset, through any batch; one that is not here is the whole's."""
    batches = {way[0] for way in ways_of(home, asset)}
    return access.may(Permission.CUSTODY) or any(access.may(Permission.CUSTODY, one) for one in batches)


DISPOSING = "disposing"
"""The lease under which disposals and legal holds are one after the other."""


def subject_of(home: Home, scope: Scope) -> str | None:
    """Name in the custody log what a decision is over, by an id."""
    if scope.over is Over.BATCH:
        return home.catalogue.register_of(str(scope.value))
    return scope.value


def worded(reason: str) -> str:
    """Return a reason as it is recorded; ``Misconfigured`` when none is given."""
    text = " ".join(reason.split())
    if not 0 < len(text) <= _LONGEST:
        raise Misconfigured(f"a reason has 1 to {_LONGEST} characters", code="E-CONF-009")
    return text


def _moment(text: str | None) -> datetime | None:
    try:
        found = moment(text if text is None or "T" in text else f"{text}T00:00:00Z")
    except ValueError as err:
        raise Misconfigured(f"{text!r}: {err}", code="E-CONF-009") from err
    return found if isinstance(found, datetime) else None


def _to_come(text: str | None) -> datetime | None:
    found = _moment(text)
    if found is not None and found <= datetime.now(UTC):
        raise Misconfigured(f"{text!r} is past: it would never have held", code="E-CONF-009")
    return found


def _may_end(home: Home, access: Access, scope: Scope) -> None:
    if scope.over is Over.ASSET:
        asset = AssetId(str(scope.value))
        needed: Sequence[str | None] = sorted({way[0] for way in ways_of(home, asset)}) or [None]
    else:
        needed = [scope.value if scope.over is Over.BATCH else None]
    for batch in needed:
        access.need(Permission.CUSTODY, batch)


def _named(among: Sequence[Any], name: str) -> Any:
    found = next((one for one in among if one.id == name), None)
    if found is None:
        raise Misconfigured("nothing that stands has this id", code="E-CONF-009")
    return found


def _record(home: Home, register: str, one: Record, act: str, subject: str | None, **facts: Any) -> dict[str, Any]:
    return _append(home, register, as_record(one), act, subject, **facts)


def _append(
    home: Home, register: str, record: Mapping[str, Any], act: str, subject: str | None, **facts: Any
) -> dict[str, Any]:
    home.registers.append(register, [record], key=f"{act}-{secrets.token_hex(8)}", actor=home.actor)
    home.log.append(act, actor=home.actor, subject=subject, record=digest(record), **facts)
    home.log.checkpoint()
    return dict(record)
