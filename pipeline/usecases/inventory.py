"""Inventory: what is preserved here, counted and measured, as far as the asking person may know of it.

One pass over the catalogue in the order of the assets, page by page: memory does not grow with the vault.
Terms and answers of the gate are worked out once for each sort of acquisition, not for each asset.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pipeline.catalogue.holdings import Held
from pipeline.core.conditions import Conditions, combined
from pipeline.core.gate import AcquisitionTerms, Purpose
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.core.retention import Retention
from pipeline.usecases.access import Access
from pipeline.usecases.checked import last_checked
from pipeline.usecases.facets import age, conditions, due, format_of, size_class
from pipeline.usecases.holding import standing
from pipeline.usecases.home import Home

DIMENSIONS = ("batch", "source", "kind", "size", "format", "conditions", "retention", "last-audit", "model")
KEEPING = frozenset({Permission.AUDIT, Permission.CUSTODY})
WITHHELD = "withheld"
"""What stands in place of a value that only those who keep or audit a batch may read."""


@dataclass(slots=True)
class _Count:
    assets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An asset, with those of its acquisitions that the person may know of."""

    asset: AssetId
    bytes: int
    rows: Sequence[Held]
    ways: Sequence[AcquisitionTerms]
    kept: bool
    """Whether the person keeps or audits one of the batches that brought it."""


_Value = tuple[str, ...]
_Sort = tuple[tuple[str, _Value, int], ...]
"""What assets of one sort have in common: each dimension's values, with the items (or results) of an asset there."""


def inventory(
    home: Home, access: Access, *, by: Sequence[str] = DIMENSIONS, batch: str | None = None
) -> dict[str, Any]:
    """Count assets, items and bytes; an asset counts once under each value that holds for it."""
    now, told = datetime.now(UTC), _Told(home, access, batch)
    sorting = _Sorting(home, told, by, now)
    counts: dict[Any, _Count] = {}
    items = 0
    for seen in told.each():
        count = counts.setdefault(sorting.mark(seen), _Count())
        count.assets += 1
        count.bytes += seen.bytes
        items += len(seen.rows)
    return {
        "schema": "inventory/1", "made_at": now.isoformat(timespec="seconds").replace("+00:00", "Z"), "batch": batch,
        "everything": told.whole, "assets": sum(one.assets for one in counts.values()), "items": items,
        "bytes": sum(one.bytes for one in counts.values()), "items_without_bytes": told.without_bytes(),
        "by": _tables([name for name in DIMENSIONS if name in by], counts, sorting.sorts),
    }  # fmt: skip


class _Sorting:
    """Says of which sort an asset is; what a sort counts under is worked out once."""

    def __init__(self, home: Home, told: "_Told", by: Collection[str], now: datetime) -> None:
        self._told, self._by, self._now = told, by, now
        self._checked = last_checked(home) if "last-audit" in by and told.keeps else None
        self._models = _Models(home) if "model" in by else None
        self.sorts: dict[Any, _Sort] = {}

    def mark(self, seen: _Seen) -> tuple[Any, ...]:
        """Return what tells assets of one sort from others."""
        first, told, by = seen.rows[0], self._told, self._by
        mark = (
            tuple(sorted((one.batch, str(one.source)) for one in seen.ways)),
            first.media, first.media_type, first.puid, size_class(seen.bytes),
            told.conditions(seen, self._now) if "conditions" in by else (),
            told.retention(seen, self._now) if "retention" in by else (),
            self._age(seen),
            tuple(self._models.of(seen.asset)) if self._models is not None else (),
        )  # fmt: skip
        if mark not in self.sorts:
            self.sorts[mark] = tuple(_values(mark))
        return mark

    def _age(self, seen: _Seen) -> str:
        return age(self._checked(seen.asset), self._now) if self._checked is not None and seen.kept else WITHHELD


def _values(mark: tuple[Any, ...]) -> Iterator[tuple[str, _Value, int]]:
    ways, media, media_type, puid, size, bound, kept, checked, models = mark
    for name, place in (("batch", 0), ("source", 1)):
        for value, count in Counter(way[place] for way in ways).items():
            yield name, (value,), count
    yield "kind", (media or "not identified",), len(ways)
    yield "format", (format_of(media_type, puid),), len(ways)
    for name, values in (("size", [size]), ("conditions", bound), ("retention", kept), ("last-audit", [checked])):
        for value in values:
            yield name, (value,), len(ways)
    for model, weights, kinds in models:
        yield "model", (model, weights or ""), kinds


def _tables(names: Sequence[str], counts: Mapping[Any, _Count], sorts: Mapping[Any, _Sort]) -> dict[str, Any]:
    """Add up the sorts under each value of each dimension."""
    tables: dict[str, dict[_Value, list[int]]] = {name: {} for name in names}
    for mark, count in counts.items():
        for name, value, items in sorts[mark]:
            if name in tables:
                row = tables[name].setdefault(value, [0, 0, 0])
                for place, more in enumerate((count.assets, count.assets * items, count.bytes)):
                    row[place] += more
    return {name: [_row(name, *one) for one in sorted(rows.items())] for name, rows in tables.items()}


