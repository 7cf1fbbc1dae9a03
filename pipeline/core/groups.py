"""Groups: named sets of persons, so that one grant reaches them all; who leaves loses what it gave, at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from pipeline.core.document import Document, Moment, Name

PERSON_ID = r"^p-[0-9a-z]{4,64}$"
_GROUP_ID = r"^group-[0-9a-z]{4,64}$"
PersonId = Annotated[str, Field(pattern=PERSON_ID)]
GroupId = Annotated[str, Field(pattern=_GROUP_ID)]
HolderId = Annotated[str, Field(pattern=rf"{PERSON_ID}|{_GROUP_ID}")]
"""Whom a grant is made to."""


class Group(Document):
    """A set of persons under one name; it does nothing itself, and no name is ever another's."""

    type: Literal["group"] = "group"
    id: GroupId
    name: Name
    by: PersonId
    at: Moment


class Join(Document):
    """A person belongs to a group from now on."""

    type: Literal["join"] = "join"
    group: GroupId
    person: PersonId
    by: PersonId
    at: Moment


class Leave(Document):
    """A person belongs to a group no more, at once."""

    type: Literal["leave"] = "leave"
    group: GroupId
    person: PersonId
    by: PersonId
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """From when to when somebody belonged to a group."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Every group, and who was in it when."""

    known: Mapping[str, Group] = field(default_factory=dict)
    stays: Mapping[tuple[str, str], tuple[Stay, ...]] = field(default_factory=dict)
    """(group, person) → every stay, in the order of the register."""

    def named(self, name: str) -> Group | None:
        """Return the group of this name."""
        return next((one for one in self.known.values() if one.name == name), None)

    def of(self, person: str, now: datetime) -> frozenset[str]:
        """Return the groups that a person belongs to; one that was left is left whatever two machines' clocks say."""
        return frozenset(
            group
            for (group, member), stays in self.stays.items()
            if member == person and stays[-1].until is None and stays[-1].since <= now
        )

    def once_of(self, person: str, at: datetime) -> frozenset[str]:
        """Return the groups that a person belonged to at a time past, left since or not."""
        return frozenset(
            group
            for (group, member), stays in self.stays.items()
            if member == person and any(one.since <= at and (one.until is None or at < one.until) for one in stays)
        )

    def members(self, group: str) -> tuple[str, ...]:
        """Return who belongs to a group."""
        return tuple(who for (one, who), stays in self.stays.items() if one == group and stays[-1].until is None)

    def objection(self, record: Group | Join | Leave) -> str | None:
        """Say why a record counts for nothing."""
        if isinstance(record, Group):
            if record.id in self.known:
                return "a group of this id was made before"
            return "another group bears this name" if self.named(record.name) else None
        if record.group not in self.known:
            return "no group has this id"
        inside = record.person in self.members(record.group)
        if isinstance(record, Join):
            return "they belong to the group already" if inside else None
        return None if inside else "they do not belong to the group"

    def with_record(self, record: Group | Join | Leave) -> "Groups":
        """Return the groups after a record that counts."""
        if isinstance(record, Group):
            return replace(self, known={**self.known, record.id: record})
        key = record.group, record.person
        stays = self.stays.get(key, ())
        if isinstance(record, Join):
            stays = (*stays, Stay(since=record.at))
        else:
            stays = (*stays[:-1], replace(stays[-1], until=record.at))
        return replace(self, stays={**self.stays, key: stays})
