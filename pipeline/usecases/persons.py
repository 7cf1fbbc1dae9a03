"""Persons: who may act here; every change is a record of the register ``people``."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.core.conditions import Classification
from pipeline.core.people import ROLES, Grant, Permission, Person, Revocation, as_record, fold_people
from pipeline.errors import Misconfigured
from pipeline.usecases.access import Access
from pipeline.usecases.home import PEOPLE, Home


def grant(
    home: Home,
    access: Access,
    name: str,
    *,
    role: str | None = None,
    permissions: Sequence[str] = (),
    batches: Sequence[str] | None = None,
    clearance: str | None = None,
    revoke: bool = False,
) -> dict[str, Any]:
    """Give a person permissions over all batches or some, or take all of theirs back; return what they have now."""
    now = datetime.now(UTC)
    person = access.people.named(name)
    records: list[dict[str, Any]] = []
    if revoke:
        if person is None:
            raise Misconfigured("nobody of this name is known here", code="E-CONF-009")
        records += [
            as_record(Revocation(grant=one.id, by=home.actor, at=now))
            for one in access.people.grants.values()
            if one.person == person.id and one.id not in access.people.revoked
        ]
    else:
        wanted = _permissions(role, permissions)
        if person is None:
            try:
                person = Person(id=f"p-{secrets.token_hex(6)}", name=name, by=home.actor, at=now)
            except ValidationError as err:
                raise Misconfigured("nobody can bear this name", code="E-CONF-009") from err
            records.append(as_record(person))
        made = Grant(
            id=f"g-{secrets.token_hex(6)}", person=person.id, permissions=wanted,
            clearance=_clearance(wanted, clearance),
            batches="any" if batches is None else frozenset(batches), by=home.actor, at=now,
        )  # fmt: skip
        records.append(as_record(made))
    if records:
        _try(home, access, records)
        home.registers.append(PEOPLE, records, key=f"grant-{secrets.token_hex(8)}", actor=home.actor)
        home.log.append("revoke" if revoke else "grant", actor=home.actor, subject=person.id, records=len(records))
        home.log.checkpoint()
    mine = [one for one in listing(Access(home)) if one["id"] == person.id]
    return mine[0]


def _try(home: Home, access: Access, records: list[dict[str, Any]]) -> None:
    """Refuse records that would count for nothing, before they stand in a register for ever."""
    after = fold_people([*home.registers.read(PEOPLE), *records])
    if new := after.void[len(access.people.void) :]:
        raise Misconfigured(new[0].partition(": ")[2], code="E-CONF-009")


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
    """Return every person with the grants in force."""
    now = datetime.now(UTC)
    people = access.people
    rows: list[dict[str, Any]] = []
    for person in people.persons.values():
        live = [
            one
            for one in people.grants.values()
            if one.person == person.id and one.id not in people.revoked and (one.until is None or now < one.until)
        ]
        grants = [
            {
                "id": one.id,
                "permissions": sorted(one.permissions),
                "batches": one.batches if isinstance(one.batches, str) else sorted(one.batches),
                "clearance": str(one.clearance),
                "until": one.until.isoformat() if one.until else None,
            }
            for one in live
        ]
        rows.append({"id": person.id, "name": person.name, "grants": grants})
    return rows
