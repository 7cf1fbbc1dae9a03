"""Clock: the one spelling of the present."""

from datetime import UTC, datetime


def now_text() -> str:
    """Return the time as it stands in records: UTC, RFC 3339, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
