"""Reviews: what persons said of machine values, beside them in the document, as far as the reader may see both."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.document import written
from pipeline.core.gate import Decision
from pipeline.core.judgement import (
    Judgement,
    Judgements,
    Objection,
    Standing,
    State,
    Verdict,
    fold_judgements,
    follow,
    standing,
)
from pipeline.core.model import AssetId, Kind, Maker, key_of
from pipeline.core.people import Permission
from pipeline.core.review_need import DOUBTED, needs_of
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home
from pipeline.usecases.pointing import Sight, sight_of
from pipeline.usecases.tombstones import last_disposal

Json = Mapping[str, Any]

REVIEW_KIND = Kind("review")
"""What persons said of one statement stands in the document as a statement of this kind, ``by`` a person."""

_MAKER = Maker(stage="review", version=1)
_WITHHELD, _NOTES = "H-SOURCE-001", "H-REVIEW-001"
_NAMING = (Permission.REVIEW, Permission.CUSTODY)


def objection_for(home: Home, asset: AssetId) -> Objection:
    """Return what makes a judgement of an asset count for nothing: its author had no right to make it then."""
    people, batches = home.people, {batch for batch, _ in home.catalogue.items_of(asset)}
    gone = last_disposal(home, asset)

    def objection(one: Judgement) -> str | None:
        if gone is not None and one.at <= gone:
            return "it speaks of what was disposed of since"
        if not any(people.might(one.by, Permission.REVIEW, one.at, batch) for batch in batches):
            return f"{one.by} had no right to review it"
        return None

    return objection


def judgements_of(home: Home, asset: AssetId) -> Judgements:
    """Return the judgements of an asset."""
    records = [one for one in home.catalogue.reviews.of_asset(asset) if one["type"] == "judgement"]
    return fold_judgements(records, objection_for(home, asset)) if records else Judgements()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A judgement where its value stands: in the statement judged, and in the current one if it says the same."""

    judgement: Judgement
    enrichment: str
    pointer: str


def attached(judgements: Iterable[Judgement], enrichments: Sequence[Json]) -> list[Attached]:
    """Find, for each judgement, where the value that was judged stands now."""
    current = {one["kind"]: one for one in enrichments if one["current"]}
    found: list[Attached] = []
    for one in judgements:
        found.append(Attached(judgement=one, enrichment=one.enrichment, pointer=one.pointer))
        now = current.get(one.kind)
        if now is not None and now["id"] != one.enrichment and (pointer := follow(one, now["body"])) is not None:
            found.append(Attached(judgement=one, enrichment=now["id"], pointer=pointer))
    return found


Standings = dict[str, dict[str, Standing]]
"""By statement and pointer."""


def standings(found: Iterable[Attached], *, required: int) -> Standings:
    """Add up what was said, value by value."""
    grouped: dict[tuple[str, str], list[Judgement]] = {}
    for one in found:
        grouped.setdefault((one.enrichment, one.pointer), []).append(one.judgement)
    by_statement: Standings = {}
    for (enrichment, pointer), some in grouped.items():
        by_statement.setdefault(enrichment, {})[pointer] = standing(some, required=required)
    return by_statement


_GRAVEST = (State.DISPUTED, State.WAITING, State.CORRECTED, State.REJECTED, State.CONFIRMED, State.COMMENTED)


def overall(states: Collection[State]) -> State:
    """Return what is to be said of a statement as a whole: the gravest of its values' states."""
    return next(one for one in _GRAVEST if one in states)


def open_needs(kind: str, body: Json, told: Mapping[str, State]) -> list[tuple[str, int]]:
    """Return the values of a statement that still want a person's look.

    Those that something speaks against; where there are none, all of them until somebody has looked at one.
    """
    if "" in told and told[""].settled:
        return []
    needs = needs_of(kind, body)
    doubted = [(pointer, need) for pointer, need in needs if need >= DOUBTED]
    if not doubted and any(one.settled for one in told.values()):
        return []
    return [one for one in doubted or needs if not (one[0] in told and told[one[0]].settled)]


def names_for(access: Access, decision: Decision) -> Mapping[str, str]:
    """Return who is behind the ids of reviewers, for those who review or keep the material themselves."""
    batches = {batch for batch, _ in decision.through}
    if any(access.may(permission, batch) for permission in _NAMING for batch in batches):
        return {one.id: one.name for one in access.people.persons.values()}
    return {}


