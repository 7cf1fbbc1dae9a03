"""Crew: threads that work through the assets of a shard, each asset under its lease and by one thread alone."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipeline.catalogue import Lost
from pipeline.core.halt import Halt, check
from pipeline.core.model import Asset, AssetId
from pipeline.errors import PipelineError, Unavailable
from pipeline.usecases.home import Home

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 15.0
LARGE_BYTES = 64_000_000
"""An asset from this size on may take much memory: one such is worked on at a time."""

Work = Callable[[Asset], Any]


def lease_of(asset: AssetId) -> str:
    """Name the lease of the work on an asset."""
    return f"asset:{asset}"


def each(
    home: Home, assets: Sequence[Asset], work: Work, *, told: Callable[[Any], None] = lambda _answer: None
) -> None:
    """Work on each asset under its lease; what another worker holds comes last, when it is free.

    ``told`` gets every answer, in this thread. An outside fault of one asset is raised when all others
    are done; anything else ends the work at once.
    """
    crew = _Crew(home, assets, work)
    hands = min(home.settings.items_at_once, len(assets))
    if hands > 1:
        crew.together(hands, told)
    else:
        crew.alone(told)
    if crew.late:
        raise crew.late[-1]


class _Rota:
    """Who does what next: assets in order, those that another worker holds after a while again."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._left = [(0.0, asset) for asset in assets]
        self._large = 0
        self._changed = threading.Condition()

    def take(self, *, stop: Callable[[], bool]) -> Asset | None:
        """Return the next asset that may be begun, waiting for one; ``None`` when nothing is left."""
        with self._changed:
            while self._left and not stop():
                now = time.monotonic()
                for place, (since, asset) in enumerate(self._left):
                    if since <= now and not (self._large and _large(asset)):
                        self._large += _large(asset)
                        del self._left[place]
                        return asset
                self._changed.wait(_POLL_SECONDS)
            return None

    def back(self, asset: Asset, *, later: bool) -> None:
        """Note that an asset is no longer worked on here; ``later`` it is to be tried again."""
        with self._changed:
            self._large -= _large(asset)
            if later:
                self._left.append((time.monotonic() + _POLL_SECONDS, asset))
            self._changed.notify_all()


def _large(asset: Asset) -> bool:
    return asset.bytes >= LARGE_BYTES


@dataclass(frozen=True, slots=True)
class _Gone:
    """A hand is done, or ended by an error."""

    error: BaseException | None


class _Crew:
    """The hands of one call: one in this thread, or several in threads of their own."""

    def __init__(self, home: Home, assets: Sequence[Asset], work: Work) -> None:
        self._home = home
        self._work = work
        self._rota = _Rota(assets)
        self._halt = Halt()
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.late: list[Unavailable] = []

    def alone(self, told: Callable[[Any], None]) -> None:
        """Do everything in this thread."""
        while (asset := self._rota.take(stop=lambda: False)) is not None:
            self._one(asset, told)

    def together(self, hands: int, told: Callable[[Any], None]) -> None:
        """Do everything in threads; whatever ends this one ends them, and is raised when they have ended."""
        threads = [threading.Thread(target=self._hand, name=f"hand-{n}", daemon=True) for n in range(hands)]
        failed: BaseException | None = None
        try:
            for one in threads:
                one.start()
            for _ in threads:
                while not isinstance(said := self._said.get(), _Gone):
                    told(said)
                if said.error is not None:
                    failed = failed or said.error
                    self._halt.give()
        except BaseException:
            self._halt.give()
            self._wait(threads)
            raise
        if failed is not None:
            raise failed

    def _wait(self, threads: Sequence[threading.Thread]) -> None:
        """Wait until all have ended; one that is deep inside a model may not keep an interrupt waiting for ever."""
        until = time.monotonic() + _GRACE_SECONDS
        for one in threads:
            if one.ident is not None:
                one.join(max(0.0, until - time.monotonic()))

    def _hand(self) -> None:
        error: BaseException | None = None
        with self._halt.bound():
            try:
                while (asset := self._rota.take(stop=lambda: self._halt.given)) is not None:
                    self._one(asset, self._said.put)
            except BaseException as err:  # noqa: BLE001 (it is raised where the crew was called)
                error = None if self._halt.given and isinstance(err, KeyboardInterrupt) else err
            finally:
                with suppress(PipelineError):  # each thread has a connection of its own
                    self._home.index.close()
                self._said.put(_Gone(error))

    def _one(self, asset: Asset, told: Callable[[Any], None]) -> None:
        name, later = lease_of(asset.id), False
        try:
            if not self._home.leases.take(name):
                later = True
                return
            try:
                check()
                told(self._work(asset))
            finally:
                self._home.leases.release(name)
        except Lost:
            later = True
        except Unavailable as err:
            _log.warning("%s: %s; the others go on", asset.id[:12], err.code)
            self.late.append(err)
        finally:
            self._rota.back(asset, later=later)
