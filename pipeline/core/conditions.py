"""Conditions: what a provider allows, and what remains allowed when several have a say.

The written form is ``conditions.json``, schema ``conditions/1`` (``docs/schema/conditions-1.json``).
Silence is no: nothing is shared with anybody who is not named. Conditions form a meet-semilattice
under ``&``: it commutes, associates, is idempotent, never allows more than either side, and
leaves every other conditions as they are when one side is ``ANYTHING``.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, reduce
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, ValidationError

from pipeline.core.among import ANY, CUSTODIAN, CUSTODIANS, STAFF, Among, View, both, joined, one_view, split
from pipeline.core.document import Document, Moment, Names
from pipeline.core.model import Source
from pipeline.errors import Refused

_MAX_BYTES = 1_000_000


class Use(StrEnum):
    """What a consent may cover."""

    VIEW = "view"
    PROCESS = "process"
    EXPORT = "export"


class Exclusion(StrEnum):
    """What processing may leave out."""

    MACHINE_TRANSLATION = "machine_translation"
    OUTSIDE_SERVICES = "outside_services"


class Classification(StrEnum):
    """How closely material is kept, from open to closed; a grant carries the level it reaches."""

    UNRESTRICTED = "unrestricted"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"
    SEALED = "sealed"

    @property
    def rank(self) -> int:
        """The place in the order, 0 the most open."""
        return list(Classification).index(self)


class Processing(Document):
    """Whether the line may read the material, and what it must leave out."""

    allowed: bool
    exclude: Annotated[frozenset[Exclusion], PlainSerializer(sorted, return_type=list[Exclusion])]

    def __and__(self, other: "Processing") -> "Processing":
        """Allow what both allow; leave out what either leaves out."""
        return Processing(allowed=self.allowed and other.allowed, exclude=self.exclude | other.exclude)


class Consent(Document):
    """Who agreed, to which uses, until when; once withdrawn it covers nothing."""

    by: Annotated[Names, Field(min_length=1)]
    scope: Annotated[frozenset[Use], PlainSerializer(sorted, return_type=list[Use])]
    until: Moment | None = None
    withdrawn: bool = False

    def __and__(self, other: "Consent") -> "Consent":
        """Rest on both consents."""
        return Consent(
            by=self.by | other.by,
            scope=self.scope & other.scope,
            until=_first(self.until, other.until),
            withdrawn=self.withdrawn or other.withdrawn,
        )


class Conditions(Document):
    """What a provider allows. Binds an acquisition; evaluated at use."""

    format: Annotated[Literal["conditions/1"], Field(alias="schema")] = "conditions/1"
    view: Annotated[View, Field(description="'staff', or the persons (id or name) and 'custodians' who may see it")]
    process: Processing
    export_to: Annotated[Among, Field(description="recipients it may be shared with; [] is nobody")]
    copy_allowed: Annotated[bool, Field(alias="copy", description="false: may be consulted, not copied")]
    classification: Classification
    caveats: Annotated[Names, Field(description="handling words that travel with it and with every export")]
    consent: Consent | None
    protect_source: Annotated[bool, Field(description="what identifies the source needs a permission of its own")]
    valid_from: Moment | None
    valid_until: Moment | None

    def __and__(self, other: "Conditions") -> "Conditions":
        """Combine two sets of terms: only what both allow is allowed."""
        return _conditions(
            view=joined(*map(both, split(self.view), split(other.view))),
            process=self.process & other.process,
            export_to=both(self.export_to, other.export_to),
            copy=self.copy_allowed and other.copy_allowed,
            classification=max(self.classification, other.classification, key=lambda level: level.rank),
            caveats=self.caveats | other.caveats,
            consent=self.consent & other.consent if self.consent and other.consent else self.consent or other.consent,
            protect_source=self.protect_source or other.protect_source,
            valid_from=max(filter(None, (self.valid_from, other.valid_from)), default=None),
            valid_until=_first(self.valid_until, other.valid_until),
        )

    def open_to(self, person: str, *, custodian: bool) -> bool:
        """Tell whether the list of viewers admits this person id."""
        persons, custodians = split(self.view)
        among = custodians if custodian else persons
        return among == ANY or person in among

    def renamed(self, ids: Mapping[str, str]) -> "Conditions":
        """Return the same terms with the viewers' names replaced by their ids where known."""
        if self.view == STAFF:
            return self
        named = (one.removeprefix(CUSTODIAN) for one in self.view)
        prefixes = (CUSTODIAN if one.startswith(CUSTODIAN) else "" for one in self.view)
        view = frozenset(prefix + ids.get(name, name) for prefix, name in zip(prefixes, named, strict=True))
        return self.model_copy(update={"view": one_view(view)})

    def as_json(self) -> dict[str, Any]:
        """Return the canonical written form: every member, lists sorted, times in UTC."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Conditions":
        """Read the full written form; ``Refused`` (E-COND-001) names the member that is wrong."""
        try:
            return cls.model_validate_json(json.dumps(value))
        except ValidationError as err:
            raise Refused(_fault(err), code="E-COND-001") from err


def _conditions(**members: Any) -> Conditions:
    return Conditions.model_validate(members)


ANYTHING = _conditions(
    view=STAFF, process=Processing(allowed=True, exclude=frozenset()), export_to=ANY, copy=True,
    classification=Classification.UNRESTRICTED, caveats=frozenset(), consent=None, protect_source=False,
    valid_from=None, valid_until=None,
)  # fmt: skip
"""The terms that forbid nothing: what ``&`` starts from, never a default."""


def combined(terms: Iterable[Conditions]) -> Conditions:
    """Combine any number of terms; of none, ``ANYTHING``."""
    found = tuple(terms)
    return reduce(lambda one, other: one & other, found) if found else ANYTHING


@cache
def defaults(source: Source, submitter: str | None) -> Conditions:
    """Return what holds for a source type while the provider says nothing else.

    Processed on our own machines and shared with nobody; seen by staff, an interview only by
    its submitter and the custodians.
    """
    named = frozenset({CUSTODIANS, submitter}) if submitter else frozenset({CUSTODIANS})
    return _conditions(
        view=named if source is Source.INTERVIEW else STAFF,
        process=Processing(allowed=True, exclude=frozenset({Exclusion.OUTSIDE_SERVICES})),
        export_to=frozenset(), copy=True, classification=Classification.RESTRICTED, caveats=frozenset(),
        consent=None, protect_source=source is not Source.OPEN_SOURCE, valid_from=None, valid_until=None,
    )  # fmt: skip


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a provider's file: only ``schema`` itself must stand in it."""
    found = Conditions.model_json_schema()
    found["$defs"]["Processing"]["required"] = []
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | found | {"required": ["schema"]}


