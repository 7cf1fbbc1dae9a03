"""Pages: a batch as one file to read, for the person who asks and for nobody else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.among import STAFF
from pipeline.core.clock import now_text
from pipeline.core.gate import Purpose
from pipeline.core.model import AssetId, Kind
from pipeline.exports.page import MOST_ITEMS, Piece, Told, write_page
from pipeline.usecases.access import COUNTING, Access
from pipeline.usecases.find import document
from pipeline.usecases.home import Home
from pipeline.usecases.reviews import names_for

_THUMBNAIL = "thumbnail"
_RESTRICTED = "restricted: its conditions name who may see it; evidence show opens it for them"
_NOT_YOURS = "not for you to see"
_REFUSED = "nothing was preserved"


def write_report(home: Home, access: Access, batch: str, status: dict[str, Any], to: Path) -> dict[str, Any]:
    """Write the page of a batch; say how many items it shows, and how many it leaves out.

    What only named persons may see is listed and not shown: a file can be passed on, and conditions bind
    whatever is made from the material.
    """
    items = list(home.catalogue.items(batch))
    if not any(access.may(one, batch) for one in COUNTING):
        # Who may not read the ledger of a batch learns nothing from its page either: neither that there is
        # more than they see, nor what was refused.
        items = [one for one in items if one.asset and (batch, one.n) in access.decide(Purpose.VIEW, one.asset).through]
        status = {**status, "items": len(items), "accounted": len(items), "outcomes": {}, "partial": 0}
    first: dict[AssetId, int] = {}
    pieces = [_piece(home, access, batch, one, first) for one in items[:MOST_ITEMS]]
    told = Told(
        batch=batch, reader=home.reader, made_at=now_text(), vault=home.vault_id, status=status,
        pieces=pieces, identifying=any(one.identifying for one in pieces), items=len(items),
    )  # fmt: skip
    write_page(told, to)
    shown = sum(one.document is not None for one in pieces)
    return {"batch": batch, "page": str(to), "items": len(items), "shown": shown, "not_shown": len(items) - shown}


def _piece(home: Home, access: Access, batch: str, item: ItemRow, first: dict[AssetId, int]) -> Piece:
    name = f"item {item.n}"
    if item.asset is None:
        return Piece(n=item.n, name=_name(item), document=None, instead=f"{_REFUSED}: {item.reason or item.code}")
    decision = access.decide(Purpose.VIEW, item.asset)
    if not decision.allowed:
        return Piece(n=item.n, name=name, document=None, instead=_NOT_YOURS)
    if decision.terms is None or decision.terms.view != STAFF:
        return Piece(n=item.n, name=name, document=None, instead=_RESTRICTED)
    told = document(home, item.asset, decision, names=names_for(access, decision))
    earlier = first.setdefault(item.asset, item.n)
    return Piece(
        n=item.n, name=_name(item) if (batch, item.n) in decision.sources else name, document=told,
        thumbnail=_thumbnail(home, access, item.asset, told), same_as=earlier if earlier != item.n else None,
        identifying=not decision.withheld,
    )  # fmt: skip


def _name(item: ItemRow) -> str:
    return str(item.record["filename"])


def _thumbnail(home: Home, access: Access, asset: AssetId, told: Mapping[str, Any]) -> tuple[str, bytes] | None:
    if asset in access.rulings.held or home.quarantine.holds(asset):
        return None  # also who may know of it is not to meet it by chance; nor is damage shown as evidence
    for one in told["enrichments"]:
        if one["current"] and one["kind"] == Kind.PREVIEWS:
            for made in one["derivatives"]:
                if made["role"] == _THUMBNAIL:
                    file = home.vault.kept(asset, made["sha256"]) or home.derivatives.get(made["sha256"])
                    return (made["media_type"], file.read_bytes()) if file else None
    return None
