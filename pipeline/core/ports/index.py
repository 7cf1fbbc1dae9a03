"""Ports of finding: what of a document can be searched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """One searchable passage: text or position, where it stands, which enrichment says so."""

    field: str
    text: str
    enrichment: str
    media: str
    language: str | None = None
    t: float | None = None
    end: float | None = None
    lat: float | None = None
    lon: float | None = None
    of_acquisition: tuple[str, int] | None = None
    source_identifying: bool = False
