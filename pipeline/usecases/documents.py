"""Documents: what is known of an asset, folded from the vault when asked for; never stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.model import Asset, AssetId, Kind, Outcome
from pipeline.index.rows import FROM_CONTENT
from pipeline.plan import Step
from pipeline.usecases.home import Home

SCHEMA = "enriched/1"


def fold(home: Home, asset: AssetId) -> dict[str, Any]:
    """Fold every record of an asset into the enriched document, before anything is withheld."""
    # The vault first: what is there is in the order made. Then what is still on its way to it.
    records = list(home.vault.records(asset))
    there = {(one["id"], one["made_at"]) for one in records}
    late = (entry.record for entry in home.catalogue.unwritten(asset) if entry.record)
    records += [one for one in late if (one["id"], one["made_at"]) not in there]
    return document_of(home.vault.asset(asset), records, order_of(home.steps))


def order_of(steps: Sequence[Step]) -> dict[str, int]:
    """Return the place of each stage in the line."""
    return {step.stage.name: place for place, step in enumerate(steps)}


def document_of(about: Asset, records: Sequence[Mapping[str, Any]], order: Mapping[str, int]) -> dict[str, Any]:
    """Fold records, in the order made, into the enriched document; ``order`` is the place of each stage."""
    enrichments = _enrichments(records, order)
    shape: Mapping[str, Any] = next(
        (one["body"] for one in enrichments if one["kind"] == Kind.FORMAT and one["current"]), {}
    )
    return {
        "schema": SCHEMA,
        "asset": about.id,
        "sha512": about.sha512,
        "bytes": about.bytes,
        "media_type": shape.get("media_type"),
        "media": shape.get("media", "other"),
        "enrichments": enrichments,
    }


def _enrichments(records: Sequence[Mapping[str, Any]], order: Mapping[str, int]) -> list[dict[str, Any]]:
    latest = current_by_kind(records)
    several = _several_ids(records)
    folded: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["id"] in folded:  # said again later, when it became current again: it replaces what came between
            folded[record["id"]]["supersedes"] = record["supersedes"]
        else:
            flags = ["E-REPRO-001"] if record["key"] in several else []
            folded[record["id"]] = {**record, "current": latest[record["kind"]] == record["id"], "flags": flags}
    return sorted(
        folded.values(), key=lambda one: (order.get(one["maker"]["stage"], len(order)), one["made_at"], one["id"])
    )  # fmt: skip


def current_by_kind(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return, per kind, the id that holds: the last final one, else the last attempt."""
    latest: dict[str, tuple[bool, str]] = {}
    for record in records:
        final = Outcome(record["outcome"]).final
        if final or not latest.get(record["kind"], (False, ""))[0]:
            latest[record["kind"]] = (final, record["id"])
    return {kind: one for kind, (_, one) in latest.items()}


