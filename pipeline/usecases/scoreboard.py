"""Scoreboard: how right each model was, by what persons said of its values; nothing is measured that nobody judged."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.error_rates import Rate, cer, wer
from pipeline.core.gate import Purpose
from pipeline.core.judgement import Judgement, State, standing
from pipeline.core.model import AssetId, Kind
from pipeline.usecases.access import Access
from pipeline.usecases.home import Home
from pipeline.usecases.judging import JUDGEMENT
from pipeline.usecases.reviews import judgements_of

Json = Mapping[str, Any]
Pair = tuple[str, str]
"""What a person says that it should be, and what the model wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A value on which enough persons agree: what the model said, and what they made of it."""

    asset: AssetId
    enrichment: str
    kind: str
    pointer: str
    state: State
    said: Any
    value: Any


_TEXTS: Mapping[str, tuple[str, str, Callable[[Sequence[Pair]], Rate | None]]] = {
    Kind.TRANSCRIPT: ("segments", "wer", wer), Kind.TRANSLATION: ("segments", "wer", wer),
    Kind.OCR: ("regions", "cer", cer),
}  # fmt: skip
_LABELS = {Kind.OBJECTS: "objects", Kind.TAGS: "tags"}


def scoreboard(home: Home, access: Access) -> dict[str, Any]:
    """Return word errors and precision by model, over the assets that the person may see."""
    found = list(settled(home, access))
    makers = home.catalogue.reviews.makers([one.enrichment for one in found])
    groups: dict[tuple[str, str, str], list[Settled]] = defaultdict(list)
    for one in found:
        model, weights = makers.get(one.enrichment, (None, None))
        groups[one.kind, model or "", weights or ""].append(one)
    rows: list[dict[str, Any]] = []
    for (kind, model, weights), some in sorted(groups.items()):
        states = Counter(one.state for one in some)
        row = {
            "kind": kind, "model": model or None, "weights_sha256": weights or None,
            "assets": len({one.asset for one in some}), "values": len(some),
            **{str(state): states[state] for state in (State.CONFIRMED, State.CORRECTED, State.REJECTED)},
        }  # fmt: skip
        rows.append({**row, **_measured(kind, some)})
    return {"assets": len({one.asset for one in found}), "models": rows}


def settled(home: Home, access: Access) -> Iterator[Settled]:
    """Yield every value on which enough persons agree, of the assets that the person may see."""
    for asset in home.catalogue.reviews.assets(JUDGEMENT):
        if not access.decide(Purpose.VIEW, asset).allowed:
            continue
        grouped: dict[tuple[str, str], list[Judgement]] = {}
        for one in judgements_of(home, asset).counting:
            grouped.setdefault((one.enrichment, one.pointer), []).append(one)
        for (enrichment, pointer), some in grouped.items():
            told = standing(some, required=home.settings.reviews_required)
            if told.state.settled:
                yield Settled(
                    asset=asset, enrichment=enrichment, kind=some[0].kind, pointer=pointer, state=told.state,
                    said=some[0].before, value=told.value,
                )  # fmt: skip


def _measured(kind: str, some: Sequence[Settled]) -> dict[str, Any]:
    if kind in _TEXTS:
        _, name, measure = _TEXTS[kind]
        pairs = [pair for one in some for pair in pairs_of(one)]
        rate = measure([pair for pair in pairs if pair[0]])
        invented = sum(len(said.split()) for wanted, said in pairs if not wanted)
        return {name: _rate(rate), "words_invented": invented}
    if kind in _LABELS:
        return {"labels": _labels(kind, some)}
    return {"precision": _precision(Counter(one.state for one in some))}


def pairs_of(one: Settled) -> Iterator[Pair]:
    """Yield what should have been written beside what was; a rejected passage should not have been there."""
    member = _TEXTS[one.kind][0]
    said = one.said.get(member, ()) if isinstance(one.said, Mapping) else ()
    texts = [str(it["text"]) for it in said if it.get("text")] or [_text(one.said)]
    if one.state is State.CORRECTED:
        yield _text(one.value), " ".join(texts)
        return
    for text in filter(None, texts):
        yield (text if one.state is State.CONFIRMED else ""), text


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("text") or "")
    return value if isinstance(value, str) else ""


def _labels(kind: str, some: Sequence[Settled]) -> dict[str, dict[str, Any]]:
    counted: dict[str, Counter[State]] = defaultdict(Counter)
    for one in some:
        for label in _named(kind, one.said):
            counted[label][one.state] += 1
    return {label: {**{str(state): n for state, n in sorted(counts.items())}, "precision": _precision(counts)}
            for label, counts in sorted(counted.items())}  # fmt: skip


def _named(kind: str, said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    if isinstance(said, Mapping):
        return (
            [str(said["label"])] if "label" in said else [str(it["label"]) for it in said.get(_LABELS[Kind(kind)], ())]
        )
    return []


def _precision(counts: Mapping[State, int]) -> float | None:
    """Of what was judged, the share that was right; what had to be corrected was not."""
    judged = sum(counts.get(one, 0) for one in (State.CONFIRMED, State.CORRECTED, State.REJECTED))
    return round(counts.get(State.CONFIRMED, 0) / judged, 3) if judged else None


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    return {
        "rate": round(rate.rate, 4), "low": round(rate.low, 4), "high": round(rate.high, 4), "errors": rate.errors,
        "units": rate.units, "items": rate.items,
    }  # fmt: skip
