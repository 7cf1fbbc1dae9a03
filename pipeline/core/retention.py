"""Retention: how long material is kept, what may not be disposed of, and who agreed that it may.

A fold over the registers ``retention``, ``legal-holds`` and ``disposals``. A **legal hold** forbids disposal
and nothing else. A hold of ``core.rulings`` (register ``holds``) forbids access, and does not by itself keep
anything: the two are placed, lifted and listed apart.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.core.document import Document, Moment
from pipeline.errors import Corrupt, Misconfigured

APPROVAL_DAYS = 30
"""How long the decision of a second custodian holds."""

Way = tuple[str, str]
"""How an asset came, as far as rules look at it: batch and source type."""


class Over(StrEnum):
    """What a rule or a legal hold is over."""

    ALL = "all"
    SOURCE = "source"
    BATCH = "batch"
    ASSET = "asset"


class Scope(Document):
    """The material that a rule or a legal hold covers; what covers one acquisition covers the asset."""

    over: Annotated[Over, Field(strict=False)]
    value: str | None = None

    def covers(self, asset: str, ways: Collection[Way]) -> bool:
        """Tell whether an asset that came these ways is meant."""
        if self.over is Over.ALL:
            return True
        if self.over is Over.ASSET:
            return self.value == asset
        place = 0 if self.over is Over.BATCH else 1
        return any(way[place] == self.value for way in ways)


class Rule(Document):
    """Keep it until then (``None``: without end), and look at it again at ``review``."""

    type: Literal["retain"] = "retain"
    id: str
    scope: Scope
    until: Moment | None
    review: Moment | None = None
    reason: str
    by: str
    at: Moment


class RuleEnd(Document):
    """The end of a rule, at once."""

    type: Literal["retain-end"] = "retain-end"
    rule: str
    reason: str
    by: str
    at: Moment


class LegalHold(Document):
    """It must not be disposed of, whatever the rules say, until a custodian lifts the hold."""

    type: Literal["legal-hold"] = "legal-hold"
    id: str
    scope: Scope
    reason: str
    by: str
    at: Moment


class LegalHoldEnd(Document):
    """The end of a legal hold, at once."""

    type: Literal["legal-hold-end"] = "legal-hold-end"
    hold: str
    reason: str
    by: str
    at: Moment


class Approval(Document):
    """A custodian's recorded decision that another may dispose of an asset."""

    type: Literal["disposal-approved"] = "disposal-approved"
    asset: str
    reason: str
    by: str
    at: Moment

    def in_force(self, now: datetime) -> bool:
        """Tell whether it still counts."""
        return self.at <= now < self.at + timedelta(days=APPROVAL_DAYS)


Record = Rule | RuleEnd | LegalHold | LegalHoldEnd | Approval
_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])
_KINDS = frozenset({"retain", "retain-end", "legal-hold", "legal-hold-end", "disposal-approved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What stands now."""

    rules: tuple[Rule, ...] = ()
    holds: tuple[LegalHold, ...] = ()
    approvals: Mapping[str, tuple[Approval, ...]] = field(default_factory=dict)

    def rules_of(self, asset: str, ways: Collection[Way]) -> tuple[Rule, ...]:
        """Return the rules that cover an asset."""
        return tuple(one for one in self.rules if one.scope.covers(asset, ways))

    def holds_of(self, asset: str, ways: Collection[Way]) -> tuple[LegalHold, ...]:
        """Return the legal holds that cover an asset."""
        return tuple(one for one in self.holds if one.scope.covers(asset, ways))

    def forbids(self, asset: str, ways: Collection[Way], now: datetime) -> tuple[str, str] | None:
        """Return the code and the id of what forbids disposal now, the gravest first; ``None`` when nothing does."""
        if held := self.holds_of(asset, ways):
            return "H-HOLD-002", held[0].id
        kept = [one for one in self.rules_of(asset, ways) if one.until is None or now < one.until]
        return ("H-RETAIN-001", kept[0].id) if kept else None

    def approved_by(
        self, asset: str, actor: str, now: datetime, *, ended: datetime | None = None
    ) -> frozenset[str]:  # fmt: skip
        """Return who else agreed to the disposal of an asset, not too long ago.

        What was agreed to before the asset ``ended`` is done: it says nothing of the same bytes that came again.
        """
        agreed = (one for one in self.approvals.get(asset, ()) if ended is None or one.at > ended)
        return frozenset(one.by for one in agreed if one.by != actor and one.in_force(now))


def fold_retention(records: Iterable[Mapping[str, Any]]) -> Retention:
    """Read the registers in order, one after the other.

    ``Corrupt`` (E-VAULT-002) when a record is malformed, ``Misconfigured`` (E-VAULT-007) when it is of a kind
    that this version does not know: it could forbid a disposal.
    """
    rules: dict[str, Rule] = {}
    holds: dict[str, LegalHold] = {}
    approvals: dict[str, tuple[Approval, ...]] = {}
    for number, value in enumerate(records):
        match _read(number, value):
            case Rule() as one:
                rules[one.id] = one
            case RuleEnd() as one:
                rules.pop(one.rule, None)
            case LegalHold() as one:
                holds[one.id] = one
            case LegalHoldEnd() as one:
                holds.pop(one.hold, None)
            case Approval() as one:
                approvals[one.asset] = (*approvals.get(one.asset, ()), one)
    return Retention(rules=tuple(rules.values()), holds=tuple(holds.values()), approvals=approvals)


def _read(number: int, value: Mapping[str, Any]) -> Record:
    if value.get("type") not in _KINDS:
        raise Misconfigured(f"retention: record {number} is of a kind unknown here", code="E-VAULT-007")
    try:
        return _RECORD.validate_json(json.dumps(value))
    except ValidationError as err:
        raise Corrupt(f"retention: record {number} is malformed", code="E-VAULT-002") from err


def as_record(value: Record) -> dict[str, Any]:
    """Return a record as it stands in a register."""
    return value.model_dump(mode="json")
