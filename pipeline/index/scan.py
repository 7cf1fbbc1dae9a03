"""Scan: which passages match and are permitted, in the index's own order, for as long as somebody wants more.

What matches is followed by number alone; a passage is read only when its asset may have something to show. Where
few assets are asked for, the engine is sent from one to the next instead of through all that match.
"""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain, islice

from pipeline.index import lexicon
from pipeline.index.answer import Filters
from pipeline.index.area import Area
from pipeline.index.folding import words
from pipeline.index.gate import SELECT, Found, Gate
from pipeline.index.passages import PLACE_BITS, mark_of, slot_of, slot_range
from pipeline.index.query import Query, Term

_FEW = 50_000
"""Labels or positions up to which the engine is sent to their assets alone."""
_LEAST, _MOST_AT_ONCE = 128, 4096
"""Numbers that are followed at once, at first and later on."""

_BY_NUMBER = SELECT + "json_each(?) AS one JOIN passages p ON p.id = one.value ORDER BY p.id"
_LABELLED = SELECT + "passages p WHERE p.exact = ? AND p.field IN ('tags', 'objects')"
_IN_ORDER = _LABELLED + " ORDER BY p.id"
_LABEL_NUMBERS = "SELECT id FROM passages WHERE exact = ? AND field IN ('tags', 'objects')"
_OWN_LABELLED = _LABELLED + " AND p.id BETWEEN ? AND ? AND p.asset = ?"
_PLACES = "SELECT lat, lon, id FROM passages WHERE lat IS NOT NULL AND lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?"
_OWN_PLACES = SELECT + "passages p WHERE p.asset = ? AND p.lat IS NOT NULL"
_MATCHING = "SELECT rowid FROM folded WHERE folded MATCH ? AND rowid >= ? ORDER BY rowid"
_NAMED = "SELECT s.slot, s.asset FROM json_each(?) AS one JOIN slots s ON s.slot = one.value"


class Only:
    """The assets that alone may be found, where they are known to be few; kept by who asks for the same ones again."""

    def __init__(self, assets: Collection[str]) -> None:
        self.assets = frozenset(assets)

    @cached_property
    def slots(self) -> list[int]:
        """Where they lie, in order."""
        return sorted({slot_of(one) for one in self.assets})


