"""Terms: conditions that change after submission; the change binds from the moment it is recorded."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.conditions import defaults, parse
from pipeline.core.model import Source
from pipeline.core.rulings import Terms, as_ruling
from pipeline.errors import Misconfigured, Refused
from pipeline.usecases.access import CONDITIONS
from pipeline.usecases.home import Home
from pipeline.usecases.intake import read_small


def amend(home: Home, batch: str, register: str, file: Path, *, n: int | None, reason: str) -> dict[str, Any]:
    """Put a provider's new conditions in place of the old ones, for a batch or one of its items."""
    items = [one for one in home.catalogue.items(batch) if n in (None, one.n)]
    if not items:
        raise Misconfigured(f"the batch has no item {n}", code="E-CONF-009")
    try:
        text = read_small(file)
    except OSError as err:
        raise Refused(f"the conditions cannot be read: {err.strerror}", code="E-COND-001") from err
    now = datetime.now(UTC)
    records = []
    for item in items:
        base = defaults(Source(item.record["source"]), item.record["submitted_by"])
        terms = Terms(
            batch=batch, n=item.n, conditions=parse(text, base=base), by=home.actor, at=now, reason=reason
        )  # fmt: skip
        records.append(as_ruling(terms))
    home.registers.append(CONDITIONS, records, key=f"terms-{secrets.token_hex(8)}", actor=home.actor)
    home.log.append("conditions", actor=home.actor, subject=register, items=len(records), records=digest(records))
    home.log.checkpoint()
    return {"batch": batch, "items": [one["n"] for one in records], "conditions": records[0]["conditions"]}
