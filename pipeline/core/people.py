"""People: who may act here, and what each, or a group of them, was granted; a fold over the register ``people``.

Nobody has a permission that no custodian granted, except the founder, whose two records open the
register. A record that its author had no right to make counts for nothing and stands in ``void``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.core.among import ANY, CUSTODIAN, CUSTODIANS, STAFF
from pipeline.core.conditions import Classification
from pipeline.core.document import Document, Moment, Name, Names, spelled
from pipeline.core.groups import PERSON_ID, Group, Groups, HolderId, Join, Leave, PersonId
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
    REVIEW = "review"
    """Confirm, correct and reject what a machine said."""
    ADMINISTER = "administer"
    """Manage accounts: who signs in and how, not what they may do then."""


EVERY = frozenset(Permission)
_ONCE_EVERY = EVERY - {Permission.REVIEW, Permission.ADMINISTER}
"""Every permission there was when the first registers were written: a grant of them all was meant as one of all."""

ROLES: Mapping[str, frozenset[Permission]] = {
    "reader": frozenset({Permission.VIEW, Permission.SEARCH}),
    "analyst": frozenset({Permission.VIEW, Permission.SEARCH, Permission.EXPORT}),
    "reviewer": frozenset({Permission.VIEW, Permission.SEARCH, Permission.REVIEW}),
    "operator": frozenset({Permission.SUBMIT, Permission.PROCESS}),
    "administrator": frozenset({Permission.ADMINISTER}),
    "custodian": EVERY,
}
"""Names for usual sets of permissions; a grant records the permissions themselves."""


class Person(Document):
    """Somebody who acts, under an opaque id; the name stands here and nowhere else."""

    type: Literal["person"] = "person"
    id: PersonId
    name: Name
    by: PersonId
    at: Moment


class Grant(Document):
    """What may be done: over which batches (``any`` is all), up to which classification, until when."""

    type: Literal["grant"] = "grant"
    id: Annotated[str, Field(min_length=1, max_length=100)]
    person: HolderId
    """Who holds it: a person, or everybody in a group while they are in it."""
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


Record = Person | Grant | Revocation | Group | Join | Leave
_RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])
_KINDS = frozenset({"person", "grant", "revoke", "group", "join", "leave"})


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody known and every grant ever made, with the time at which it was revoked."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    """Every name that a person ever bore → the id; no name is ever given to another."""
    grants: Mapping[str, Grant] = field(default_factory=dict)
    revoked: Mapping[str, datetime] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    void: tuple[str, ...] = ()
    """Records that count for nothing, and why."""
    within: Mapping[str, frozenset[Permission]] = field(default_factory=dict)
    """Persons who act through a token now → the permissions that it keeps to."""

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
        live = (one for one in self.grants.values() if one.id not in self.revoked)
        holders = self.groups.of(person, now) | {person}
        return self._allowed(live, holders, batch, now, level) & self.within.get(person, EVERY)

    def may(self, person: str, permission: Permission, now: datetime, batch: str | None = None) -> bool:
        """Tell whether a person has a permission over a batch (``None``: over all)."""
        return permission in self.permissions(person, batch, now)

    def might(self, person: str, permission: Permission, at: datetime, batch: str | None) -> bool:
        """Tell whether a person had a permission at a time past, revoked since or not."""
        held = (one for one in self.grants.values() if one.id not in self.revoked or at < self.revoked[one.id])
        holders = self.groups.once_of(person, at) | {person}
        return permission in self._allowed(held, holders, batch, at, Classification.UNRESTRICTED)

    @staticmethod
    def _allowed(
        grants: Iterable[Grant], holders: frozenset[str], batch: str | None, at: datetime, level: Classification
    ) -> frozenset[Permission]:
        sets = (
            one.permissions
            for one in grants
            if one.person in holders
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


def as_record(value: Record) -> dict[str, Any]:
    """Return a record as it stands in the register: lists sorted, times in UTC."""
    found = value.model_dump(mode="json")
    return {key: sorted(one) if isinstance(one, list) else one for key, one in found.items()}


def fold_people(records: Iterable[Mapping[str, Any]]) -> People:
    """Read the register in order; ``Corrupt`` (E-VAULT-002) when a record is malformed.

    A kind of record that this version does not know could take something away: ``Misconfigured`` (E-VAULT-007).
    """
    people = People()
    for number, value in enumerate(records):
        if value.get("type") not in _KINDS:
            raise Misconfigured(f"people: record {number} is of a kind unknown here", code="E-VAULT-007")
        try:
            record = _RECORD.validate_json(json.dumps(value))
        except ValidationError as err:
            raise Corrupt(f"people: record {number} is malformed", code="E-VAULT-002") from err
        fault = _objection(people, record)
        people = replace(people, void=(*people.void, f"{number}: {fault}")) if fault else _with(people, record)
    return people


def _objection(people: People, record: Record) -> str | None:
    """Say why a record counts for nothing."""
    if isinstance(record, Group | Join | Leave) and (fault := people.groups.objection(record)):
        return fault
    return next((fault for fault, stands in _faults(people, record) if stands), None)


def _faults(people: People, record: Record) -> Iterator[tuple[str, bool]]:
    """Yield what a record can be void for, and whether it is."""
    subject = record.id if isinstance(record, Person) else record.person if isinstance(record, Grant) else None
    custodian = people.may(record.by, Permission.CUSTODY, record.at)
    yield f"{record.by} was no custodian", not (record.by == subject and not people.grants) and not custodian
    if isinstance(record, Person | Group):
        yield "another person bears this name", _borne(people, record)
        yield "a name with a meaning of its own", _reserved(record.name)
    if isinstance(record, Grant):
        yield "a grant of this id was made before", record.id in people.grants
        yield "nobody has this id", record.person not in {*people.persons, *people.groups.known}
    if isinstance(record, Join | Leave):
        yield "nobody has this id", record.person not in people.persons


def _borne(people: People, record: Person | Group) -> bool:
    """Tell whether a name is another's, be it a person's or a group's."""
    group = people.groups.named(record.name) if isinstance(record, Person) else None
    return group is not None or people.ids.get(record.name, record.id) != record.id


def _reserved(name: str) -> bool:
    """Tell whether a name would be read as something else where viewers are listed."""
    return name in {STAFF, ANY, CUSTODIANS} or name.startswith(CUSTODIAN) or re.match(PERSON_ID, name) is not None


def _with(people: People, record: Record) -> People:
    if isinstance(record, Group | Join | Leave):
        return replace(people, groups=people.groups.with_record(record))
    if isinstance(record, Person):
        return replace(
            people, persons={**people.persons, record.id: record}, ids={**people.ids, record.name: record.id}
        )
    if isinstance(record, Grant):
        if record.permissions >= _ONCE_EVERY:
            record = record.model_copy(update={"permissions": EVERY})
        return replace(people, grants={**people.grants, record.id: record})
    return replace(people, revoked={record.grant: record.at, **people.revoked})
