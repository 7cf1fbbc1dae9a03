"""Exposure: how much that can distress a person looked at lately; theirs alone, and a reminder to rest.

The tally lies beside the accounts, outside the home: it is no part of what is preserved, no command shows
anybody's but one's own, and it knows numbers and times, never what was looked at.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pipeline.usecases.home import Home
from pipeline.vault.files import write_new, writing
from pipeline.vault.process import locked

_DAYS = 30
"""Days that the tally goes back."""


class Tally:
    """One person's own."""

    def __init__(self, home: Home, *, now: Callable[[], float] = time.time) -> None:
        self._folder = home.settings.keys / home.vault_id / "exposure"
        self._file = self._folder / f"{home.actor}.json"
        self._settings = home.settings
        self._now = now

    def looked(self) -> dict[str, Any]:
        """Count one more sensitive item, and say whether a break is due."""
        with writing("the key folder"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / "lock"):
            kept = self._read()
            now, today = self._now(), self._today()
            rested = now - kept["last"] >= self._settings.exposure_break_seconds
            days = {**kept["days"], today: kept["days"].get(today, 0) + 1}
            days = dict(sorted(days.items())[-_DAYS:])
            fresh = {"days": days, "in_a_row": 1 if rested else kept["in_a_row"] + 1, "last": now}
            self._write(fresh)
        return self._told(fresh)

    def shown(self) -> dict[str, Any]:
        """Return the tally."""
        return self._told(self._read())

    def clear(self) -> dict[str, Any]:
        """Forget it all: it is theirs."""
        self._file.unlink(missing_ok=True)
        return self.shown()

    def _told(self, kept: dict[str, Any]) -> dict[str, Any]:
        rested = self._now() - kept["last"] >= self._settings.exposure_break_seconds
        in_a_row = 0 if rested else kept["in_a_row"]
        return {
            "today": kept["days"].get(self._today(), 0), "days": kept["days"], "in_a_row": in_a_row,
            "break_after": self._settings.exposure_items, "break_due": in_a_row >= self._settings.exposure_items,
        }  # fmt: skip

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).date().isoformat()

    def _read(self) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"days": {}, "in_a_row": 0, "last": 0.0}
        return kept

    def _write(self, kept: dict[str, Any]) -> None:
        fresh = self._file.with_suffix(".fresh")
        with writing("the key folder"):
            fresh.unlink(missing_ok=True)
            write_new(fresh, json.dumps(kept).encode(), mode=0o600)
            fresh.replace(self._file)
