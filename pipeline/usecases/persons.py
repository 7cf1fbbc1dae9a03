"""Persons: who may act here, and in which groups; every change is a record of the register ``people``."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.core.conditions import Classification
from pipeline.core.document import moment
from pipeline.core.groups import Group, Join, Leave
from pipeline.core.people import ROLES, Grant, People, Permission, Person, Record, Revocation, as_record, fold_people
from pipeline.errors import Misconfigured
from pipeline.usecases.access import Access
from pipeline.usecases.home import PEOPLE, Home


def grant(
    home: Home,
    access: Access,
    name: str,
    *,
    group: bool = False,
    role: str | None = None,
    permissions: Sequence[str] = (),
    batches: Sequence[str] | None = None,
    clearance: str | None = None,
    until: str | None = None,
    revoke: bool = False,
) -> dict[str, Any]:
    """Give a person or a group permissions over all batches or some, or take all of theirs back.

    Return what they have now. A person not known yet is known from now on; a group is made first.
    """
    now = datetime.now(UTC)
    records: list[Record] = []
    holder = _group(access.people, name).id if group else None
    if holder is None and (person := access.people.named(name)) is not None:
        holder = person.id
    if revoke:
        if holder is None:
            raise Misconfigured("nobody of this name is known here", code="E-CONF-009")
        live = [one.id for one in access.people.grants.values() if one.person == holder]
        records += [Revocation(grant=one, by=home.actor, at=now) for one in live if one not in access.people.revoked]
    else:
        wanted = _permissions(role, permissions)
        if holder is None:
            records.append(fresh := _person(home, name, now))
            holder = fresh.id
        made = Grant(
            id=f"g-{secrets.token_hex(6)}", person=holder, permissions=wanted, by=home.actor, at=now,
            clearance=_clearance(wanted, clearance), batches="any" if batches is None else frozenset(batches),
            until=_until(until),
        )  # fmt: skip
        records.append(made)
    _keep(home, access, "revoke" if revoke else "grant", holder, records)
    after = Access(home)
    return next(one for one in [*listing(after), *group_listing(after)] if one["id"] == holder)


def change_group(
    home: Home, access: Access, act: str, name: str, members: Sequence[str] = ()
) -> dict[str, Any]:  # fmt: skip
    """Make a group, or take persons in or out (``add``, ``join``, ``leave``); return it as it is now."""
    now, records = datetime.now(UTC), list[Record]()
    if act == "add":
        try:
            group = Group(id=f"group-{secrets.token_hex(6)}", name=name, by=home.actor, at=now)
        except ValidationError as err:
            raise Misconfigured("no group can bear this name", code="E-CONF-009") from err
        records.append(group)
    else:
        group = _group(access.people, name)
    for member in dict.fromkeys(members):
        person = access.people.named(member)
        if person is None and act == "leave":
            raise Misconfigured("nobody of this name is known here", code="E-CONF-009")
        if person is None:
            records.append(person := _person(home, member, now))
        kind = Leave if act == "leave" else Join
        records.append(kind(group=group.id, person=person.id, by=home.actor, at=now))
    _keep(home, access, f"group-{act}", group.id, records)
    return next(one for one in group_listing(Access(home)) if one["id"] == group.id)


def _keep(home: Home, access: Access, act: str, subject: str, records: Sequence[Record]) -> None:
    """Write records down, unless they would count for nothing: they stand in a register for ever."""
    if not records:
        return
    lines = [as_record(one) for one in records]
    after = fold_people([*home.registers.read(PEOPLE), *lines])
    if new := after.void[len(access.people.void) :]:
        raise Misconfigured(new[0].partition(": ")[2], code="E-CONF-009")
    home.registers.append(PEOPLE, lines, key=f"{act}-{secrets.token_hex(8)}", actor=home.actor)
    home.log.append(act, actor=home.actor, subject=subject, records=len(lines))
    home.log.checkpoint()


def _person(home: Home, name: str, now: datetime) -> Person:
    try:
        return Person(id=f"p-{secrets.token_hex(6)}", name=name, by=home.actor, at=now)
    except ValidationError as err:
        raise Misconfigured("nobody can bear this name", code="E-CONF-009") from err


def _group(people: People, name: str) -> Group:
    if (found := people.groups.named(name)) is None:
        raise Misconfigured("no group of this name is known here", code="E-CONF-009")
    return found


def _until(given: str | None) -> datetime | None:
    try:
        found = None if given is None else moment(given)
    except ValueError as err:
        raise Misconfigured(f"--until: {err}", code="E-CONF-009") from err
    return found if isinstance(found, datetime) else None


def _permissions(role: str | None, given: Sequence[str]) -> frozenset[Permission]:
    try:
        wanted = frozenset(Permission(one) for one in given)
    except ValueError as err:
        known = ", ".join(sorted(Permission))
        raise Misconfigured(f"{err}; there are: {known}", code="E-CONF-009") from err
    wanted |= ROLES[role] if role else frozenset()
    if not wanted:
        raise Misconfigured("name a role or at least one permission", code="E-CONF-009")
    return wanted


def _clearance(wanted: frozenset[Permission], given: str | None) -> Classification:
    """Custodians reach everything; others what is restricted, the default level, unless more is granted."""
    if given is not None:
        return Classification(given)
    return Classification.SEALED if Permission.CUSTODY in wanted else Classification.RESTRICTED


def listing(access: Access) -> list[dict[str, Any]]:
    """Return every person with the grants in force, and the groups that they belong to."""
    people, now = access.people, datetime.now(UTC)
    return [
        {
            "id": person.id,
            "name": person.name,
            "groups": sorted(people.groups.known[one].name for one in people.groups.of(person.id, now)),
            "grants": _grants(people, person.id, now),
        }
        for person in people.persons.values()
    ]


def group_listing(access: Access) -> list[dict[str, Any]]:
    """Return every group with the grants in force, and the names of who belongs to it."""
    people, now = access.people, datetime.now(UTC)
    return [
        {
            "id": group.id,
            "name": group.name,
            "members": sorted(people.persons[one].name for one in people.groups.members(group.id)),
            "grants": _grants(people, group.id, now),
        }
        for group in people.groups.known.values()
    ]


def _grants(people: People, holder: str, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "permissions": sorted(one.permissions),
            "batches": one.batches if isinstance(one.batches, str) else sorted(one.batches),
            "clearance": str(one.clearance),
            "until": one.until.isoformat() if one.until else None,
        }
        for one in people.grants.values()
        if one.person == holder and one.id not in people.revoked and (one.until is None or now < one.until)
    ]
