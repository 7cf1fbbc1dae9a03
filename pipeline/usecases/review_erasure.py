"""Review erasure: what persons said of an asset goes with it: it quotes the material and what they thought of it."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pipeline.core.clock import now_text
from pipeline.core.model import AssetId
from pipeline.errors import CODES, Misconfigured
from pipeline.usecases.home import Home
from pipeline.usecases.review_registers import register_of

_log = logging.getLogger(__name__)
_STAYS = ("type", "id", "asset", "by", "at")
"""What stays of a record: that this person said something then; the tombstone names the asset, too."""


def erase_reviews(home: Home, stones: Iterable[Mapping[str, Any]]) -> None:
    """Take what was said of disposed assets, before they were disposed of, out of every file. May be repeated."""
    gone: dict[str, dict[str, Mapping[str, Any]]] = {}
    for stone in stones:
        gone.setdefault(register_of(AssetId(stone["asset"])), {})[stone["asset"]] = stone
    for register, some in gone.items():
        if home.registers.has(register):
            with home.leases.holding(f"erase:{register}"):
                _erase(home, register, some)
        for asset in some:
            home.catalogue.reviews.forget(AssetId(asset))


def _erase(home: Home, register: str, gone: Mapping[str, Mapping[str, Any]]) -> None:
    waiting = {one["id"]: one["asset"] for one in home.registers.read(register) if _goes(one, gone)}
    if not waiting:
        return
    first = gone[next(iter(waiting.values()))]
    decision = {
        "by": first["by"], "approved_by": first["approved_by"], "at": now_text(), "reason": first["reason"],
        "items": [],
    }  # fmt: skip

    def change(record: dict[str, Any], stone: str) -> dict[str, Any]:
        return _erased(record, stone) if _goes(record, gone) else record

    try:
        home.vault.rewrite(register, change, decision, actor=home.actor)
    except Misconfigured as err:
        if err.code != "E-S3-006":
            raise
        _log.warning("%d records about disposed assets stay in a register: %s (%s)", len(waiting),
                     CODES[err.code].meaning, err.code)  # fmt: skip
        return
    for asset in sorted(set(waiting.values())):
        count = sum(one == asset for one in waiting.values())
        home.log.append("erase-reviews", actor=home.actor, subject=asset, records=count)
    home.log.checkpoint()


def _goes(record: Mapping[str, Any], gone: Mapping[str, Mapping[str, Any]]) -> bool:
    stone = gone.get(record.get("asset") or "")
    if stone is None or record.get("erased"):
        return False
    return datetime.fromisoformat(record["at"]) <= datetime.fromisoformat(stone["at"])


def _erased(record: dict[str, Any], stone: str) -> dict[str, Any]:
    return {**dict.fromkeys(record), **{name: record[name] for name in _STAYS}, "erased": stone}
