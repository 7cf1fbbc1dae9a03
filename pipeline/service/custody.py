"""Custody: persons, and the terms that bind material."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.people import Permission
from pipeline.service.door import Door
from pipeline.usecases import persons, terms
from pipeline.usecases.access import Access


class Custody:
    """Grants and conditions, which only a custodian may change."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def grant(self, person: str, **given: Any) -> dict[str, Any]:
        """Give a person or a group permissions, or take all of theirs back."""
        self._door.need("grant", Permission.CUSTODY)
        return persons.grant(self._home, Access(self._home), person, **given)

    def change_group(self, act: str, name: str, members: Sequence[str] = ()) -> dict[str, Any]:
        """Make a group, or take persons in or out: ``add``, ``join``, ``leave``."""
        self._door.need("group", Permission.CUSTODY)
        return persons.change_group(self._home, Access(self._home), act, name, members)

    def people(self) -> dict[str, Any]:
        """List persons and groups with the grants in force."""
        self._door.need("people", Permission.CUSTODY)
        access = Access(self._home)
        return {"people": persons.listing(access), "groups": persons.group_listing(access)}

    def conditions(self, batch: str, file: Path, *, n: int | None = None, reason: str = "") -> dict[str, Any]:
        """Change what binds a batch, or one of its items, from now on."""
        register = self._door.batch(batch, Permission.CUSTODY)
        return terms.amend(self._home, batch, register, file, n=n, reason=reason)
