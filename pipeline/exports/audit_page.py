"""Audit page: what an audit read and found, as one page to print and to sign; without any network."""

import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.text import printable
from pipeline.errors import CODES
from pipeline.exports.template import filled

_MOST = 2000
"""Findings on the page; the document has them all."""


def write_audit_page(document: Mapping[str, Any], to: Path, *, vault: str, reader: str) -> None:
    """Write the page; it is there whole or not at all, and only its owner may read it."""
    draft = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(audit_page(document, vault=vault, reader=reader), encoding="utf-8")
    draft.replace(to)


def audit_page(document: Mapping[str, Any], *, vault: str, reader: str) -> str:
    """Return the page as HTML. Every text is escaped by the template; a path may hold anything."""
    return filled(
        "audit.html", audit=document,
        vault=vault, reader=reader, verdict=_verdict(document), size=_size(document["bytes"]),
        rows=[
            {**one, "path": printable(one["path"], limit=1000), "what": printable(one["what"], limit=300)}
            for one in document["findings"][:_MOST]
        ],
        more=max(0, len(document["findings"]) - _MOST),
        codes=[
            {"code": code, "count": count, "meaning": CODES[code].meaning, "who": CODES[code].who,
             "next": CODES[code].next}
            for code, count in sorted(Counter(one["code"] for one in document["findings"]).items())
        ],
    )  # fmt: skip


def _verdict(document: Mapping[str, Any]) -> str:
    if document["findings"]:
        return "Damage was found. It is named below; nothing was changed or removed."
    if not document["complete"]:
        return "Nothing wrong was found in what was read; not everything was read."
    if not document["checked"]:
        return "There was nothing to read."
    return "Every byte that was to be read was read, and is what it was when it was preserved."


def _size(count: int) -> str:
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:  # noqa: PLR2004 (SI)
        value, units = value / 1000, units[1:]
    return f"{value:.0f} bytes" if units[0] == "bytes" else f"{value:.1f} {units[0]}"
