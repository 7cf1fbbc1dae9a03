"""Pointing: where a value of a statement stands for somebody who may see only a part of it, and the other way round."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.json_pointer import spelled, steps_of, value_at
from pipeline.core.judgement import comparable
from pipeline.core.model import Kind
from pipeline.usecases.documents import claims_seen

Json = Mapping[str, Any]
_CLAIMS = "claims"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A statement as it is, and as one person sees it: claims of other acquisitions are left out there."""

    whole: Any
    seen: Any
    kept: tuple[int, ...] | None
    """The claims that are left, in order; ``None`` where nothing is left out by number."""

    def shown(self, pointer: str) -> str | None:
        """Return where a value stands in what is seen; ``None`` where it does not."""
        return self._moved(pointer, lambda place, kept: kept.index(place) if place in kept else None, self.seen)

    def meant(self, pointer: str) -> str | None:
        """Return which value somebody means by what they see; ``None`` where they see none there."""
        if not _there(self.seen, pointer):
            return None
        return self._moved(pointer, lambda place, kept: kept[place] if place < len(kept) else None, self.whole)

    def withheld(self, pointer: str) -> bool:
        """Tell whether the value is another, to who sees it, than it is."""
        if self.seen is self.whole:
            return False
        shown = self.shown(pointer)
        if shown is None:
            return True
        return bool(comparable(value_at(self.whole, pointer)) != comparable(value_at(self.seen, shown)))

    def _moved(self, pointer: str, move: Any, into: Any) -> str | None:
        steps = steps_of(pointer)
        if self.kept is not None and len(steps) > 1 and steps[0] == _CLAIMS and steps[1].isdecimal():
            place = move(int(steps[1]), self.kept)
            if place is None:
                return None
            steps = (_CLAIMS, str(place), *steps[2:])
        found = spelled(steps)
        return found if _there(into, found) else None


def _there(body: Any, pointer: str) -> bool:
    try:
        value_at(body, pointer)
    except LookupError:
        return False
    return True


def sight_of(whole: Json, seen: Json, ways: Collection[tuple[str, int]]) -> Sight:
    """Compare a statement as it is with what a person sees of it."""
    kept = tuple(claims_seen(whole, ways)) if whole["kind"] == Kind.PLACES else None
    return Sight(whole=whole["body"], seen=seen["body"], kept=kept)
