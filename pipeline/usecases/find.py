"""Find: the enriched document, the search and the export, each as one person may have it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.extensions import extension_matches
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId, Kind, Media
from pipeline.core.ports import IndexRow
from pipeline.errors import CODES, Misconfigured
from pipeline.exports.formats import FORMATS
from pipeline.index.area import Area
from pipeline.index.sqlite import Filters
from pipeline.usecases import malware
from pipeline.usecases.access import Access, Denied, resolve
from pipeline.usecases.documents import fold, only_through, withhold, without_names, without_source
from pipeline.usecases.home import Home

_PRIVATE = ("salt", "type", "outcome", "code", "reason", "asset", "submitted_by", "conditions")
"""Members of a register's line that are ours, not the acquisition's."""


def document(home: Home, asset: AssetId, decision: Decision) -> dict[str, Any]:
    """Return the enriched document with the acquisitions and values that the decision lets through."""
    folded = fold(home, asset)
    acquisitions = [
        _acquisition(batch, item.record, folded, named=(batch, item.n) in decision.sources)
        for batch, item in home.catalogue.items_of(asset)
        if (batch, item.n) in decision.through
    ]
    terms = decision.terms.as_json() if decision.terms else None
    if terms and decision.sources < decision.through:
        terms = without_names(terms, "H-SOURCE-001")
    enrichments = folded.pop("enrichments")
    visible = only_through(enrichments, decision.through)
    whole = {**folded, "acquisitions": acquisitions, "conditions": terms, "enrichments": visible}
    return withhold(whole, "H-SOURCE-001") if decision.withheld else whole


def _acquisition(
    batch: str, record: dict[str, Any], folded: Mapping[str, Any], *, named: bool
) -> dict[str, Any]:  # fmt: skip
    facts = {"batch": batch, **{name: value for name, value in record.items() if name not in _PRIVATE}}
    shape: Mapping[str, Any] = next(
        (one["body"] for one in folded["enrichments"] if one["kind"] == Kind.FORMAT and one["current"]), {}
    )
    facts["extension_matches"] = extension_matches(
        str(facts["filename"]), media_type=shape["media_type"], container=shape["container"]
    ) if shape and facts.get("filename") else None  # fmt: skip
    return facts if named else without_source(facts, "H-SOURCE-001")


def search(
    home: Home, access: Access, query: str, *, language: str | None = None, media: str | None = None,
    tag: str | None = None, near: tuple[float, float, float] | None = None, since: str | None = None,
    until: str | None = None, batch: str | None = None, limit: int = 20,
) -> dict[str, Any]:  # fmt: skip
    """Search what the person may see, and say what could not have been found."""
    decisions: dict[str, Decision] = {}
    begin, end = _time(since), _time(until)

    def decided(asset: str) -> Decision:
        if asset not in decisions:
            decisions[asset] = access.decide(Purpose.SEARCH, AssetId(asset))
        return decisions[asset]

    def permits(asset: str, row: IndexRow) -> bool:
        decision = decided(asset)
        if not decision.allowed or (row.source_identifying and decision.withheld):
            return False
        return row.of_acquisition is None or row.of_acquisition in decision.through

    def wanted(asset: str) -> bool:
        if batch is None and begin is None and end is None:
            return True
        ways = decided(asset).through
        items = [(ref, one) for ref, one in home.catalogue.items_of(AssetId(asset)) if (ref, one.n) in ways]
        if batch is not None and all(ref != batch for ref, _ in items):
            return False
        return any(_within(one.record["received_at"], begin, end) for _, one in items)

    answer = home.index.search(
        query, permits=permits, asset_filter=wanted, limit=limit, filters=_filters(language, media, tag, near)
    )  # fmt: skip
    hits = [
        {"asset": one.asset, "media": one.media, "field": one.field, "t": one.t, "end": one.end,
         "snippet": one.snippet, "score": one.score, "enrichment": one.enrichment}
        for one in answer.hits
    ]  # fmt: skip
    return {
        "hits": hits,
        "total": answer.total,
        "total_is_at_least": answer.total_is_at_least,
        "unsearchable": _unsearchable(home, access, batch),
    }


def _filters(
    language: str | None, media: str | None, tag: str | None, near: tuple[float, float, float] | None
) -> Filters:
    area = Area(lat=near[0], lon=near[1], km=near[2]) if near else None
    return Filters(language=language, media=Media(media) if media else None, tag=tag, near=area)


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


def _unsearchable(home: Home, access: Access, batch: str | None) -> dict[str, int]:
    """Count, by reason, the visible assets whose speech no search can find."""
    reasons: dict[str, int] = {}
    seen: set[AssetId] = set()
    for ref in access.batches():
        if batch not in (None, ref):
            continue
        for asset, why in home.catalogue.counts.unheard(ref):
            if asset not in seen and access.decide(Purpose.SEARCH, asset).allowed:
                seen.add(asset)
                reasons[why] = reasons.get(why, 0) + 1
    return dict(sorted(reasons.items()))


def export(
    home: Home, access: Access, assets: Sequence[str], *, batch: str | None, form: str, to: Path, recipient: str
) -> dict[str, Any]:
    """Write the documents that this recipient may have; list the others that the person may see, with the code."""
    if not recipient.strip():
        raise Misconfigured("name the recipient", code="E-CONF-009")
    if form not in FORMATS:
        raise Misconfigured(f"there is no format {form!r}; there are: {', '.join(FORMATS)}", code="E-CONF-009")
    if bool(assets) == bool(batch):
        raise Misconfigured("name either assets or a batch", code="E-CONF-009")
    allowed: list[tuple[AssetId, Decision]] = []
    withheld: list[dict[str, Any]] = []
    for asset in _asked(home, access, assets, batch):
        decision = access.decide(Purpose.EXPORT, asset, recipient=recipient)
        if decision.allowed and (code := _stopped(home, access, asset)):
            withheld.append({"asset": asset, "code": code, "reason": CODES[code].meaning})
            home.log.append("deny-export", actor=home.actor, subject=asset, code=code)
        elif decision.allowed:
            allowed.append((asset, decision))
        elif decision.known:
            withheld.append({"asset": asset, "code": decision.code, "reason": "; ".join(decision.reasons)})
            home.log.append("deny-export", actor=home.actor, subject=asset, code=decision.code)
    if not allowed:  # nothing to hand over: nothing is made
        return {
            "to": None, "format": form, "exported": [], "withheld": withheld, "withheld_within": [], "without": [],
            "files": [], "manifest_digest": None,
        }  # fmt: skip
    for asset, _ in allowed:  # before it is handed over: a disclosure must never be missing from the log
        home.log.append("export", actor=home.actor, subject=asset, form=form)
    made = FORMATS[form]((document(home, asset, decision) for asset, decision in allowed), to).as_json()
    manifest = digest(made)
    home.log.append("exported", actor=home.actor, documents=len(allowed), manifest=manifest)
    home.log.checkpoint()
    return {
        "to": str(to), "format": form, "exported": [asset for asset, _ in allowed], "withheld": withheld,
        "withheld_within": made["withheld"], "without": made["without"],
        "files": [one["path"] for one in made["files"]], "manifest_digest": manifest,
    }  # fmt: skip


def _stopped(home: Home, access: Access, asset: AssetId) -> str | None:
    """Say why an asset does not leave although its conditions allow it."""
    if home.quarantine.holds(asset):
        return "H-VAULT-001"
    return None if malware.cleared(home, access, asset) else "H-SCAN-001"


def _asked(home: Home, access: Access, assets: Sequence[str], batch: str | None) -> list[AssetId]:
    if batch is None:
        return [resolve(home, access, one, Purpose.VIEW)[0] for one in assets]
    if batch not in access.batches():
        raise Denied("no such batch, or none that you may see", code="E-FIND-002")
    return [one.id for one in home.catalogue.batch_assets(batch)]
