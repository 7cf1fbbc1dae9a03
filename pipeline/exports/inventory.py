"""Inventory files: the counts as a table that a spreadsheet runs nothing of, and as one page to print."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.core.text import printable
from pipeline.exports.tables import BOM, line_of
from pipeline.exports.template import filled

Json = Mapping[str, Any]

_COLUMNS = ("by", "value", "weights_sha256", "assets", "items", "results", "bytes")
_TITLES = {
    "batch": "By batch", "source": "By source", "kind": "By kind", "size": "By size", "format": "By format",
    "conditions": "By conditions", "retention": "By retention", "last-audit": "By last audit", "model": "By model used",
}  # fmt: skip


def write_csv(document: Json, to: Path) -> None:
    """Write a row for each value, and one for all."""
    _write(to, BOM + b"".join(line_of(row) for row in (_COLUMNS, *_lines(document))))


def _lines(document: Json) -> Iterator[list[Any]]:
    whole = {**document, "by": "all", "value": document["batch"] or "everything"}
    rows = [whole, *({**row, "by": name} for name, rows in document["by"].items() for row in rows)]
    yield from ([row.get(name) for name in _COLUMNS] for row in rows)


def write_page(document: Json, to: Path) -> None:
    """Write one self-contained HTML file: no script, no network, every text escaped."""
    tables = [
        {"title": _TITLES[name], "rows": [_shown(row) for row in rows], "of": "results" if name == "model" else "items"}
        for name, rows in document["by"].items()
    ]
    page = filled("inventory.html", told=document, tables=tables, size=size)
    _write(to, page.encode("utf-8", "replace"))


def _shown(row: Json) -> dict[str, Any]:
    weights = f" · {row['weights_sha256'][:12]}" if row.get("weights_sha256") else ""
    return {
        "value": printable(f"{row['value']}{weights}", limit=200), "assets": row["assets"],
        "count": row.get("items", row.get("results")), "bytes": size(row["bytes"]),
    }  # fmt: skip


def size(count: float) -> str:
    """Spell a number of bytes."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000:  # noqa: PLR2004 (a thousand)
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} PB"


def _write(to: Path, data: bytes) -> None:
    """Put a file in its place in one rename, readable for its owner alone."""
    fresh = to.with_name(f".{to.name}.{os.urandom(4).hex()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(to)
