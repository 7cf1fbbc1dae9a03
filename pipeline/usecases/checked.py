"""Checked: when each asset was last read by an audit, as the custody log tells."""

from collections.abc import Callable
from datetime import datetime

from pipeline.core.model import AssetId
from pipeline.usecases.home import Home
from pipeline.vault.audited import last_times


def last_checked(home: Home) -> Callable[[AssetId], datetime | None]:
    """Return a function that says when an asset was last read by an audit; ``None`` is never.

    The log is read once, now: ask the function about as many assets as you like.
    """
    times = last_times(home.settings.vault)
    return lambda asset: datetime.fromisoformat(times[asset]) if asset in times else None