def parse(text: bytes, *, base: Conditions) -> Conditions:
    """Read a provider's file; members that it leaves out are taken from ``base``.

    ``Refused`` (E-COND-001) names the member that is unknown, doubled or of a wrong form.
    """
    if len(text) > _MAX_BYTES:
        raise Refused(f"conditions: more than {_MAX_BYTES} bytes", code="E-COND-001")
    try:
        value = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as err:
        raise Refused(f"conditions: not JSON as it should be: {err}", code="E-COND-001") from err
    if not isinstance(value, dict) or value.get("schema") != "conditions/1":
        raise Refused("conditions: 'schema' must be 'conditions/1'", code="E-COND-001")
    filled = base.as_json() | value
    if isinstance(value.get("process"), dict):
        filled["process"] = base.as_json()["process"] | value["process"]
    return Conditions.from_json(filled)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a member stands there twice")
    return found


def _fault(err: ValidationError) -> str:
    errors = err.errors(include_input=False, include_url=False)
    where, kind = errors[0]["loc"], errors[0]["type"]
    # Alternatives of a union stand in the path as 'literal[…]' and the like; no member of ours has brackets.
    member = ".".join(str(part) for part in where if kind == "extra_forbidden" or "[" not in str(part))
    says = (one["msg"].replace("frozenset", "list") for one in errors if one["loc"][:1] == where[:1])
    return (
        f"conditions: member {member!r}: {', or: '.join(dict.fromkeys(says))}"
        if member
        else f"conditions: {errors[0]['msg']}"
    )


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
