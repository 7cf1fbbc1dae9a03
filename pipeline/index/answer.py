"""Answer: what a search may be narrowed to, and what it gives back."""

from dataclasses import dataclass

from pipeline.core.model import Media
from pipeline.index.area import Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a hit must be besides matching: BCP 47 language, medium, field, label of its asset, area of its asset."""

    language: str | None = None
    media: Media | None = None
    field: str | None = None
    tag: str | None = None
    near: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage found: where it stands (seconds), in its original spelling, and who says so.

    ``partial``: its asset was read in part only, so that more may stand there than can be found.
    """

    asset: str
    media: str
    field: str
    t: float | None
    end: float | None
    snippet: str
    score: float
    enrichment: str
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """The best hits, and how many passages match; nothing of it depends on what is not permitted.

    ``assets``: of the passages that were counted.
    """

    hits: tuple[Hit, ...]
    total: int
    total_is_at_least: bool
    assets: frozenset[str]
