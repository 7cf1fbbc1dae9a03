"""Exposure: what a person looked at that can distress, counted for them alone."""

from typing import Any

from pipeline.errors import CODES
from pipeline.service.door import Door
from pipeline.usecases.access import Denied
from pipeline.usecases.exposure import Tally
from pipeline.usecases.home import STRANGER


class Exposure:
    """One's own tally. There is no way to another's, and nothing of it in the custody log."""

    def __init__(self, door: Door) -> None:
        self._home = door.home

    def looked(self) -> dict[str, Any]:
        """Count that the person chose to look at, or to listen to, something that was veiled; say if a break is due."""
        return self._mine().looked()

    def shown(self) -> dict[str, Any]:
        """Return the person's own tally."""
        return self._mine().shown()

    def clear(self) -> dict[str, Any]:
        """Forget the person's own tally."""
        return self._mine().clear()

    def _mine(self) -> Tally:
        if self._home.actor == STRANGER:
            raise Denied(CODES["E-ACCESS-001"].meaning)
        return Tally(self._home)
