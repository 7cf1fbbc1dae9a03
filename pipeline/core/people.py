"""People: who may act here, and what each was granted; a fold over the register ``people``.

Nobody has a permission that no custodian granted, except the founder, whose two records open the
register. A record that its author had no right to make counts for nothing and stands in ``void``.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.core.among import ANY, CUSTODIAN, CUSTODIANS, STAFF
from pipeline.core.conditions import Classification
from pipeline.core.document import Document, Moment, Name, Names, spelled
from pipeline.errors import Corrupt, Misconfigured


class Permission(StrEnum):
    """What a grant can allow."""

    SUBMIT = "submit"
    PROCESS = "process"
    VIEW = "view"
    SEARCH = "search"
    EXPORT = "export"
    SOURCE_IDENTIFYING = "source_identifying"
    AUDIT = "audit"
    CUSTODY = "custody"
    """Manage persons and grants, change conditions, hold and release."""


EVERY = frozenset(Permission)

ROLES: Mapping[str, frozenset[Permission]] = {
    "reader": frozenset({Permission.VIEW, Permission.SEARCH}),
    "analyst": frozenset({Permission.VIEW, Permission.SEARCH, Permission.EXPORT}),
    "operator": frozenset({Permission.SUBMIT, Permission.PROCESS}),
    "custodian": EVERY,
}
"""Names for usual sets of permissions; a grant records the permissions themselves."""

_ID = r"^p-[0-9a-z]{4,64}$"
PersonId = Annotated[str, Field(pattern=_ID)]


class Person(Document):
    """Somebody who acts, under an opaque id; the name stands here and nowhere else."""

    type: Literal["person"] = "person"
    id: PersonId
    name: Name
    by: PersonId
    at: Moment


class Grant(Document):
    """What a person may do: over which batches (``any`` is all), up to which classification, until when."""

    type: Literal["grant"] = "grant"
    id: Annotated[str, Field(min_length=1, max_length=100)]
    person: PersonId
    permissions: frozenset[Permission]
    batches: Literal["any"] | Names
    clearance: Classification
    by: PersonId
    at: Moment
    until: Moment | None = None

    def covers(self, batch: str | None) -> bool:
        """Tell whether it reaches this batch; ``None`` asks for all there are."""
        return self.batches == ANY or batch in self.batches


class Revocation(Document):
    """The end of a grant, at once."""

    type: Literal["revoke"] = "revoke"
    grant: str
    by: PersonId
    at: Moment


_Record = Annotated[Person | Grant | Revocation, Field(discriminator="type")]
_RECORD: TypeAdapter[Person | Grant | Revocation] = TypeAdapter(_Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody known and every grant ever made, with the time at which it was revoked."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    """Every name that a person ever bore → the id; no name is ever given to another."""
    grants: Mapping[str, Grant] = field(default_factory=dict)
    revoked: Mapping[str, datetime] = field(default_factory=dict)
    void: tuple[str, ...] = ()
    """Records that count for nothing, and why."""

    def find(self, who: str) -> Person | None:
        """Return the person with this id or name."""
        try:
            return self.persons.get(self.ids.get(spelled(who), who))
        except ValueError:  # nobody can be called that
            return None

    def named(self, name: str) -> Person | None:
        """Return the person who bears this name; an id is no name: it stands in records that others read."""
        return self.persons.get(self.ids[name]) if name in self.ids else None

    def permissions(
        self, person: str, batch: str | None, now: datetime, level: Classification = Classification.UNRESTRICTED
    ) -> frozenset[Permission]:
        """Return what a person may do over a batch (``None``: over all) with material of a classification.

        A revoked grant is void whatever the clocks of two machines say.
        """
        return self._allowed(
            (one for one in self.grants.values() if one.id not in self.revoked), person, batch, now, level
        )

    def may(self, person: str, permission: Permission, now: datetime, batch: str | None = None) -> bool:
        """Tell whether a person has a permission over a batch (``None``: over all)."""
        return permission in self.permissions(person, batch, now)

    def might(self, person: str, permission: Permission, at: datetime, batch: str | None) -> bool:
        """Tell whether a person had a permission at a time past, revoked since or not."""
        held = (one for one in self.grants.values() if one.id not in self.revoked or at < self.revoked[one.id])
        return permission in self._allowed(held, person, batch, at, Classification.UNRESTRICTED)

    @staticmethod
    def _allowed(
        grants: Iterable[Grant], person: str, batch: str | None, at: datetime, level: Classification
    ) -> frozenset[Permission]:
        sets = (
            one.permissions
            for one in grants
            if one.person == person
            and one.covers(batch)
            and one.clearance.rank >= level.rank
            and one.at <= at
            and (one.until is None or at < one.until)
        )
        return frozenset().union(*sets)


def founding(person: str, name: str, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two records that open the register: the founder, custodian with every permission.

    ``Misconfigured`` when nobody can bear the name.
    """
    try:
        who = Person(id=person, name=name, by=person, at=at)
    except ValidationError as err:
        raise Misconfigured("setting 'actor': cannot be a person's name") from err
    if _reserved(who.name):
        raise Misconfigured(f"setting 'actor': {who.name!r} has a meaning of its own")
    grant = Grant(
        id=f"g-{person[2:]}", person=person, permissions=EVERY, batches=ANY, clearance=Classification.SEALED,
        by=person, at=at,
    )  # fmt: skip
    return as_record(who), as_record(grant)


