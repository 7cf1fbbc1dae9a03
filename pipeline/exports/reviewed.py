"""Reviewed: what persons made of a machine's value, said wherever the value is shown; it never takes its place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.json_pointer import within
from pipeline.core.text import printable

Json = Mapping[str, Any]

_WORDS = {
    "confirmed": "confirmed", "corrected": "corrected", "rejected": "rejected", "disputed": "disputed",
    "waiting": "waiting for a second reviewer", "commented": "commented on",
}  # fmt: skip
_GRAVEST = ("disputed", "waiting", "corrected", "rejected", "confirmed", "commented")
NOBODY = "machine-made, reviewed by nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What persons made of a value: ``state`` is ``None`` where nobody looked; ``instead`` what they would write."""

    state: str | None = None
    by: tuple[str, ...] = ()
    instead: str | None = None

    @property
    def words(self) -> str:
        """Say it in a line."""
        if self.state is None:
            return NOBODY
        return f"machine-made, {_WORDS[self.state]} by {', '.join(self.by)}"


def mark_of(enrichment: Json, pointer: str = "") -> Mark:
    """Return what was made of a value, its parts included, or of the statement as a whole."""
    review = enrichment.get("review")
    values: Sequence[Json] = review["values"] if review else ()
    mine = [one for one in values if one["pointer"] == "" or within(one["pointer"], pointer)]
    if not mine:
        return Mark()
    state = next(one for one in _GRAVEST if any(it["state"] == one for it in mine))
    by = tuple(dict.fromkeys(who for one in mine if one["state"] == state for who in one["by"]))
    written = [_text(one["value"]) for one in mine if one["state"] == "corrected" and one["value"] is not None]
    return Mark(state=state, by=by, instead=" | ".join(written) or None)


def _text(value: Any) -> str:
    """Return a correction as text."""
    if isinstance(value, Mapping) and isinstance(value.get("text"), str):
        value = value["text"]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def told(mark: Mark, *, limit: int = 600) -> str:
    """Return a mark for a page: empty where nobody looked."""
    if mark.state is None:
        return ""
    instead = f": {printable(mark.instead, limit=limit)}" if mark.instead else ""
    return f"{_WORDS[mark.state]} by {printable(', '.join(mark.by), limit=200)}{instead}"
