"""Registers: the names of all that a home may have, so that an audit can name one that is gone."""

from collections.abc import Iterable

from pipeline.usecases.access import CONDITIONS, HOLDS
from pipeline.usecases.batches import PREFIX
from pipeline.usecases.holding import DISPOSALS, LEGAL_HOLDS, RETENTION
from pipeline.usecases.home import PEOPLE
from pipeline.usecases.tombstones import TOMBSTONES


def register_names(batches: Iterable[str] = (), reviews: Iterable[str] = ()) -> list[str]:
    """Return the names of all registers but those that serve a part of the program alone.

    ``reviews`` are those of what persons said of assets, as far as there are any.
    """
    fixed = [PEOPLE, CONDITIONS, HOLDS, LEGAL_HOLDS, RETENTION, DISPOSALS, TOMBSTONES]
    return [*fixed, *(f"{PREFIX}{ref}" for ref in batches), *reviews]