def as_record(value: Person | Grant | Revocation) -> dict[str, Any]:
    """Return a record as it stands in the register: lists sorted, times in UTC."""
    found = value.model_dump(mode="json")
    return {key: sorted(one) if isinstance(one, list) else one for key, one in found.items()}


def fold_people(records: Iterable[Mapping[str, Any]]) -> People:
    """Read the register in order; ``Corrupt`` (E-VAULT-002) when a record is malformed.

    A kind of record that this version does not know could take something away: ``Misconfigured`` (E-VAULT-007).
    """
    people = People()
    for number, value in enumerate(records):
        if value.get("type") not in {"person", "grant", "revoke"}:
            raise Misconfigured(f"people: record {number} is of a kind unknown here", code="E-VAULT-007")
        try:
            record = _RECORD.validate_json(json.dumps(value))
        except ValidationError as err:
            raise Corrupt(f"people: record {number} is malformed", code="E-VAULT-002") from err
        fault = _objection(people, record)
        people = replace(people, void=(*people.void, f"{number}: {fault}")) if fault else _with(people, record)
    return people


def _objection(people: People, record: Person | Grant | Revocation) -> str | None:
    """Say why a record counts for nothing."""
    subject = record.id if isinstance(record, Person) else record.person if isinstance(record, Grant) else None
    founder = not people.grants and record.by == subject
    if not founder and not people.may(record.by, Permission.CUSTODY, record.at):
        return f"{record.by} was no custodian"
    if isinstance(record, Person) and people.ids.get(record.name, record.id) != record.id:
        return "another person bears this name"
    if isinstance(record, Person) and _reserved(record.name):
        return "a name with a meaning of its own"
    if isinstance(record, Grant) and record.id in people.grants:
        return "a grant of this id was made before"
    if isinstance(record, Grant) and record.person not in people.persons:
        return "nobody has this id"
    return None


def _reserved(name: str) -> bool:
    """Tell whether a name would be read as something else where viewers are listed."""
    return name in {STAFF, ANY, CUSTODIANS} or name.startswith(CUSTODIAN) or re.match(_ID, name) is not None


def _with(people: People, record: Person | Grant | Revocation) -> People:
    if isinstance(record, Person):
        return replace(
            people, persons={**people.persons, record.id: record}, ids={**people.ids, record.name: record.id}
        )
    if isinstance(record, Grant):
        return replace(people, grants={**people.grants, record.id: record})
    return replace(people, revoked={record.grant: record.at, **people.revoked})
