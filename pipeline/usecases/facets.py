"""Facets: the classes in which an inventory counts sizes, formats, conditions, dates and ages."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pipeline.core.among import ANY, STAFF
from pipeline.core.conditions import Conditions
from pipeline.core.retention import Rule

_SIZES = (
    (0, "0 empty"), (100_000, "1 up to 100 kB"), (10**6, "2 up to 1 MB"), (10**7, "3 up to 10 MB"),
    (10**8, "4 up to 100 MB"), (10**9, "5 up to 1 GB"), (10**10, "6 up to 10 GB"),
)  # fmt: skip
_AGES = ((1, "0 within a day"), (7, "1 within 7 days"), (30, "2 within 30 days"), (90, "3 within 90 days"))
_DUE = ((0, "due now"), (30, "due within 30 days"), (365, "due within a year"))


def size_class(size: int) -> str:
    """Name the class of a size in bytes; the digit before it keeps the classes in order."""
    return next((name for most, name in _SIZES if size <= most), "7 more than 10 GB")


def format_of(media_type: str | None, puid: str | None) -> str:
    """Name a format: its media type, and its entry in PRONOM where it is known."""
    return f"{media_type or 'not identified'}{f' ({puid})' if puid else ''}"


def age(checked: datetime | None, now: datetime) -> str:
    """Name how long ago an asset was last read and found right."""
    if checked is None:
        return "never"
    return next((name for days, name in _AGES if now - checked <= timedelta(days=days)), "4 longer ago")


def due(rules: Collection[Rule], now: datetime) -> list[str]:
    """Name until when rules keep an asset (the longest decides), and whether it is to be looked at again."""
    reviews = any(one.review is not None and one.review <= now for one in rules)
    look = ["review due"] if reviews else []
    if not rules:
        return ["no rule"]
    if any(one.until is None for one in rules):
        return ["kept without end", *look]
    until = max(one.until for one in rules if one.until is not None)
    return [next((name for days, name in _DUE if until - now <= timedelta(days=days)), "due later"), *look]


def conditions(terms: Conditions, now: datetime) -> list[str]:
    """Name what binds, each member by itself; no person and no recipient."""
    exclude = "".join(f", without {one}" for one in sorted(terms.process.exclude))
    shared = "anybody" if terms.export_to == ANY else "named recipients" if terms.export_to else "nobody"
    return [
        f"classification: {terms.classification}",
        f"seen by: {'staff' if terms.view == STAFF else 'named persons'}",
        f"processed: {f'yes{exclude}' if terms.process.allowed else 'no'}",
        f"shared with: {shared}",
        f"copies: {'yes' if terms.copy_allowed else 'no'}",
        f"consent: {_consent(terms, now)}",
        f"source protected: {'yes' if terms.protect_source else 'no'}",
    ]


def _consent(terms: Conditions, now: datetime) -> str:
    consent = terms.consent
    if consent is None:
        return "none recorded"
    if consent.withdrawn:
        return "withdrawn"
    return "ended" if consent.until is not None and consent.until <= now else "given"
