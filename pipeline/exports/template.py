"""Template: how a page is filled: every text escaped, and what acts on a reader's screen made visible."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.text import printable

# Quick to look for in pictures of a megabyte; what is then shown instead, ``printable`` decides.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200d-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_LONGER = 10
"""An escape takes that many characters at most."""


def filled(name: str, **values: Mapping[str, Any] | Any) -> str:
    """Return the template beside this file with its values, as HTML."""
    found: str = templates(Path(__file__).parent).get_template(name).render(**values)
    return found


def templates(folder: Path) -> Any:
    """Return the templates of a folder; whatever they are filled with is text, escaped and harmless."""
    import jinja2

    return jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, finalize=_shown,
        loader=jinja2.FileSystemLoader(folder),
    )  # fmt: skip


def _shown(value: Any) -> Any:
    """Return a value as a page may hold it; what a macro has already made is left alone."""
    if not isinstance(value, str) or hasattr(value, "__html__") or not _ACTING.search(value):
        return value
    return printable(value, limit=len(value) * _LONGER)
