"""Searching: what the person may find, what of it there is in classes, and what could not have been found."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pipeline.catalogue.many import Many
from pipeline.core.gate import Purpose
from pipeline.core.model import Media
from pipeline.core.people import Permission
from pipeline.errors import Misconfigured
from pipeline.index.answer import Filters, SearchAnswer
from pipeline.index.area import Area
from pipeline.index.scan import Only
from pipeline.usecases.access import Access
from pipeline.usecases.deciding import Decisions
from pipeline.usecases.facets_found import NAMES, Facets
from pipeline.usecases.home import Home
from pipeline.usecases.reviewed_hits import marked
from pipeline.usecases.reviews import names_for

_FEW = 200_000
"""Items of batches whose assets are followed one by one; of more, each that matches is asked about."""
_MOST_UNHEARD = 1_000
"""Assets without a usable transcript that one search looks at; beyond, their counts are lower bounds."""

Narrowed = Mapping[str, str]


class _Search:
    """One search by one person."""

    def __init__(
        self, home: Home, access: Access, *, since: str | None, until: str | None, batch: str | None, narrow: Narrowed
    ) -> None:
        self.decisions = Decisions(home, access, Purpose.SEARCH)
        self.facets = Facets(home, self.decisions)
        self._home = home
        self._access = access
        self._begin, self._end = _time(since), _time(until)
        self._batch = batch
        self._narrow = narrow

    def opens(self, assets: Collection[str]) -> set[str]:
        """Return the assets that the person may find, of those that fit what was asked."""
        found = {one for one in self.decisions.allowed(assets) if self._came_so(one)}
        for name, value in self._narrow.items():
            told = self.facets.of(name, found)
            found = {one for one in found if value in told[one]}
        return found

    def only(self) -> Only | None:
        """Return the assets of the batches that come into question, where they are few."""
        batches = set(self._access.batches(frozenset({Permission.SEARCH})))
        everywhere = len(batches) == len(self._home.catalogue.batches())
        if self._batch is not None:
            batches &= {self._batch}
        elif everywhere:
            return None
        sizes = [(ref, self.decisions.many.size(ref)) for ref in sorted(batches)]
        if sum(size for _, size in sizes) > _FEW:
            return None
        return _only((self._home.vault_id, self._home.settings.database), tuple(sizes), _Reader(self.decisions.many))

    def _came_so(self, asset: str) -> bool:
        if self._batch is None and self._begin is None and self._end is None:
            return True
        items = self.decisions.came(asset)
        if self._batch is not None and all(ref != self._batch for ref, _ in items):
            return False
        return any(_within(one.record["received_at"], self._begin, self._end) for _, one in items)


class _Reader:
    """What reads the assets of batches; one is as good as another, so that what was read may be kept."""

    def __init__(self, many: Many) -> None:
        self.many = many

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reader)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _only(_home: tuple[str, str], sizes: tuple[tuple[str, int], ...], reader: _Reader) -> Only:
    """Read the assets of batches; a batch that grew has another size. Who may see what is asked apart, each time."""
    return Only(frozenset().union(*(reader.many.assets(ref) for ref, _ in sizes)))


def search(
    home: Home, access: Access, query: str, *, language: str | None = None, media: str | None = None,
    field: str | None = None, tag: str | None = None, near: tuple[float, float, float] | None = None,
    since: str | None = None, until: str | None = None, batch: str | None = None, limit: int = 20,
    narrow: Narrowed = MappingProxyType({}), facets: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Search what the person may see, and say what could not have been found.

    ``narrow``: of which class of each facet named the assets must be; ``facets``: count the classes, too.
    """
    if unknown := sorted(set(narrow) - set(NAMES)):
        raise Misconfigured(f"there is no facet {unknown[0]!r}; there are: {', '.join(NAMES)}", code="E-QUERY-001")
    asked = _Search(home, access, since=since, until=until, batch=batch, narrow=narrow)
    answer = home.index.search(
        query, permits=asked.decisions.permits, opens=asked.opens, only=asked.only(), limit=limit,
        filters=_filters(language, media, field, tag, near),
    )  # fmt: skip
    reasons, at_least = _unsearchable(access, asked.decisions, batch)
    found = {
        "hits": marked(home, _hits(answer), lambda asset: names_for(access, asked.decisions.of(asset))),
        "total": answer.total,
        "total_is_at_least": answer.total_is_at_least,
        "unsearchable": reasons,
        "unsearchable_is_at_least": at_least,
    }
    if facets:
        counts = asked.facets.counts(answer.assets)
        found |= {"facets": counts, "facets_are_at_least": answer.total_is_at_least}
    return found


def _hits(answer: SearchAnswer) -> list[dict[str, Any]]:
    return [
        {"asset": one.asset, "media": one.media, "field": one.field, "t": one.t, "end": one.end,
         "snippet": one.snippet, "score": one.score, "enrichment": one.enrichment, "partial": one.partial}
        for one in answer.hits
    ]  # fmt: skip


def _filters(
    language: str | None, media: str | None, field: str | None, tag: str | None,
    near: tuple[float, float, float] | None,
) -> Filters:  # fmt: skip
    area = Area(lat=near[0], lon=near[1], km=near[2]) if near else None
    return Filters(language=language, media=Media(media) if media else None, field=field, tag=tag, near=area)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as err:
        raise Misconfigured(f"{text!r} is not a time such as 2027-01-31T12:00:00Z", code="E-QUERY-001") from err
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _within(text: str, begin: datetime | None, end: datetime | None) -> bool:
    received = _time(text)
    return received is not None and (begin is None or begin <= received) and (end is None or received <= end)


def _unsearchable(access: Access, decisions: Decisions, batch: str | None) -> tuple[dict[str, int], bool]:
    """Count, by reason, the visible assets whose speech no search can find, or not reliably."""
    reasons: dict[str, int] = {}
    seen: set[str] = set()
    for ref in access.batches():
        if batch not in (None, ref):
            continue
        told = [one for one in decisions.many.unheard(ref, most=_MOST_UNHEARD + 1) if one[0] not in seen]
        allowed = decisions.allowed({asset for asset, _ in told})
        for asset, why in told:
            if asset in allowed and asset not in seen:
                seen.add(asset)
                reasons[why] = reasons.get(why, 0) + 1
        if len(told) > _MOST_UNHEARD or len(seen) > _MOST_UNHEARD:
            return dict(sorted(reasons.items())), True
    return dict(sorted(reasons.items())), False
