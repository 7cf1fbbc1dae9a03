"""Withdrawing: what was made from a held asset leaves index and derivatives; what was let go comes back."""

from typing import Any

from pipeline.core.model import AssetId
from pipeline.errors import Misconfigured
from pipeline.usecases.crew import lease_of
from pipeline.usecases.home import Home
from pipeline.usecases.line import Line
from pipeline.usecases.unlawful import listed, stop_alike, stop_listed


def withdraw(home: Home, asset: AssetId) -> None:
    """Bring index and derivatives in line with what was just decided about an asset.

    A worker that has the asset in hand does it when it ends; meanwhile the gate closes it all the same.
    """
    name = lease_of(asset)
    if home.leases.take(name):
        try:
            Line(home).finish(asset)
        finally:
            home.leases.release(name)


def check_listed(home: Home) -> dict[str, Any]:
    """Hold whatever the operator's lists name by now; what a custodian let go stays open."""
    lists = listed(home)
    if lists is None:
        raise Misconfigured("no lists are configured", next_step="set unlawful_digests")
    checked = held = 0
    for asset in home.vault.assets():
        checked += 1
        if stop_listed(home, asset, lists) or stop_alike(home, asset, lists):
            held += 1
            withdraw(home, asset)
    return {"checked": checked, "held": held}
