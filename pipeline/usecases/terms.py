"""Terms: conditions that change after submission; the change binds from the moment it is recorded."""

import secrets
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.conditions import defaults, parse
from pipeline.core.model import Source
from pipeline.errors import Misconfigured, Refused
from pipeline.usecases.access import CONDITIONS
from pipeline.usecases.home import Home, now_text


def amend(home: Home, batch: str, register: str, file: Path, *, n: int | None) -> dict[str, Any]:
    """Put a provider's new conditions in place of the old ones, for a batch or one of its items."""
    items = [one for one in home.catalogue.items(batch) if n in (None, one.n)]
    if not items:
        raise Misconfigured(f"the batch has no item {n}", code="E-CONF-009")
    try:
        text = file.read_bytes()
    except OSError as err:
        raise Refused(f"the conditions cannot be read: {err.strerror}", code="E-COND-001") from err
    kind = Source(items[0].record["source"])
    terms = parse(text, base=defaults(kind, items[0].record["submitted_by"])).as_json()
    record = {"type": "amend", "batch": batch, "n": n, "conditions": terms, "by": home.actor, "at": now_text()}
    home.registers.append(CONDITIONS, [record], key=f"amend-{secrets.token_hex(8)}")
    home.log.append("conditions", actor=home.actor, subject=register, n=n or 0, conditions=digest(terms))
    home.log.checkpoint()
    return {"batch": batch, "n": n, "conditions": terms}
