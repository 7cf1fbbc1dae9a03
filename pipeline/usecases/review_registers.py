"""Review registers: where what persons say of assets is kept, and how a record comes there."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.document import written
from pipeline.core.model import AssetId
from pipeline.usecases.home import Home

REVIEW = "review/"
"""The registers of judgements, tags and memberships, one for each two first digits of the assets."""

COLLECTIONS = "collections"
"""The register of what collections there are."""


_PATIENCE = timedelta(hours=1)


def register_of(asset: AssetId) -> str:
    """Return the register in which everything stands that persons say of an asset."""
    return f"{REVIEW}{asset[:2]}"


def write(home: Home, register: str, records: Sequence[Mapping[str, Any]], *, act: str, subject: str | None) -> None:
    """Add records, and an entry for each to the custody log, which names the record's digest and nothing of it."""
    home.catalogue.reviews.begin(register, records)
    home.registers.append(register, records, key=f"{act}-{secrets.token_hex(8)}", actor=home.actor)
    for one in records:
        home.log.append(act, actor=home.actor, subject=subject, record=digest(one))
    home.log.checkpoint()
    home.catalogue.reviews.settle(register, records)


def catch_up(home: Home) -> None:
    """Settle what killed writers left; one look where nothing is left.

    A writer who is alive may be about to append: what the register does not have yet stays for an hour.
    """
    late = written(datetime.now(UTC) - _PATIENCE)
    for register, ids in home.catalogue.reviews.unsure().items():
        there = [one for one in home.registers.read(register) if one.get("id") in ids and not one.get("erased")]
        home.catalogue.reviews.settle(register, there)
        never = {name for name, made_at in ids.items() if made_at < late} - {one["id"] for one in there}
        home.catalogue.reviews.drop(register, never)