def _several_ids(records: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    ids: dict[str, set[str]] = {}
    for record in records:
        if Outcome(record["outcome"]).final:
            ids.setdefault(record["key"], set()).add(record["id"])
    return frozenset(key for key, some in ids.items() if len(some) > 1)


def withhold(document: dict[str, Any], code: str) -> dict[str, Any]:
    """Return the document without the findings that identify its source: each is null and says why."""
    return {**document, "enrichments": [_withhold_body(one, code) for one in document["enrichments"]]}


def only_through(enrichments: Iterable[dict[str, Any]], ways: Collection[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return what rests on the material itself, and on the acquisitions that a person may see.

    What rests on another acquisition is not there at all: that it exists must not be told.
    """
    return [
        _through(one, ways) for one in enrichments if not one["of_acquisition"] or tuple(one["of_acquisition"]) in ways
    ]


def claims_seen(one: Mapping[str, Any], ways: Collection[tuple[str, int]]) -> list[int]:
    """Return which claims of a statement about places rest on what a person may see, by number."""
    claims = one["body"].get("claims", ()) if one["kind"] == Kind.PLACES else ()
    return [number for number, claim in enumerate(claims) if _may_be_seen(claim, ways)]


def _through(one: dict[str, Any], ways: Collection[tuple[str, int]]) -> dict[str, Any]:
    claims = one["body"].get("claims", ()) if one["kind"] == Kind.PLACES else ()
    kept = claims_seen(one, ways)
    if len(kept) == len(claims):
        return one
    place = {number: at for at, number in enumerate(kept)}
    told = [_renumbered(claims[number], place) for number in kept]
    best = one["body"]["best"]
    best = {**best, "claim": place[best["claim"]]} if best and best["claim"] in place else None
    # Their number would tell of the acquisitions that are left out, and so would the reasons.
    return {
        **one,
        "facts": [],
        "body": {**one["body"], "claims": told, "best": {**best, "reasons": []} if best else None},
    }


def _renumbered(claim: Mapping[str, Any], place: Mapping[int, int]) -> dict[str, Any]:
    pairs = {
        name: [place[other] for other in claim[name] if other in place] for name in ("agrees_with", "conflicts_with")
    }
    return {**claim, **pairs}


def _may_be_seen(claim: Mapping[str, Any], ways: Collection[tuple[str, int]]) -> bool:
    way = claim.get("acquisition")
    return not way or (way["batch"], way["n"]) in ways


_TOLD = frozenset({"batch", "n", "source", "received_at", "collected_at", "language", "role"})
"""The facts of an acquisition that say nothing of who gave it; any other may."""


def without_source(acquisition: dict[str, Any], code: str) -> dict[str, Any]:
    """Return an acquisition without who gave it and what it was called."""
    return {name: value if name in _TOLD else None for name, value in acquisition.items()} | {"withheld": code}


def without_names(terms: dict[str, Any], code: str) -> dict[str, Any]:
    """Return conditions without the persons whom they name."""
    consent = {**terms["consent"], "by": None} if terms["consent"] else None
    return {**terms, "view": None, "consent": consent, "withheld": code}


def _withhold_body(one: dict[str, Any], code: str) -> dict[str, Any]:
    body = dict(one["body"])
    paths = [name.split(".", 2) for name in body.get("source_identifying", ())]
    hidden = [_hide(body, path) for path in paths if path[:2] != _RAW]
    wanted = {path[2] for path in paths if path[:2] == _RAW}
    if raw := wanted & set(body["tags"]["raw"] if wanted else ()):  # other kinds have tags of another sort
        # A tag's name alone may tell the maker of a device, so only their number is told.
        tags = {name: value for name, value in body["tags"]["raw"].items() if name not in raw}
        body["tags"] = {**body["tags"], "raw": tags, "raw_withheld": len(raw)}
        body["source_identifying"] = [name for name in body["source_identifying"] if name.split(".", 2)[:2] != _RAW]
        hidden.append(True)
    if one["kind"] == Kind.PLACES and body:
        told = [_without_position(claim, code) for claim in body["claims"]]
        hidden.append(told != body["claims"])
        body["claims"] = told
        if any(claim.get("withheld") for claim in told):
            body["best"] = None  # which claim is best would tell of one that is withheld
    return {**one, "body": {**body, "withheld": code}} if any(hidden) else one


_RAW = ["tags", "raw"]


def _hide(body: dict[str, Any], path: list[str]) -> bool:
    """Put null where a path of members leads, in copies; tell whether there was a value."""
    name, *rest = path
    if body.get(name) is None:
        return False
    if not rest:
        body[name] = None
        return True
    body[name] = dict(body[name])
    return _hide(body[name], rest)


_POSITION = ("lat", "lon", "radius_m", "name", "admin", "country", "text", "track")


def _without_position(claim: dict[str, Any], code: str) -> dict[str, Any]:
    """Hide a position that tells where the source was; what is seen or heard in the material stays."""
    if claim["source"] in FROM_CONTENT:
        return claim
    return {**claim, **dict.fromkeys(_POSITION), "withheld": code}
