"""Find: the enriched document and the export, each as one person may have it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.extensions import extension_matches
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId, Kind
from pipeline.errors import CODES, Misconfigured
from pipeline.exports.formats import FORMATS
from pipeline.usecases import malware
from pipeline.usecases.access import Access, Denied, resolve
from pipeline.usecases.documents import fold, only_through, withhold, without_names, without_source
from pipeline.usecases.home import Home
from pipeline.usecases.reviews import with_reviews, without_reasons

_PRIVATE = ("salt", "type", "outcome", "code", "reason", "asset", "submitted_by", "conditions")
"""Members of a register's line that are ours, not the acquisition's."""


def document(
    home: Home, asset: AssetId, decision: Decision, *, names: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the enriched document with the acquisitions and values that the decision lets through.

    ``names``: of the reviewers who may be called by name; of others the document has the opaque id.
    """
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
    told = withhold(whole, "H-SOURCE-001") if decision.withheld else whole
    return with_reviews(home, told, enrichments, decision, names=names)


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
    made = FORMATS[form](
        (without_reasons(document(home, asset, decision)) for asset, decision in allowed), to
    ).as_json()
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
