"""Licences: reads what each package says of its licence, and tells whether `licences.toml` allows it."""

import re
import tomllib
from email.message import Message
from functools import cache
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, cast

TABLE = Path(__file__).with_name("licences.toml")
DOC = Path("/usr/share/doc")


@cache
def table() -> dict[str, Any]:
    """Return the list of what is allowed, and what was looked up by hand."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def of_package(name: str) -> str:
    """Return the licence of an installed Python package as an SPDX expression; ``LicenseRef-unknown`` says nothing."""
    by_hand = table()["package"].get(name)
    return str(by_hand["licence"]) if by_hand else said(cast("Message", metadata(name)))


def said(told: Message) -> str:
    """Return what a package says of itself: an expression, else its licence field, else its classifiers."""
    if expression := told.get("License-Expression"):
        return str(expression)
    words = table()["words"]
    line = (told.get("License") or "").strip().partition("\n")[0]
    if line in words:
        return str(words[line])
    last = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    known = sorted({words[one] for one in last if one in words})
    if not known or any(one not in words for one in last if one not in {"OSI Approved", "DFSG approved"}):
        return "LicenseRef-unknown"
    return " AND ".join(known)


def refused(expression: str) -> list[str]:
    """Return the licences of an SPDX expression that stand in the way: of alternatives one allowed is enough."""
    allowed = set(table()["allowed"])
    found: list[str] = []
    for part in _split(expression, "AND"):
        alternatives = _split(part, "OR")
        if len(alternatives) > 1:
            if all(refused(one) for one in alternatives):
                found += [bad for one in alternatives for bad in refused(one)]
        elif part.startswith("("):
            found += refused(part[1:-1])
        elif part not in allowed:
            found.append(part)
    return found


def _split(expression: str, word: str) -> list[str]:
    """Split an expression at a word that stands outside brackets."""
    parts, depth = [""], 0
    for piece in re.findall(r"[()]|[^()\s]+", expression):
        depth += (piece == "(") - (piece == ")")
        if piece == word and depth == 0:
            parts.append("")
        else:
            glue = "" if piece == ")" or parts[-1].endswith("(") or not parts[-1] else " "
            parts[-1] += glue + piece
    return parts


def of_debian(name: str) -> list[str]:
    """Return every licence that a Debian package's copyright file names; none where it cannot be read so."""
    file = DOC / name / "copyright"
    if not file.is_file():
        return []
    text = file.read_text(encoding="utf-8", errors="replace")
    return sorted(set(re.findall(r"^License: *(\S.*?) *$", text, re.MULTILINE)))
