"""Hands: several objects examined at a time, in the order of what is due, within a budget."""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.halt import Halt, check
from pipeline.vault.examine import Examined, Found, Reading, content_bytes, examine, listing
from pipeline.vault.logged import Logged, ObjectKey, open_commits
from pipeline.vault.meter import Meter

_LOOKS = 10
_MOST = 16
INTERRUPTED = "interrupted"

Work = Future[tuple[ObjectKey, Examined]]
Take = Callable[[ObjectKey, Examined], None]


@dataclass(frozen=True, kw_only=True)
class Hands:
    """What the threads of one audit share."""

    root: Path
    reading: Reading
    objects: Mapping[ObjectKey, Found]
    logged: Logged
    meter: Meter

    def read(self, order: Iterable[ObjectKey], take: Take) -> str | None:
        """Examine objects and hand each over in this thread; say what ended it early, if anything did.

        An interrupt ends the reading at once: what was read to its end is handed over.
        """
        halt, hands = Halt(), self._hands()
        running: set[Work] = set()
        stopped, begun = None, 0
        with ThreadPoolExecutor(hands, thread_name_prefix="audit") as pool:
            try:
                for key in order:
                    if (stopped := self._may_begin(key, first=begun == 0)) is not None:
                        break
                    running.add(pool.submit(self._one, key, halt))
                    begun += 1
                    while len(running) >= (2 * hands if hands > 1 else 1):
                        _absorb(running, take)
                while running:
                    _absorb(running, take)
            except BaseException as err:
                halt.give()
                if not isinstance(err, KeyboardInterrupt):
                    raise
                stopped = INTERRUPTED
        for one in running:
            if one.done() and one.exception() is None:
                take(*one.result())
        return stopped

    def _hands(self) -> int:
        """Return how many objects to read at a time: one where a slow rate is kept, so that no more is in work."""
        if self.meter.slow:
            return 1
        return min(_MOST, len(os.sched_getaffinity(0)) + 2)  # some wait for the disk while others digest

    def _may_begin(self, key: ObjectKey, *, first: bool) -> str | None:
        if not self.meter.needs_sizes:
            return None
        try:
            size = content_bytes(listing(self.reading.tree, self.objects[key].folder))
        except OSError:  # its examination will say so
            size = 0
        return self.meter.begin(size, first=first)

    def _one(self, key: ObjectKey, halt: Halt) -> tuple[ObjectKey, Examined]:
        with halt.bound():
            check()
            seen = self._examine(key)
            return key, self._look_again(key, seen) if seen.findings else seen

    def _examine(self, key: ObjectKey) -> Examined:
        return examine(self.objects[key], self.reading, logged=self.logged.versions.get(key, {}))

    def _look_again(self, key: ObjectKey, seen: Examined) -> Examined:
        """Look until two looks agree: a writer may have been at it, and damage stays."""
        for _ in range(_LOOKS):
            before = seen
            busy = key in open_commits(self.root)
            seen = self._examine(key)
            if seen.only_behind and (busy or key in open_commits(self.root)):
                seen.findings.clear()
            if not seen.findings or (seen.findings, seen.versions) == (before.findings, before.versions):
                break
        return seen


def _absorb(running: set[Work], take: Take) -> None:
    """Hand over what is done; what was handed over is running no more, also when an interrupt comes between."""
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for one in done:
        result = one.result()
        running.discard(one)
        take(*result)
