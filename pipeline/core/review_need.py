"""Review need: which machine values a person should look at, and which of them first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.model import Kind, Outcome

Json = Mapping[str, Any]
Need = tuple[str, int]
"""The pointer of a value within its body, and how much it should be looked at, in thousandths."""

DOUBTED = 500
"""From here on something speaks against a value: a flag, a failed check, a low reliability, a conflict."""

_TRUSTED = frozenset({None, "usable", "high", "good"})


def needs_of(kind: str, body: Json) -> list[Need]:
    """Return the values of a body that can be reviewed, in their order; none of a kind that nobody reviews."""
    reader = _READERS.get(kind)
    return list(reader(body)) if reader and body else []


def doubt_of(kind: str, outcome: str, body: Json) -> int | None:
    """Return how much a statement should be looked at: its most doubtful value decides; ``None``: nothing to review."""
    needs = needs_of(kind, body) if outcome == Outcome.DONE else []
    return max((need for _, need in needs), default=None)


def _need(confidence: Any, against: bool) -> int:
    sure = min(max(float(confidence), 0.0), 1.0) if isinstance(confidence, int | float) else DOUBTED / 1000
    return round((1 - sure) * (DOUBTED - 1)) + (DOUBTED if against else 0)


def _segments(body: Json) -> Iterator[Need]:
    for place, one in enumerate(body.get("segments", ())):
        if one.get("text"):
            against = bool(one.get("flags") or one.get("checks")) or one.get("reliability") not in _TRUSTED
            yield f"/segments/{place}/text", _need(one.get("confidence"), against)


def _regions(body: Json) -> Iterator[Need]:
    for place, one in enumerate(body.get("regions", ())):
        if one.get("text"):
            against = bool(one.get("flags")) or one.get("reliability") not in _TRUSTED
            yield f"/regions/{place}/text", _need(one.get("confidence"), against)


def _labels(member: str) -> Callable[[Json], Iterator[Need]]:
    def read(body: Json) -> Iterator[Need]:
        for place, one in enumerate(body.get(member, ())):
            sure = one.get("calibrated")
            yield f"/{member}/{place}/label", _need(one.get("score") if sure is None else sure, against=False)

    return read


def _claims(body: Json) -> Iterator[Need]:
    for place, one in enumerate(body.get("claims", ())):
        yield f"/claims/{place}", _need(one.get("confidence"), bool(one.get("conflicts_with")))


_READERS: dict[str, Callable[[Json], Iterator[Need]]] = {
    Kind.TRANSCRIPT: _segments,
    Kind.TRANSLATION: _segments,
    Kind.OCR: _regions,
    Kind.OBJECTS: _labels("objects"),
    Kind.TAGS: _labels("tags"),
    Kind.PLACES: _claims,
}
