"""Short cuts: what is settled without work, by the medium or by an input that has nothing to give."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.model import Enrichment, Kind, Maker, Media, Outcome
from pipeline.stages.base import Result, Stage

TAKEN_OVER = "taken_over"
"""The parameter of a maker that only passed on the outcome of an input."""

Settled = tuple[Maker, Result, tuple[Enrichment, ...]]
"""Who says it, what is said, and the statements that it rests on."""


_UNOPENED = frozenset({"archive", "document"})
"""Flags of what may hold pictures and sound that nothing here opens."""


def short_cut(stage: Stage, inputs: Mapping[Kind, Enrichment]) -> Settled | None:
    """Settle without work: not for this media, or an input that has nothing to give.

    The maker names no engine and no tool: another engine could not change such a result.
    """
    if stage.media is not None:
        shape = inputs[Kind.FORMAT]
        if shape.outcome is not Outcome.DONE:
            return _take_over(stage, shape)
        media = Media(shape.body["media"])
        if not stage.accepts(media):
            if unopened := _UNOPENED.intersection(shape.body.get("flags", ())):
                what = "what is in this archive" if "archive" in unopened else "what is in this document"
                result = Result(outcome=Outcome.UNSUPPORTED, code="U-MEDIA-001", reason=f"{what} was not looked at")
                return _maker(stage, media=str(media), unopened="yes"), result, (shape,)
            result = Result(outcome=Outcome.NOT_APPLICABLE, code="N-MEDIA-001", reason=f"not for {media} material")
            return _maker(stage, media=str(media)), result, (shape,)
    for kind in stage.reads:
        if inputs[kind].outcome is not Outcome.DONE:
            return _take_over(stage, inputs[kind])
    return None


def in_its_own_right(
    outcome: Outcome, code: str | None, parameters: Mapping[str, Any], basis: Iterable[tuple[Outcome, str | None]]
) -> bool:
    """Tell whether an outcome is the stage's own, and not that of an input which it rests on and only repeats.

    A stage that heeds an input may end as that input did although nothing cut it short: said once is enough.
    """
    return TAKEN_OVER not in parameters and (outcome is Outcome.DONE or (outcome, code) not in set(basis))


def _take_over(stage: Stage, one: Enrichment) -> Settled:
    result = Result(outcome=one.outcome, code=one.code, reason=one.reason, coverage=one.coverage)
    return _maker(stage, **{TAKEN_OVER: str(one.kind)}), result, (one,)


def _maker(stage: Stage, **parameters: str) -> Maker:
    return Maker(stage=stage.name, version=stage.version, parameters=parameters)
