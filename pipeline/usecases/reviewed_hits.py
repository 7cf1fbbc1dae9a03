"""Reviewed hits: what persons made of the passages that a search found; and what they wrote instead, to be found."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.json_pointer import value_at
from pipeline.core.judgement import Standing, State, anchor_of
from pipeline.core.model import AssetId, Kind
from pipeline.core.ports import IndexRow
from pipeline.usecases.documents import fold
from pipeline.usecases.home import Home
from pipeline.usecases.reviews import Standings, attached, judgements_of, overall, standings

Json = Mapping[str, Any]
CORRECTION = "correction"
"""The field of passages that persons wrote."""

_WRITTEN = frozenset({Kind.TRANSCRIPT, Kind.TRANSLATION, Kind.OCR})
_NEAR = 0.0015
"""Seconds: both are rounded to milliseconds."""


def told_of(home: Home, asset: AssetId, statements: list[dict[str, Any]]) -> Standings:
    """Return what persons made of each value of an asset's statements."""
    folded = judgements_of(home, asset)
    if not folded.counting:
        return {}
    return standings(attached(folded.counting, statements), required=home.settings.reviews_required)


def marked(
    home: Home, hits: list[dict[str, Any]], names: Callable[[AssetId], Mapping[str, str]]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return hits, each with what persons made of it: ``review`` is null where nobody has looked at it."""
    judged = home.catalogue.reviews.judged({AssetId(one["asset"]) for one in hits})
    told: dict[str, tuple[dict[str, Json], Standings, Mapping[str, str]]] = {}
    for asset in judged:
        statements = fold(home, asset)["enrichments"]
        told[asset] = {one["id"]: one["body"] for one in statements}, told_of(home, asset, statements), names(asset)
    return [{**one, "review": _review(one, *told[one["asset"]]) if one["asset"] in told else None} for one in hits]


def _review(hit: Json, bodies: Mapping[str, Json], told: Standings, names: Mapping[str, str]) -> dict[str, Any] | None:
    body = bodies.get(hit["enrichment"], {})
    mine = [one for pointer, one in told.get(hit["enrichment"], {}).items() if _there(hit, body, pointer)]
    if not mine:
        return None
    by = dict.fromkeys(names.get(who, who) for one in mine for who in one.by)
    return {"state": str(overall({one.state for one in mine})), "by": list(by)}


def _there(hit: Json, body: Json, pointer: str) -> bool:
    """Tell whether a value is, or belongs to, the passage that was found."""
    anchor = anchor_of(body, pointer)
    if not anchor:
        return pointer == ""
    for mine, theirs in (("t", anchor.get("start", anchor.get("t"))), ("end", anchor.get("end"))):
        if hit[mine] is not None and theirs is not None and abs(hit[mine] - theirs) > _NEAR:
            return False
    label = anchor.get("label")
    return label is None or str(label).casefold() in str(hit["snippet"]).casefold()


def correction_rows(home: Home, document: Json) -> list[IndexRow]:
    """Return the passages that persons wrote instead of a machine, as they can be found; the machine's stay beside."""
    if not home.catalogue.reviews.judged([AssetId(document["asset"])]):
        return []
    statements = document["enrichments"]
    told = told_of(home, AssetId(document["asset"]), statements)
    return [
        row for one in statements if one["current"] and one["kind"] in _WRITTEN
        for row in _rows(one, told.get(one["id"], {}), document["media"])
    ]  # fmt: skip


def _rows(one: Json, told: Mapping[str, Standing], media: str) -> Iterator[IndexRow]:
    acquisition = one.get("of_acquisition")
    for pointer, it in sorted(told.items()):
        if it.state is not State.CORRECTED or not isinstance(it.value, str) or not pointer.endswith("/text"):
            continue
        element = value_at(one["body"], pointer.removesuffix("/text"))
        language = element.get("language") or one["body"].get("target") or one["body"].get("language")
        yield IndexRow(
            field=CORRECTION, text=it.value, enrichment=one["id"], media=media, language=language,
            t=element.get("start", element.get("t")), end=element.get("end"),
            of_acquisition=(acquisition[0], acquisition[1]) if acquisition else None,
        )  # fmt: skip
