"""Judgement: what persons say of machine values: they confirm, correct, reject or comment, and nothing is overwritten.

A fold over the registers ``review/…``. It does not depend on the order of the records, for two hosts may
write at the same time: times and ids decide. A record that its author had no right to make counts for
nothing and stands in ``void``.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from pipeline.core.canonical import canonical, digest
from pipeline.core.document import Document, Moment
from pipeline.core.groups import PersonId
from pipeline.core.json_pointer import pointers_like, steps_of, value_at
from pipeline.errors import Corrupt

LONGEST_REASON = 2000
LONGEST_VALUE = 20_000
"""Bytes of a value that a record repeats; of a longer one it has the digest alone."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class Verdict(StrEnum):
    """What a person says of a value."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    REJECT = "reject"
    COMMENT = "comment"


class Judgement(Document):
    """One person's word on one value of one statement; ``before`` is what they judged.

    ``anchor`` holds what tells the list element that the value belongs to from others: a second, a box, a label.
    """

    type: Literal["judgement"] = "judgement"
    id: Annotated[str, Field(pattern=r"^j-[0-9a-f]{16}$")]
    asset: Sha256
    enrichment: Sha256
    kind: Annotated[str, Field(min_length=1, max_length=64)]
    pointer: Annotated[str, Field(max_length=1000)]
    verdict: Annotated[Verdict, Field(strict=False)]
    before: Any = None
    before_sha256: Sha256
    anchor: dict[str, Any]
    value: Any = None
    reason: Words
    by: PersonId
    at: Moment

    @model_validator(mode="after")
    def _whole(self) -> Self:
        steps_of(self.pointer)
        if self.value is not None and self.verdict is not Verdict.CORRECT:
            raise ValueError("only a correction has a value")
        return self


_JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """A record that counts for nothing, and why."""

    id: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """Every judgement that counts, by time; those that do not; how many were erased with their asset."""

    counting: tuple[Judgement, ...] = ()
    void: tuple[Void, ...] = ()
    erased: int = 0


Objection = Callable[[Judgement], str | None]
"""Says why a judgement counts for nothing, if it does."""


def fold_judgements(records: Iterable[Mapping[str, Any]], objection: Objection) -> Judgements:
    """Read records in any order; ``Corrupt`` (E-VAULT-002) when one is malformed."""
    known = list(records)
    read = [read_judgement(value) for value in known if not value.get("erased")]
    erased = len(known) - len(read)
    same = Counter((one.at, one.id) for one in read)

    def order(one: Judgement) -> tuple[datetime, str, str]:
        return one.at, one.id, digest(as_record(one)) if same[one.at, one.id] > 1 else ""

    counting: dict[str, Judgement] = {}
    void: list[Void] = []
    for one in sorted(read, key=order):
        if counting.get(one.id) == one:
            continue
        why = _objection(one, counting) or objection(one)
        if why is None:
            counting[one.id] = one
        else:
            void.append(Void(id=one.id, by=one.by, why=why))
    return Judgements(counting=tuple(counting.values()), void=tuple(void), erased=erased)


def _objection(one: Judgement, counting: Mapping[str, Judgement]) -> str | None:
    if one.id in counting:
        return "another judgement has this id"
    if one.before is not None and digest(comparable(one.before)) != one.before_sha256:
        return "the value judged is not the one that its digest names"
    return None


def read_judgement(value: Mapping[str, Any]) -> Judgement:
    """Read one record; ``Corrupt`` (E-VAULT-002) when it is malformed."""
    try:
        return _JUDGEMENT.validate_json(json.dumps(value))
    except ValidationError as err:
        raise Corrupt("a judgement is malformed", code="E-VAULT-002") from err


def as_record(value: Judgement) -> dict[str, Any]:
    """Return a judgement as it stands in the register."""
    return value.model_dump(mode="json")


# --- what was judged


_VOLATILE = frozenset({"agrees_with", "conflicts_with"})
"""Numbers of other claims of the same list: they say nothing of the value itself."""

_LOCATING = ("stream", "channel", "start", "end", "t", "pts", "box", "label", "term", "source", "lat", "lon", "of",
             "algorithm")  # fmt: skip


def comparable(value: Any) -> Any:
    """Return a value without what depends on its neighbours alone: what is the same value after a redo."""
    if isinstance(value, Mapping):
        return {name: comparable(one) for name, one in value.items() if name not in _VOLATILE}
    if isinstance(value, list | tuple):
        return [comparable(one) for one in value]
    return value


def anchor_of(body: Any, pointer: str) -> dict[str, Any]:
    """Return what tells the innermost list element on the way to a value from its neighbours."""
    found, anchor = body, {}
    for step in steps_of(pointer):
        inside = isinstance(found, list | tuple)
        found = found[int(step)] if inside else found[step]
        if inside:
            anchor = {name: found[name] for name in _LOCATING if name in found} if isinstance(found, Mapping) else {}
    return anchor


def told_of(value: Any) -> tuple[Any, str]:
    """Return what a record repeats of a value (nothing of a long one), and the digest of all of it."""
    short = len(canonical(value)) <= LONGEST_VALUE
    return value if short else None, digest(comparable(value))


def follow(one: Judgement, body: Any) -> str | None:
    """Return where the value that was judged stands in the body of a later result; ``None`` where it does not.

    It is the same value at the same second, box or label; its number in a list may be another.
    """
    fitting = [pointer for pointer in pointers_like(body, one.pointer) if _same(one, body, pointer)]
    if one.pointer in fitting:
        return one.pointer
    return fitting[0] if len(fitting) == 1 else None


def _same(one: Judgement, body: Any, pointer: str) -> bool:
    return anchor_of(body, pointer) == one.anchor and digest(comparable(value_at(body, pointer))) == one.before_sha256


# --- what follows from it


class State(StrEnum):
    """What became of a value, all judgements together."""

    COMMENTED = "commented"
    WAITING = "waiting"
    """Fewer persons have looked than must."""
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REJECTED = "rejected"

    @property
    def settled(self) -> bool:
        """Whether nobody needs to look again."""
        return self in _SETTLED


_ENDS = {Verdict.CONFIRM: State.CONFIRMED, Verdict.CORRECT: State.CORRECTED, Verdict.REJECT: State.REJECTED}
_SETTLED = frozenset(_ENDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the judgements of one value come to; ``value`` is that of a correction, ``by`` who judged, in order."""

    state: State
    value: Any = None
    by: tuple[str, ...] = ()
    judgements: tuple[str, ...] = field(default_factory=tuple)


def standing(judgements: Sequence[Judgement], *, required: int) -> Standing:
    """Add up the judgements of one value, by time. A person's later word replaces their earlier one.

    So many persons must say the same; where two say otherwise it is disputed, whatever the majority says.
    """
    told = tuple(one.id for one in judgements)
    last = {one.by: one for one in judgements if one.verdict is not Verdict.COMMENT}
    if not last:
        return Standing(state=State.COMMENTED, by=tuple(dict.fromkeys(one.by for one in judgements)), judgements=told)
    said = {(one.verdict, digest(one.value)) for one in last.values()}
    by = tuple(one.by for one in sorted(last.values(), key=lambda one: (one.at, one.id)))
    if len(said) > 1:
        return Standing(state=State.DISPUTED, by=by, judgements=told)
    verdict = next(iter(said))[0]
    state = _ENDS[verdict] if len(last) >= required else State.WAITING
    value = next(iter(last.values())).value if state is State.CORRECTED else None
    return Standing(state=state, value=value, by=by, judgements=told)
