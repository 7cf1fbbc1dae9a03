"""Table: what was interrupted, how often, and how much of it came out right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

COLUMNS = ("act", "fault", "points", "tried", "recovered", "how it ended")


@dataclass(kw_only=True)
class Row:
    """One act under one kind of fault: so many points there are, so many were tried, so many came out right."""

    act: str = ""
    fault: str = ""
    points: int = 0
    tried: int = 0
    recovered: int = 0
    endings: dict[str, int] = field(default_factory=dict)

    def cells(self) -> list[str]:
        """Return its cells."""
        share = f"{100 * self.recovered / self.tried:.4g} %" if self.tried else "-"
        ends = ", ".join(f"{count} {name}" for name, count in sorted(self.endings.items()))
        return [self.act, self.fault, str(self.points), str(self.tried), share, ends]


def spelled(rows: Iterable[Sequence[str]]) -> list[str]:
    """Spell a table in Markdown."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
