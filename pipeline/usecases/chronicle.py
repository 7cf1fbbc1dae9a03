"""Chronicle: what the custody log says of one asset, for whoever audits or keeps every batch that brought it."""

from collections.abc import Iterator
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.home import Home
from pipeline.vault.entry import Entry
from pipeline.vault.segments import entries

_MAY = (Permission.AUDIT, Permission.CUSTODY)


def chronicle(home: Home, access: Access, asset: AssetId, *, after: int = 0, limit: int = 200) -> dict[str, Any]:
    """Return the entries that name an asset, the oldest first; persons by their opaque ids, as the log has them.

    The log is read from its beginning: it has no index, and what an index said would not be the log.
    """
    check(home, access, asset)
    told = sorted(((one.at, segment, one.seq, one) for segment, one in _of(home, asset)), key=lambda each: each[:3])
    page = told[after : after + limit]
    return {
        "asset": asset,
        "entries": [
            {"at": at, "act": one.act, "actor": one.actor, "segment": segment, "seq": seq, "facts": _facts(one, asset)}
            for at, segment, seq, one in page
        ],
        "total": len(told), "next": after + limit if after + limit < len(told) else None,
    }  # fmt: skip


def check(home: Home, access: Access, asset: AssetId) -> None:
    """Raise unless the person audits or keeps all that brought the asset: the log tells of every one of them."""
    batches = {batch for batch, _ in home.catalogue.items_of(asset)}
    if not batches or not all(any(access.may(one, batch) for one in _MAY) for batch in batches):
        raise Denied(CODES["E-ACCESS-001"].meaning, code="E-ACCESS-001")


def _of(home: Home, asset: AssetId) -> Iterator[tuple[str, Entry]]:
    for segment, one in entries(home.settings.vault):
        together = one.facts.get("assets")  # a list of ids in some acts, in others how many there were
        if asset in (one.subject or "") or (isinstance(together, list) and asset in together):
            yield segment, one


def _facts(one: Entry, asset: AssetId) -> dict[str, Any]:
    """Return what an entry says, without the other assets that were looked at together with this one."""
    return {name: [asset] if isinstance(value, list) and asset in value else value for name, value in one.facts.items()}
