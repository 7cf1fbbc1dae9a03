"""Review queue: what a person should look at next: the least reliable first, nothing twice, nobody in another's way."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.catalogue.reviews import Waiting
from pipeline.core.document import written
from pipeline.core.gate import Decision, Purpose
from pipeline.core.judgement import State, Verdict
from pipeline.core.people import Permission
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.documents import fold
from pipeline.usecases.find import document
from pipeline.usecases.home import Home
from pipeline.usecases.reviewed_hits import told_of
from pipeline.usecases.reviews import open_needs

Json = Mapping[str, Any]
_MOST_VALUES = 50


def queue(
    home: Home, access: Access, *, batch: str | None = None, kind: str | None = None, limit: int = 20,
    claim: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return what waits for this person's review; ``claim`` takes it for as long as the settings say.

    What another has taken, what they judged themselves, and what they may not see or review is not there.
    """
    mine = frozenset(access.batches(frozenset({Permission.REVIEW})))
    if not mine or (batch is not None and batch not in mine):
        raise Denied("this needs the permission review")
    rows: list[dict[str, Any]] = []
    for one, row in _open(home, access, mine, _waiting(home, batch, kind)):
        if len(rows) == limit:
            return {"queue": _claimed(home, rows), "more": True}
        if not claim or _take(home, one):
            rows.append(row)
    return {"queue": _claimed(home, rows), "more": False}


def _waiting(home: Home, batch: str | None, kind: str | None) -> Iterator[Waiting]:
    return home.catalogue.reviews.waiting(batch=batch, kind=kind, required=home.settings.reviews_required)


def _take(home: Home, one: Waiting) -> bool:
    settings = home.settings
    return home.catalogue.reviews.claim(
        one, home.actor, seconds=settings.review_lease_seconds, most=settings.reviews_required
    )


def _claimed(home: Home, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    claims = home.catalogue.reviews.claims()
    for row in rows:
        until = claims.get(row["enrichment"], {}).get(home.actor)
        row["claimed_until"] = None if until is None else written(datetime.fromtimestamp(until, UTC))
    return rows


def _open(
    home: Home, access: Access, mine: frozenset[str], waiting: Iterator[Waiting]
) -> Iterator[tuple[Waiting, dict[str, Any]]]:
    claims = home.catalogue.reviews.claims()
    for one in waiting:
        others = claims.get(one.enrichment, {}).keys() - {home.actor}
        if len(others) >= home.settings.reviews_required:
            continue
        decision = access.decide(Purpose.VIEW, one.asset)
        if decision.allowed and any(batch in mine for batch, _ in decision.through):
            row = _row(home, one, decision)
            if row is not None:
                yield one, row
            else:
                _close(home, one)


def _close(home: Home, one: Waiting) -> None:
    """Leave a statement out of every queue from now on, if it is done for everybody and not for this person alone."""
    told = len(home.catalogue.reviews.of_asset(one.asset))
    statements = fold(home, one.asset)["enrichments"]
    statement = next((it for it in statements if it["id"] == one.enrichment), None)
    states = {at: it.state for at, it in told_of(home, one.asset, statements).get(one.enrichment, {}).items()}
    if statement is not None and not open_needs(one.kind, statement["body"], states):
        home.catalogue.reviews.close(one, required=home.settings.reviews_required, told=told)


def _row(home: Home, one: Waiting, decision: Decision) -> dict[str, Any] | None:
    """Return what is to be looked at in a statement; ``None`` when nothing is, or nothing that this person sees."""
    told = document(home, one.asset, decision)
    statement = next((it for it in told["enrichments"] if it["id"] == one.enrichment), None)
    if statement is None:
        return None
    states = {it["pointer"]: State(it["state"]) for it in (statement["review"] or {"values": ()})["values"]}
    already = _judged_by(home.actor, told, one.enrichment)
    values = [
        {"pointer": pointer, "need": round(need / 1000, 3), "state": states.get(pointer)}
        for pointer, need in open_needs(one.kind, statement["body"], states)
        if pointer not in already and "" not in already
    ]
    if not values:
        return None
    return {
        "asset": one.asset, "enrichment": one.enrichment, "kind": one.kind, "media": told["media"],
        "doubt": round(one.doubt / 1000, 3), "model": statement["maker"]["model"], "values": values[:_MOST_VALUES],
        "more_values": max(0, len(values) - _MOST_VALUES),
    }  # fmt: skip


def _judged_by(person: str, told: Json, enrichment: str) -> set[str]:
    """Return the values of a statement on which a person has given their word, there or in an earlier result."""
    found: set[str] = set()
    for one in told["enrichments"]:
        if one["by"] == "person" and one["body"].get("by") == person:
            for it in one["body"]["judgements"]:
                now = it["now"] or {"enrichment": None}
                if it["verdict"] == Verdict.COMMENT:
                    continue
                if one["body"]["of"] == enrichment:
                    found.add(it["pointer"])
                elif now["enrichment"] == enrichment:
                    found.add(now["pointer"])
    return found
