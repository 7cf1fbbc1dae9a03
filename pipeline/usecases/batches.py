"""Batches: their registers, which are the truth, and the catalogue's copy, which follows."""

import secrets
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.clock import now_text
from pipeline.core.model import AssetId
from pipeline.errors import Corrupt
from pipeline.usecases.home import Home

PREFIX = "batch/"


def open_batch(home: Home, batch: str, actor: str) -> tuple[str, list[ItemRow]]:
    """Return the opaque id and the items of a batch, made now if there is none; the caller holds its lease.

    What a crash left in the register and not in the catalogue is brought over.
    """
    name = f"{PREFIX}{batch}"
    if not home.registers.has(name):
        head = {
            "type": "batch", "schema": "batch/1", "ref": batch, "register": f"r-{secrets.token_hex(8)}",
            "created_at": now_text(), "created_by": actor,
        }  # fmt: skip
        home.registers.append(name, [head], key=f"open-{batch}", actor=actor)
    return bring_over(home, batch)


def bring_over(home: Home, batch: str) -> tuple[str, list[ItemRow]]:
    """Put into the catalogue what the register of a batch has; ``Corrupt`` when it contradicts itself."""
    head, *records = home.registers.read(f"{PREFIX}{batch}")
    items = [item_of(one) for one in records if one["type"] == "item"]
    if [one.n for one in items] != list(range(1, len(items) + 1)):
        raise Corrupt(f"{PREFIX}{batch}: the items are not numbered in order", code="E-VAULT-002")
    home.catalogue.add_items(batch, head["register"], head["created_at"], items)
    return head["register"], items


def item_of(record: dict[str, Any]) -> ItemRow:
    """Read an item's line of a register."""
    return ItemRow(
        n=record["n"], asset=AssetId(record["asset"]) if record["asset"] else None, outcome=record["outcome"],
        code=record["code"], reason=record["reason"], record=record,
    )  # fmt: skip
