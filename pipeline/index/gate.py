"""Gate: what of the index may enter an answer, asked once for each sort of passage and for many assets at once."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.ports import IndexRow
from pipeline.index.passages import slot_of, slot_range

SELECT = (
    "SELECT p.asset, p.field, p.text, p.enrichment, p.media, p.language, p.t, p.until, p.lat, p.lon, p.batch, p.n, "
    "p.source_identifying, p.exact, p.light, p.partial, p.id FROM "
)
_SORTS = (
    "SELECT DISTINCT field, CASE WHEN field IN ('tags', 'objects', 'places') THEN text ELSE '' END, enrichment, media, "
    "language, batch, n, source_identifying FROM passages WHERE id BETWEEN ? AND ? AND asset = ?"
)

Found = tuple[Any, ...]
"""The values of ``SELECT``."""
Permits = Callable[[str, IndexRow], bool]
"""Whether a passage of an asset may be known to who asks. It must depend on nothing but the asset
and the passage's field, enrichment, acquisition and ``source_identifying``: one answer is used for
all passages that share these."""
Opens = Callable[[Collection[str]], Collection[str]]
"""Which of these assets may have anything to show: asked for many at once, before each passage is."""


@dataclass(slots=True, kw_only=True)
class Gate:
    """Asks once for each sort of passage, and once for each asset."""

    permits: Permits
    opens: Opens | None = None
    asset_filter: Callable[[str], bool] | None = None
    _answers: dict[tuple[Any, ...], bool] = field(default_factory=dict)
    _open: dict[str, bool] = field(default_factory=dict)

    def __call__(self, found: Found) -> bool:
        """Tell whether a passage may enter the answer at all."""
        asset, name, _, enrichment = found[:4]
        sort = (asset, name, enrichment, *found[10:13])
        if sort not in self._answers:
            if asset not in self._open:
                self.look([asset])
            self._answers[sort] = self._open[asset] and self.permits(asset, row_of(found))
        return self._answers[sort]

    def look(self, assets: Iterable[str]) -> None:
        """Ask for many assets at once."""
        new = {one for one in assets if one not in self._open}
        if new:
            passed = set(new if self.opens is None else self.opens(new))
            for one in new:
                self._open[one] = one in passed and (self.asset_filter is None or self.asset_filter(one))

    def opened(self, asset: str) -> bool:
        """Tell what was learned of an asset."""
        return self._open[asset]


def sorts_of(connection: sqlite3.Connection, asset: str) -> Iterator[IndexRow]:
    """Yield each sort of passage that an asset has; of labels and places every text, of others none."""
    for name, text, told, media, language, batch, n, identifying in connection.execute(
        _SORTS, (*slot_range(slot_of(asset)), asset)
    ):
        yield IndexRow(
            field=name, text=text, enrichment=told, media=media, language=language,
            of_acquisition=None if batch is None else (batch, n), source_identifying=bool(identifying),
        )  # fmt: skip


def row_of(found: Found) -> IndexRow:
    """Return a passage as it was put."""
    _, name, text, enrichment, media, language, t, until, lat, lon, batch, n, identifying, *_, partial, _ = found
    return IndexRow(
        field=name, text=text, enrichment=enrichment, media=media, language=language, t=t, end=until, lat=lat, lon=lon,
        of_acquisition=None if batch is None else (batch, n), source_identifying=bool(identifying),
        partial=bool(partial),
    )  # fmt: skip