def _row(name: str, value: _Value, counted: Sequence[int]) -> dict[str, Any]:
    assets, items, size = counted
    if name == "model":
        found = {"value": value[0], "weights_sha256": value[1] or None, "results": items}
    else:
        found = {"value": value[0], "items": items}
    return {**found, "assets": assets, "bytes": size}


class _Told:
    """What one person may count."""

    def __init__(self, home: Home, access: Access, batch: str | None) -> None:
        self._home, self._access, self._batch = home, access, batch
        self.whole = any(access.may(one) for one in KEEPING)
        self._batches = frozenset(access.batches(KEEPING))
        self.keeps = self.whole or bool(self._batches)
        self._standing: Retention = standing(home)
        self._shown: dict[tuple[Any, ...], frozenset[int]] = {}
        self._facets: dict[Any, tuple[str, ...]] = {}
        self._read: dict[tuple[str | None, str, str], Conditions | None] = {}

    def each(self) -> Iterator[_Seen]:
        """Yield every asset that the person may know of, with what they may know of it."""
        for asset, group in groupby(self._home.catalogue.holdings.each(self._batch), key=lambda one: one.asset):
            rows = list(group)
            ways = [self._terms(one) for one in rows]
            kept = [self.whole or one.batch in self._batches for one in rows]
            shown = frozenset[int]() if all(kept) else self._open(asset, ways)
            mine = [
                n for n, one in enumerate(rows)
                if (kept[n] or n in shown) and self._batch in (None, one.batch)
            ]  # fmt: skip
            if mine:
                yield _Seen(
                    asset=asset, bytes=rows[0].bytes, rows=[rows[n] for n in mine], ways=[ways[n] for n in mine],
                    kept=any(kept[n] for n in mine),
                )  # fmt: skip

    def without_bytes(self) -> int | None:
        """Count the items of which nothing is preserved; only of batches that the person keeps or audits."""
        counts = self._home.catalogue.holdings.refused(self._batch)
        return sum(count for ref, count in counts.items() if self.whole or ref in self._batches)

    def conditions(self, seen: _Seen, now: datetime) -> tuple[str, ...]:
        """Return what binds an asset, as far as it is the person's to know."""
        bound = frozenset((str(one.source), one.submitted_by, id(one.conditions)) for one in seen.ways)
        if bound not in self._facets:
            self._facets[bound] = tuple(conditions(combined(one.binding for one in seen.ways), now))
        found = self._facets[bound]
        if not seen.kept:
            return found
        held = f"access hold: {'yes' if seen.asset in self._access.rulings.held else 'no'}"
        releases = self._access.rulings.releases.get(seen.asset, ())
        released = any(one.in_force(now) and (self.whole or one.batch in self._batches) for one in releases)
        return (*found, held, "released through one acquisition") if released else (*found, held)

    def retention(self, seen: _Seen, now: datetime) -> tuple[str, ...]:
        """Return until when an asset is kept, and what forbids its disposal."""
        if not seen.kept:
            return (WITHHELD,)
        ways = {(one.batch, str(one.source)) for one in seen.ways if self.whole or one.batch in self._batches}
        legal = bool(self._standing.holds_of(seen.asset, ways))
        return (*due(self._standing.rules_of(seen.asset, ways), now), f"legal hold: {'yes' if legal else 'no'}")

    def _open(self, asset: AssetId, ways: Sequence[AcquisitionTerms]) -> frozenset[int]:
        """Ask the gate which acquisitions may be shown; once for each sort of asset."""
        rulings = self._access.rulings
        alone = asset in rulings.held or asset in rulings.releases
        sort = (
            (asset,)
            if alone
            else tuple((one.batch, str(one.source), one.submitted_by, id(one.conditions)) for one in ways)
        )
        if sort not in self._shown:
            through = self._access.told(Purpose.VIEW, asset, ways).through
            self._shown[sort] = frozenset(n for n, one in enumerate(ways) if one.id in through)
        return self._shown[sort]

    def _terms(self, one: Held) -> AcquisitionTerms:
        record = json.loads(one.record)
        given = json.dumps(record["conditions"], sort_keys=True) if record["conditions"] else ""
        found = self._access.terms_of(one.batch, record | {"conditions": None})
        if found.conditions is None and given:
            key = (record["submitted_by"], record["source"], given)
            if key not in self._read:  # one object for each wording, so that equal terms are known by it
                self._read[key] = Conditions.from_json(record["conditions"])
            return AcquisitionTerms(
                batch=one.batch, n=one.n, source=found.source, conditions=self._read[key],
                submitted_by=found.submitted_by,
            )  # fmt: skip
        return found


class _Models:
    """Which models were used on an asset, read beside the assets in the same order."""

    def __init__(self, home: Home) -> None:
        self._rows = groupby(home.catalogue.holdings.models(), key=lambda one: one[0])
        self._next: tuple[AssetId, list[tuple[str, str | None, int]]] | None = None

    def of(self, asset: AssetId) -> list[tuple[str, str | None, int]]:
        """Return model, digest of its weights, and how many kinds of statement; assets are asked for in order."""
        while self._next is None or self._next[0] < asset:
            try:
                name, rows = next(self._rows)
            except StopIteration:
                return []
            self._next = name, [one[1:] for one in rows]
        return self._next[1] if self._next[0] == asset else []
