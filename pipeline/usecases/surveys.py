"""Surveys: the parts of a vault one after the other, which a second process finds ahead where there are many."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice

from pipeline.core.ports import Surveyed
from pipeline.errors import Misconfigured, Unavailable
from pipeline.tools.companion import companion
from pipeline.usecases.home import Home
from pipeline.vault.storage import ASSET, ORIGINAL
from pipeline.vault.survey import Ahead

Part = tuple[int, int]
Survey = Callable[[Part], Iterator[Surveyed]]

_log = logging.getLogger(__name__)


def many(home: Home, few: int) -> bool:
    """Tell whether there are more than a few assets."""
    if home.settings.vault_s3 is None:
        return _walk(home, 1).more_than(few)
    return next(islice(home.vault.assets(), few, None), None) is not None


@contextmanager
def ahead(home: Home, parts: int) -> Iterator[Survey]:
    """Lend a survey that is quickest when all ``parts`` are asked for in their order, each once.

    Half of a rebuild is waiting for the disk and reading inventories: where there is another processor, it does that.
    What is asked for twice or out of order is found in this process, and so is everything in a bucket.
    """
    with ExitStack() as stack:
        survey = home.vault.survey
        if home.settings.vault_s3 is None and len(os.sched_getaffinity(0)) > 1:
            there = _walk(home, parts)
            try:
                survey = _InTurn(stack.enter_context(companion(there.argv)), there, survey)
            except (Misconfigured, Unavailable) as err:
                _log.warning("the vault is read by one process alone: %s", err.code)
        yield survey


def _walk(home: Home, parts: int) -> Ahead:
    return Ahead(home.settings.vault / "objects", ASSET, parts, original=ORIGINAL)


class _InTurn:
    def __init__(self, lines: Iterator[str], there: Ahead, here: Survey) -> None:
        self._lines = lines
        self._there = there
        self._here = here
        self._next: int | None = 1
        """The part whose lines come next; ``None`` when they cannot be told apart any more."""

    def __call__(self, part: Part) -> Iterator[Surveyed]:
        if part[0] != self._next:
            yield from self._here(part)
            return
        self._next = None
        yield from self._there.heard(self._lines, part[0])
        self._next = part[0] + 1
