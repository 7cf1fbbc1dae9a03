"""Judging: a person's word on a machine value, checked, recorded beside it, and never instead of it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from pipeline.core.canonical import canonical
from pipeline.core.gate import Decision, Purpose
from pipeline.core.json_pointer import value_at
from pipeline.core.judgement import (
    LONGEST_VALUE,
    Judgement,
    Verdict,
    anchor_of,
    as_record,
    comparable,
    told_of,
)
from pipeline.core.model import AssetId, Outcome
from pipeline.core.people import Permission
from pipeline.errors import CODES, Misconfigured
from pipeline.index.hashes import prints_of
from pipeline.index.rows import rows_of
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.documents import fold, only_through, withhold
from pipeline.usecases.find import document
from pipeline.usecases.holding import worded
from pipeline.usecases.home import Home
from pipeline.usecases.pointing import sight_of
from pipeline.usecases.review_registers import register_of, write
from pipeline.usecases.reviewed_hits import correction_rows
from pipeline.usecases.reviews import judgements_of, names_for

Json = Mapping[str, Any]
JUDGEMENT = "judgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says: of which statement (its id, or a prefix of it), of which value in it, what, and why."""

    enrichment: str
    pointer: str
    verdict: Verdict
    reason: str
    value: Any = None
    """Of a correction: what should stand there."""


def judge(home: Home, access: Access, asset: AssetId, decision: Decision, word: Word) -> dict[str, Any]:
    """Record a judgement of an asset that the person may see; return the record.

    ``Denied`` where they may not review it, or may not see the value; ``Misconfigured`` (E-JUDGE-001) where
    there is no such value, (E-JUDGE-002) where the correction does not fit.
    """
    _may_review(access, decision)
    raw = fold(home, asset)["enrichments"]
    shown = only_through(raw, decision.through)
    if decision.withheld:
        shown = withhold({"enrichments": shown}, "H-SOURCE-001")["enrichments"]
    seen = _named(shown, word.enrichment)
    whole = next(one for one in raw if one["id"] == seen["id"])
    sight = sight_of(whole, seen, decision.through)
    pointer = _meant(sight, word.pointer)
    if sight.withheld(pointer):
        raise Denied(CODES["H-SOURCE-001"].meaning, code="H-SOURCE-001")
    before = value_at(whole["body"], pointer)
    _check(word, before)
    repeated, sha256 = told_of(before)
    record = _record(
        home, asset=asset, enrichment=whole["id"], kind=whole["kind"], pointer=pointer, verdict=word.verdict,
        before=repeated, before_sha256=sha256, anchor=anchor_of(whole["body"], pointer), value=word.value,
        reason=worded(word.reason),
    )  # fmt: skip
    write(home, register_of(asset), [record], act="judge", subject=asset)
    _index(home, asset)
    return record


def _index(home: Home, asset: AssetId) -> None:
    """Let what a person wrote be found at once, beside what the machine wrote."""
    row = home.catalogue.row(asset, "index")
    if row is not None and row.outcome is Outcome.DONE:
        document = fold(home, asset)
        rows = [*rows_of(document), *correction_rows(home, document)]
        home.index.put(asset, rows, prints_of(document))


def _record(home: Home, **members: Any) -> dict[str, Any]:
    identity: dict[str, Any] = {"id": f"j-{secrets.token_hex(8)}", "by": home.actor, "at": datetime.now(UTC)}
    try:
        return as_record(Judgement(**identity, **members))
    except ValidationError as err:
        raise Misconfigured("this cannot be recorded", code="E-JUDGE-002") from err


def _may_review(access: Access, decision: Decision) -> None:
    if not any(access.may(Permission.REVIEW, batch) for batch, _ in decision.through):
        raise Denied("this needs the permission review")


def _named(among: Sequence[Json], given: str) -> Json:
    text = given.strip().lower()
    found = [one for one in among if text and one["id"].startswith(text)]
    if len(found) != 1:
        raise Misconfigured(
            "no statement of this asset has this id" if not found else "the prefix fits more than one statement",
            code="E-JUDGE-001",
        )
    return found[0]


