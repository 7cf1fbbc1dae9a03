"""Figure: one thing measured beside what it is compared with."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Ours and the peer's, measured in one run, in the same unit.

    ``bar`` is the ratio asked for (``None``: told, not asked for). ``ratio`` is above one where ours is better.
    """

    name: str
    peer_is: str
    ours: float
    peer: float
    unit: str
    better: Literal["higher", "lower"] = "higher"
    bar: float | None = None
    notes: str = ""

    @property
    def ratio(self) -> float:
        """How many times as good as the peer."""
        best, other = (self.ours, self.peer) if self.better == "higher" else (self.peer, self.ours)
        return best / other if other else float("inf")

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached."""
        return None if self.bar is None else self.ratio >= self.bar


class NotMeasured(Exception):  # noqa: N818 (said in the words of the report)
    """What a benchmark needs is not here: a device, a library, the test media. The message says what."""
