"""Rulings: what was decided about assets after they came; a fold over the registers ``conditions`` and ``holds``.

A provider's changed terms replace those that an acquisition came with; a release lets one
acquisition's own terms suffice; a hold stops everything until a custodian lifts it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.core.conditions import Conditions
from pipeline.core.document import Document, Moment
from pipeline.errors import Corrupt, Misconfigured


class Terms(Document):
    """The conditions of an acquisition from now on; the record before stays, as what held then."""

    type: Literal["terms"] = "terms"
    batch: str
    n: int
    conditions: Conditions
    by: str
    at: Moment
    reason: str


class Release(Document):
    """A custodian's recorded decision that one acquisition's own terms suffice for the asset."""

    type: Literal["release"] = "release"
    id: str
    asset: str
    batch: str
    n: int
    by: str
    at: Moment
    reason: str
    until: Moment | None = None

    def in_force(self, now: datetime) -> bool:
        """Tell whether it opens anything now."""
        return self.at <= now and (self.until is None or now < self.until)


class Recall(Document):
    """The end of a release, at once."""

    type: Literal["recall"] = "recall"
    release: str
    by: str
    at: Moment
    reason: str


class Hold(Document):
    """A stop on an asset: its digest is listed, or a person marked it."""

    type: Literal["hold"] = "hold"
    asset: str
    by: str
    at: Moment
    ground: Literal["listed", "marked"]
    list_digest: str | None = None
    """Which state of the operator's lists named it."""


class Lift(Document):
    """The end of a hold."""

    type: Literal["lift"] = "lift"
    asset: str
    by: str
    at: Moment
    reason: str


class Clearance(Document):
    """A custodian's recorded decision that an asset may be exported although a scanner named something in it."""

    type: Literal["clearance"] = "clearance"
    id: str
    asset: str
    finding: str
    """The enrichment that names it: another finding needs another decision."""
    by: str
    at: Moment
    reason: str


class ClearanceEnd(Document):
    """The end of a clearance, at once."""

    type: Literal["clearance-end"] = "clearance-end"
    clearance: str
    by: str
    at: Moment
    reason: str


Ruling = Terms | Release | Recall | Hold | Lift | Clearance | ClearanceEnd
_RULING: TypeAdapter[Ruling] = TypeAdapter(Annotated[Ruling, Field(discriminator="type")])
_KINDS = frozenset({"terms", "release", "recall", "hold", "lift", "clearance", "clearance-end"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """What stands now."""

    terms: Mapping[tuple[str, int], Conditions] = field(default_factory=dict)
    releases: Mapping[str, tuple[Release, ...]] = field(default_factory=dict)
    """Per asset, those not recalled."""
    held: frozenset[str] = frozenset()
    lifted: frozenset[str] = frozenset()
    """Held once, and let go by a decision."""
    clearances: tuple[Clearance, ...] = ()


def fold_rulings(records: Iterable[Mapping[str, Any]]) -> Rulings:
    """Read the registers in order, one after the other.

    ``Corrupt`` (E-VAULT-002) when a record is malformed, ``Misconfigured`` (E-VAULT-007) when it
    is of a kind that this version does not know: it could take something away.
    """
    terms: dict[tuple[str, int], Conditions] = {}
    releases: dict[str, Release] = {}
    held: set[str] = set()
    lifted: set[str] = set()
    cleared: dict[str, Clearance] = {}
    for number, value in enumerate(records):
        match _read(number, value):
            case Terms() as one:
                terms[one.batch, one.n] = one.conditions
            case Release() as one:
                releases[one.id] = one
            case Recall() as one:
                releases.pop(one.release, None)
            case Hold() as one:
                held.add(one.asset)
                lifted.discard(one.asset)
            case Lift() as one:
                held.discard(one.asset)
                lifted.add(one.asset)
            case Clearance() as one:
                cleared[one.id] = one
            case ClearanceEnd() as one:
                cleared.pop(one.clearance, None)
    by_asset: dict[str, tuple[Release, ...]] = {}
    for each in releases.values():
        by_asset[each.asset] = (*by_asset.get(each.asset, ()), each)
    return Rulings(
        terms=terms, releases=by_asset, held=frozenset(held), lifted=frozenset(lifted),
        clearances=tuple(cleared.values()),
    )  # fmt: skip


def _read(number: int, value: Mapping[str, Any]) -> Ruling:
    if value.get("type") not in _KINDS:
        raise Misconfigured(f"rulings: record {number} is of a kind unknown here", code="E-VAULT-007")
    try:
        return _RULING.validate_json(json.dumps(value))
    except ValidationError as err:
        raise Corrupt(f"rulings: record {number} is malformed", code="E-VAULT-002") from err


def as_ruling(value: Ruling) -> dict[str, Any]:
    """Return a ruling as it stands in a register."""
    return value.model_dump(mode="json", by_alias=True)