def with_reviews(
    home: Home, visible: dict[str, Any], raw: Sequence[Json], decision: Decision, *, names: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document with what persons said beside what machines did; never instead of it.

    ``raw``: its statements before anything was withheld. ``names``: of the persons who may be called by name.
    """
    asset = AssetId(visible["asset"])
    folded = judgements_of(home, asset)
    if not folded.counting:
        return {**visible, "enrichments": [{**one, "review": None} for one in visible["enrichments"]]}
    found = attached(folded.counting, raw)
    told = standings(found, required=home.settings.reviews_required)
    whole = {one["id"]: one for one in raw}
    seen = {
        one["id"]: sight_of(whole[one["id"]], one, decision.through)
        for one in visible["enrichments"]
        if one["id"] in whole
    }
    beside = [_beside(one, told.get(one["id"], {}), seen.get(one["id"]), names) for one in visible["enrichments"]]
    said = [{**one, "asset": asset} for one in _statements(asset, found, seen, names)]
    return {**visible, "enrichments": [*beside, *said]}


def without_reasons(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document to hand out: what reviewers noted stays in the house, what they decided does not."""
    told = [
        {**one, "body": {**one["body"], "judgements": [{**it, "reason": None, "withheld": it.get("withheld", _NOTES)}
                                                       for it in one["body"]["judgements"]
                                                       if it["verdict"] != Verdict.COMMENT]}}
        if one["kind"] == REVIEW_KIND and one["by"] == "person" else one
        for one in document["enrichments"]
    ]  # fmt: skip
    return {**document, "enrichments": told}


def _beside(
    one: Json, told: Mapping[str, Standing], sight: Sight | None, names: Mapping[str, str]
) -> dict[str, Any]:  # fmt: skip
    values: list[dict[str, Any]] = []
    mine: dict[str, State] = {}
    for pointer, it in sorted(told.items()):
        if sight is None or (where := sight.shown(pointer)) is None:
            continue
        mine[where] = it.state
        hidden = sight.withheld(pointer)
        value = {
            "pointer": where, "state": str(it.state), "value": None if hidden else it.value,
            "by": [names.get(who, who) for who in it.by], "judgements": list(it.judgements),
        }  # fmt: skip
        values.append({**value, "withheld": _WITHHELD} if hidden else value)
    if not values:
        return {**one, "review": None}
    state = overall({State(it["state"]) for it in values})
    looked = dict.fromkeys(who for it in values if State(it["state"]) is not State.COMMENTED for who in it["by"])
    review = {"state": str(state), "complete": not open_needs(one["kind"], one["body"], mine), "values": values}
    return {**one, "review": review, "reviewer": ", ".join(looked) or None}


def _statements(
    asset: AssetId, found: Sequence[Attached], seen: Mapping[str, Sight], names: Mapping[str, str]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return one statement for each person and each result that they judged."""
    now = {one.judgement.id: one for one in found if one.enrichment != one.judgement.enrichment}
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in (it.judgement for it in found if it.enrichment == it.judgement.enrichment):
        sight = seen.get(one.enrichment)
        if sight is not None and (where := sight.shown(one.pointer)) is not None:
            told = _judged(one, where, now.get(one.id), seen, hidden=sight.withheld(one.pointer))
            grouped.setdefault((one.enrichment, one.by), []).append(told)
    return [
        {
            **_statement(key_of(asset, REVIEW_KIND, _MAKER, (enrichment, by)), enrichment, some),
            "reviewer": names.get(by, by), "body": {"of": enrichment, "by": by, "judgements": some},
        }
        for (enrichment, by), some in grouped.items()
    ]  # fmt: skip


def _judged(
    one: Judgement, where: str, later: Attached | None, seen: Mapping[str, Sight], *, hidden: bool
) -> dict[str, Any]:  # fmt: skip
    there = later and seen[later.enrichment].shown(later.pointer) if later and later.enrichment in seen else None
    told = {
        "id": one.id, "pointer": where, "verdict": str(one.verdict),
        "before": None if hidden else one.before, "value": None if hidden else one.value,
        "reason": None if hidden else one.reason, "at": written(one.at),
        "now": {"enrichment": later.enrichment, "pointer": there} if later and there is not None else None,
    }  # fmt: skip
    return {**told, "withheld": _WITHHELD} if hidden else told


def _statement(key: str, enrichment: str, some: Sequence[Json]) -> dict[str, Any]:
    """Spell what one person said of one result as the document spells every statement."""
    maker = {
        "stage": _MAKER.stage, "version": _MAKER.version, "engine": None, "model": None, "weights_sha256": None,
        "provenance": None, "parameters": {}, "environment": {},
    }  # fmt: skip
    return {
        "id": digest([key, sorted(one["id"] for one in some)]), "key": key, "kind": str(REVIEW_KIND),
        "outcome": "done", "code": None, "reason": None, "coverage": None, "made_at": some[-1]["at"],
        "basis": [enrichment], "facts": [], "of_acquisition": None, "supersedes": [], "by": "person", "maker": maker,
        "derivatives": [], "current": True, "flags": [], "review": None,
    }  # fmt: skip