@dataclass(slots=True, kw_only=True)
class Search:
    """One query being answered."""

    connection: sqlite3.Connection
    query: Query
    filters: Filters
    gate: Gate
    only: "Only | None" = None

    def permitted(self) -> Iterator[Found]:
        """Yield what matches and is permitted, in the index's own order; by position alone the nearest first.

        The labels and positions that filters look at are permitted ones too, else a hit would tell of
        a position that is withheld.
        """
        if not self.query.terms:
            rows = self._near(self.filters.near) if self.filters.near else self._labelled()
            narrow = [cache(one) for _, one in self._narrowed()]
            yield from (one for one in rows if self._fits(one) and self.gate(one) and all(it(one[0]) for it in narrow))
            return
        match = self._match()
        if match is None:
            return
        slots, tests = None, list[Callable[[str], bool]]()
        if self.only is not None:
            slots = self.only.slots
            tests.append(self.only.assets.__contains__)
        for some, test in self._narrowed():
            tests.append(cache(test))
            if some is not None:
                slots = sorted(some if slots is None else some.intersection(slots))
        for numbers in self._numbers(match, slots):
            for one in self._rows(numbers, tests):
                if self._fits(one) and self.gate(one):
                    yield one

    # --- what narrows by asset

    def _narrowed(self) -> Iterator[tuple[set[int] | None, Callable[[str], bool]]]:
        """Yield, for each filter by asset, the slots that alone may pass, unless they are many, and how to ask."""
        if self.filters.tag is not None:
            labelled = (number for (number,) in self.connection.execute(_LABEL_NUMBERS, (self._label,)))
            yield _slots(labelled), self._has_label
        if self.filters.near is not None:
            yield _slots(number for _, number in self._inside(self.filters.near)), self._lies_near

    def _labelled(self) -> Iterator[Found]:
        return self.connection.execute(_IN_ORDER, (self._label,))

    @property
    def _label(self) -> str:
        return " ".join(words(self.filters.tag or ""))

    def _has_label(self, asset: str) -> bool:
        own = self.connection.execute(_OWN_LABELLED, (self._label, *slot_range(slot_of(asset)), asset))
        return any(self.gate(one) for one in own)

    def _lies_near(self, asset: str) -> bool:
        near = self.filters.near
        own = self.connection.execute(_OWN_PLACES, (asset,))
        return near is not None and any(near.distance_km(one[8], one[9]) <= near.km and self.gate(one) for one in own)

    def _inside(self, near: Area) -> Iterator[tuple[float, int]]:
        """Yield the distance and the number of every position in an area, permitted or not."""
        for lat, lon, number in chain.from_iterable(self.connection.execute(_PLACES, box) for box in near.boxes()):
            if (km := near.distance_km(lat, lon)) <= near.km:
                yield km, number

    def _near(self, near: Area) -> Iterator[Found]:
        """Yield what lies in an area, the nearest first."""
        numbers = [number for _, number in sorted(self._inside(near))]
        for at in range(0, len(numbers), _LEAST):
            some = numbers[at : at + _LEAST]
            held = {one[-1]: one for one in self.connection.execute(_BY_NUMBER, (json.dumps(some),))}
            self.gate.look(one[0] for one in held.values())
            yield from (held[number] for number in some)

    # --- what matches

    def _match(self) -> str | None:
        """Return the expression for the engine; ``None`` where a prefix begins no word at all."""
        wider: dict[Term, Sequence[str]] = {}
        for term in self.query.terms:
            found = self._wider(term)
            if found is not None:
                if term.prefix and not found:
                    return None
                wider[term] = found
        marks = (("l", self.filters.language), ("m", self.filters.media), ("f", self.filters.field))
        asked = [f'(marks : "{mark_of(sort, value)}")' for sort, value in marks if value]
        return " AND ".join([self.query.match(wider), *asked])

    def _wider(self, term: Term) -> Sequence[str] | None:
        if term.prefix:
            if len(term.exact) > 1:
                return None
            forms = [lexicon.begun(self.connection, one) for one in {*term.exact, *term.light}]
            return None if None in forms else sorted({word for some in forms for word in some or ()})
        if term.name is None:
            return None
        found = lexicon.heard(self.connection, term.name)
        if term.near:
            found |= lexicon.near(self.connection, term.name, term.exact[-1])
        return sorted(found - {*term.exact, *term.light})

    def _numbers(self, match: str, slots: Sequence[int] | None) -> Iterator[list[int]]:
        """Yield the numbers of matching passages in order, some at a time; of these slots alone, where given."""
        start, size, at = 0, _LEAST, 0
        wanted = frozenset(slots or ())
        while slots is None or at < len(slots):
            if slots is not None:
                start = slots[at] << PLACE_BITS
            cursor = self.connection.execute(_MATCHING, (match, start))
            while some := [number for (number,) in cursor.fetchmany(size)]:
                if slots is None:
                    yield some
                    size = min(size * 2, _MOST_AT_ONCE)
                    continue
                yield [number for number in some if number >> PLACE_BITS in wanted]
                last = some[-1] >> PLACE_BITS
                at = bisect_left(slots, last, at)
                if at == len(slots) or slots[at] > last:
                    break  # the next that is asked for may lie far off
            else:
                return

    def _rows(self, numbers: Sequence[int], tests: Sequence[Callable[[str], bool]]) -> Iterator[Found]:
        slots = sorted({number >> PLACE_BITS for number in numbers})
        assets = dict(self.connection.execute(_NAMED, (json.dumps(slots),)).fetchall())
        self.gate.look(one for one in assets.values() if one is not None)
        passed = {
            slot for slot, one in assets.items()
            if one is None or (self.gate.opened(one) and all(test(one) for test in tests))
        }  # fmt: skip
        read = [number for number in numbers if number >> PLACE_BITS in passed]
        for at in range(0, len(read), _LEAST):
            for one in self.connection.execute(_BY_NUMBER, (json.dumps(read[at : at + _LEAST]),)).fetchall():
                # Of a slot that two assets share, nobody was asked yet.
                if assets[one[-1] >> PLACE_BITS] is not None or all(test(one[0]) for test in tests):
                    yield one

    def _fits(self, found: Found) -> bool:
        name, media, language = found[1], found[4], found[5] or ""
        wanted = self.filters
        if wanted.language is not None and wanted.language != language:
            return language.startswith(f"{wanted.language}-") and self._is(name, media)
        return self._is(name, media)

    def _is(self, name: str, media: str) -> bool:
        return self.filters.media in (None, media) and self.filters.field in (None, name)


def _slots(numbers: Iterable[int]) -> set[int] | None:
    few = list(islice(numbers, _FEW + 1))
    return {number >> PLACE_BITS for number in few} if len(few) <= _FEW else None