def _meant(sight: Any, given: str) -> str:
    try:
        pointer = sight.meant(given)
    except ValueError as err:
        raise Misconfigured(f"{given[:200]!r}: {err}", code="E-JUDGE-001") from err
    if pointer is None:
        raise Misconfigured("the statement has no such value", code="E-JUDGE-001")
    return str(pointer)


def _check(word: Word, before: Any) -> None:
    """Raise unless a correction fits: of the same sort as what stands there, and another."""
    if word.verdict is not Verdict.CORRECT:
        if word.value is not None:
            raise Misconfigured("only a correction has a value", code="E-JUDGE-002")
        return
    try:
        size = len(canonical(word.value))
    except ValueError as err:
        raise Misconfigured("the value cannot be written as JSON", code="E-JUDGE-002") from err
    faults = (
        (word.value is None, "a correction says what should stand there; to say that it is wrong, reject it"),
        (size > LONGEST_VALUE, f"a correction has at most {LONGEST_VALUE} bytes; correct a part of it"),
        (not _alike(before, word.value), "the value is of another sort than what stands there"),
        (comparable(before) == comparable(word.value), "that is what stands there: confirm it"),
    )
    for stands, what in faults:
        if stands:
            raise Misconfigured(what, code="E-JUDGE-002")


_SORTS: tuple[tuple[type, ...], ...] = ((bool,), (int, float), (str,), (list, tuple), (dict,))


def _alike(one: Any, other: Any) -> bool:
    if one is None:
        return isinstance(other, str | int | float | list | dict)
    return next(sorts for sorts in _SORTS if isinstance(one, sorts)) == next(
        (sorts for sorts in _SORTS if isinstance(other, sorts)), None
    )


# --- what was said


def of_asset(home: Home, access: Access, asset: AssetId, decision: Decision) -> dict[str, Any]:
    """List what persons said of an asset, as far as this one may see it; and what counts for nothing."""
    told = document(home, asset, decision, names=names_for(access, decision))
    folded = judgements_of(home, asset)
    rows = [
        {**row, "enrichment": one["body"]["of"], "by": one["reviewer"]}
        for one in told["enrichments"] if one["by"] == "person" and "judgements" in one["body"]
        for row in one["body"]["judgements"]
    ]  # fmt: skip
    states = [
        {"enrichment": one["id"], "kind": one["kind"], "current": one["current"], **one["review"]}
        for one in told["enrichments"] if one["review"]
    ]  # fmt: skip
    void = [{"id": one.id, "by": one.by, "why": one.why} for one in folded.void]
    return {
        "asset": asset, "judgements": sorted(rows, key=lambda row: (row["at"], row["id"])), "statements": states,
        "void": void,
    }  # fmt: skip


def recent(home: Home, access: Access, *, limit: int) -> dict[str, Any]:
    """List the latest judgements of all assets that the person may see, without what was said."""
    rows: list[dict[str, Any]] = []
    known: dict[AssetId, dict[str, dict[str, Any]]] = {}
    for asset, name in home.catalogue.reviews.latest(JUDGEMENT):
        if asset not in known:
            known[asset] = _told_of(home, access, asset)
        if name in known[asset]:
            if len(rows) == limit:
                return {"judgements": rows, "more": True}
            rows.append(known[asset][name])
    return {"judgements": rows, "more": False}


def _told_of(home: Home, access: Access, asset: AssetId) -> dict[str, dict[str, Any]]:
    """Return, by id, the judgements of an asset of which the person may know."""
    decision = access.decide(Purpose.VIEW, asset)
    if not decision.allowed:
        return {}
    names = names_for(access, decision)
    shown = {one["id"] for one in only_through(fold(home, asset)["enrichments"], decision.through)}
    return {
        one.id: {
            "id": one.id, "asset": asset, "enrichment": one.enrichment, "kind": one.kind,
            "verdict": str(one.verdict), "by": names.get(one.by, one.by), "at": as_record(one)["at"],
        }
        for one in judgements_of(home, asset).counting if one.enrichment in shown
    }  # fmt: skip
