"""Facets found: the classes that found assets fall into, of facts that the person may know."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from pipeline.core.model import AssetId, Kind, Outcome
from pipeline.core.ports import IndexRow
from pipeline.usecases.deciding import Decisions
from pipeline.usecases.home import Home

_GRAVE = (Outcome.FAILED, Outcome.HELD, Outcome.REFUSED, Outcome.UNSUPPORTED)
"""The outcome of an asset is the gravest that a stage came to in its own right; ``done`` where there is none."""
_MOST_VALUES = 50
"""Classes of one facet that are told, the largest first."""
_MONTH = 7
_LABELS = {"tag": Kind.TAGS, "object": Kind.OBJECTS, "place": Kind.PLACES}

Values = dict[str, set[str]]
"""Classes by asset."""


class Facets:
    """Classes of assets, read for many at once; ``decisions`` say which facts of them the person may know."""

    def __init__(self, home: Home, decisions: Decisions) -> None:
        self._home = home
        self._decisions = decisions
        self._known: dict[str, Values] = {}
        self._rows: dict[str, list[IndexRow]] = {}

    def of(self, name: str, assets: Collection[str]) -> Values:
        """Return the classes of one facet by asset."""
        known = self._known.setdefault(name, {})
        if new := {one for one in assets if one not in known}:
            known.update({one: set() for one in new})
            known.update(_READERS[name](self, name, new))
        return known

    def counts(self, assets: Collection[str]) -> dict[str, dict[str, int]]:
        """Count assets by class; each facet's largest classes first."""
        found: dict[str, dict[str, int]] = {}
        for name in NAMES:
            told = self.of(name, assets)
            counted = Counter(value for one in assets for value in told[one])
            found[name] = dict(sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:_MOST_VALUES])
        return found

    def of_items(self, name: str, assets: Collection[str]) -> Values:
        """How it came."""
        found: Values = {}
        for asset in assets:
            came = self._decisions.came(asset)
            told = {"batch": (ref for ref, _ in came), "source": (it.record["source"] for _, it in came),
                    "date": (it.record["received_at"][:_MONTH] for _, it in came)}  # fmt: skip
            found[asset] = {str(one) for one in told[name]}
        return found

    def of_passages(self, name: str, assets: Collection[str]) -> Values:
        """What its passages are, and what labels and places it has."""
        new = [one for one in assets if one not in self._rows]
        self._rows.update({one: [] for one in new})
        for asset, row in self._home.index.sorts(new):
            if self._decisions.permits(asset, row):
                self._rows[asset].append(row)
        return {one: {value for row in self._rows[one] if (value := _told(name, row))} for one in assets}

    def of_ledger(self, name: str, assets: Collection[str]) -> Values:
        """What became of it."""
        told = self._decisions.many.outcomes(assets)
        if name == "partial":
            return {one: {"yes" if any(cut for *_, cut in some) else "no"} for one, some in told.items()}
        if name == "outcome":
            return {one: {_gravest(outcome for _, outcome, _ in some)} for one, some in told.items()}
        screened = {one for one, some in told.items() if any((s, o) == ("screen", Outcome.DONE) for s, o, _ in some)}
        return {one: {"screened" if one in screened else "unscreened"} for one in assets}

    def of_reviews(self, _name: str, assets: Collection[str]) -> Values:
        """Whether a person judged anything of it."""
        judged = self._home.catalogue.reviews.judged({AssetId(one) for one in assets})
        return {one: {"yes" if AssetId(one) in judged else "no"} for one in assets}

    def of_models(self, _name: str, assets: Collection[str]) -> Values:
        """Which models said something of it."""
        return self._decisions.many.models(assets)


def _told(name: str, row: IndexRow) -> str | None:
    if name in _LABELS:
        # A place is told by its name alone; its row goes on to what lies around it.
        return row.text.partition(", ")[0] if row.field == _LABELS[name] else None
    return {"media": row.media, "language": row.language, "field": row.field}[name]


def _gravest(outcomes: Iterable[str]) -> str:
    there = set(outcomes)
    return next((str(one) for one in _GRAVE if one in there), str(Outcome.DONE))


_READERS: dict[str, Callable[[Facets, str, Collection[str]], Values]] = {
    "batch": Facets.of_items, "source": Facets.of_items, "date": Facets.of_items, "media": Facets.of_passages,
    "language": Facets.of_passages, "field": Facets.of_passages, "tag": Facets.of_passages,
    "object": Facets.of_passages, "place": Facets.of_passages, "outcome": Facets.of_ledger,
    "partial": Facets.of_ledger, "sensitivity": Facets.of_ledger, "reviewed": Facets.of_reviews,
    "model": Facets.of_models,
}  # fmt: skip

NAMES = tuple(_READERS)
"""The facets, in the order in which they are told."""
