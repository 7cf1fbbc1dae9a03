"""Batches: their registers, which are the truth, and the catalogue's copy, which follows."""

import secrets
from typing import Any

from pipeline.catalogue import ItemRow
from pipeline.core.clock import now_text
from pipeline.core.model import AssetId
from pipeline.errors import CODES, Corrupt
from pipeline.usecases.home import Home
from pipeline.usecases.tombstones import GONE, disposed

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
    """Put into the catalogue what the register of a batch has."""
    head, items = read_batch(home, batch)
    home.catalogue.add_items(batch, head["register"], head["created_at"], items)
    return head["register"], items


def read_batch(home: Home, batch: str) -> tuple[dict[str, Any], list[ItemRow]]:
    """Return the first line and the items of a batch's register; ``Corrupt`` when it contradicts itself."""
    head, *records = home.registers.read(f"{PREFIX}{batch}")
    gone = {n for register, n in disposed(home) if register == head["register"]}
    items = [item_of(one, gone=one["n"] in gone) for one in records if one["type"] == "item"]
    if [one.n for one in items] != list(range(1, len(items) + 1)):
        raise Corrupt(f"{PREFIX}{batch}: the items are not numbered in order", code="E-VAULT-002")
    return head, items


def item_of(record: dict[str, Any], *, gone: bool = False) -> ItemRow:
    """Read an item's line of a register; one whose bytes are ``gone`` was disposed of since."""
    if gone:
        reason = CODES[GONE].meaning
        return ItemRow(n=record["n"], asset=None, outcome="refused", code=GONE, reason=reason, record=record)
    return ItemRow(
        n=record["n"], asset=AssetId(record["asset"]) if record["asset"] else None, outcome=record["outcome"],
        code=record["code"], reason=record["reason"], record=record,
    )  # fmt: skip
