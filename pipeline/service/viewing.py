"""Viewing: pictures, sound and films as a person may look at them, what a list shows of them, and who saw them."""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.model import AssetId
from pipeline.errors import CODES, Misconfigured
from pipeline.exports.captions import tracks
from pipeline.exports.webvtt import text_of
from pipeline.service.door import Door
from pipeline.usecases import chronicle, find, lending, persons
from pipeline.usecases.access import Access, Denied
from pipeline.usecases.glancing import glance
from pipeline.usecases.lending import ROLES, Lent

__all__ = ["MOST_AT_A_GLANCE", "ROLES", "Lent", "Sittings", "Viewing"]

SILENCE, LONGEST = 600.0, 3600.0
"""Seconds after which what is asked for again is another viewing: since it was last asked for, and since it began."""

MOST_AT_A_GLANCE = 100
_MOST_SITTINGS = 10_000


@dataclass(slots=True)
class _Sitting:
    began: float
    last: float
    lent: Lent | None = None


@dataclass(slots=True)
class Sittings:
    """Which viewings are under way in this process: a player asks for a film in hundreds of pieces.

    One viewing is one person with one file, until ten minutes of silence or an hour: one entry of the custody log.
    Only what was said in the log is remembered here; what a person may do is asked at every piece.
    """

    _open: OrderedDict[tuple[str, str, str], _Sitting] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def under_way(self, person: str, asset: str, role: str) -> _Sitting | None:
        """Return the viewing that this is a part of, if there is one."""
        now = time.monotonic()
        with self._lock:
            found = self._open.get((person, asset, role))
            if found is None or now - found.last > SILENCE or now - found.began > LONGEST:
                return None
            found.last = now
            return found

    def begin(self, person: str, asset: str, role: str, lent: Lent | None = None) -> None:
        """Remember a viewing that is in the log."""
        now = time.monotonic()
        with self._lock:
            self._open[person, asset, role] = _Sitting(began=now, last=now, lent=lent)
            self._open.move_to_end((person, asset, role))
            while len(self._open) > _MOST_SITTINGS:
                self._open.popitem(last=False)


class Viewing:
    """What is looked at; every act through the gate, every viewing in the log."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def file(self, asset: str, role: str, sittings: Sittings, *, taken: bool = False) -> Lent:
        """Lend a file of an asset; ``taken`` where a program asks, which keeps what it reads."""
        access = Access(self._home)
        found, decision = self._door.asset("look", asset, access)
        try:
            lending.check(self._home, access, found, decision, role, taken=taken)
            sitting = sittings.under_way(self._home.actor, found, role)
            if sitting is not None and sitting.lent is not None:
                return lending.again(sitting.lent, decision)
            lent = lending.lend(self._home, found, decision, role)
        except Denied as err:
            raise self._door.denied("look", asset, err.reason, err.code) from None
        if sitting is not None:
            sitting.lent = lent
            return lent
        # Before the first byte is handed over: a disclosure must never be missing from the log.
        self._door.note("look", found, role=role, file=lent.sha256)
        sittings.begin(self._home.actor, found, role, lent)
        return lent

    def captions(self, asset: str, layout: str, sittings: Sittings) -> tuple[str, bytes]:
        """Return the captions of an asset as WebVTT, and their language."""
        access = Access(self._home)
        found, decision = self._door.asset("look", asset, access)
        document = find.document(self._home, found, decision)
        for track in tracks(document):
            if track.layout == layout:
                if sittings.under_way(self._home.actor, found, layout) is None:
                    self._door.note("look", found, role=f"captions-{layout}")
                    sittings.begin(self._home.actor, found, layout)
                return track.language, text_of(track)
        raise self._door.denied("look", asset, CODES["E-FIND-004"].meaning, "E-FIND-004")

    def glance(self, assets: Sequence[str], sittings: Sittings) -> dict[str, dict[str, Any]]:
        """Return what a list shows of assets; the thumbnails beside it belong to the same viewing."""
        if len(assets) > MOST_AT_A_GLANCE:
            raise Misconfigured(f"at most {MOST_AT_A_GLANCE} at a time", code="E-QUERY-001")
        found = glance(self._home, Access(self._home), assets)
        if found:
            self._door.note("glance", None, assets=sorted(found))
        for asset, one in found.items():
            if one["thumbnail"] and sittings.under_way(self._home.actor, asset, "thumbnail") is None:
                sittings.begin(self._home.actor, asset, "thumbnail")
        return found

    def history(self, asset: str, *, after: int = 0, limit: int = 200) -> dict[str, Any]:
        """Return what the custody log says of an asset, to whoever audits or keeps all that brought it."""
        access = Access(self._home)
        found = self._audited(asset, access)
        self._door.note("history", found)
        return chronicle.chronicle(self._home, access, found, after=after, limit=limit)

    def batches(self) -> dict[str, Any]:
        """List the batches that the person may use in any way but to submit."""
        return {"batches": list(Access(self._home).batches())}

    def rights(self) -> dict[str, Any]:
        """Say what the person may do, and over what."""
        mine = [one for one in persons.listing(Access(self._home)) if one["id"] == self._home.actor]
        return mine[0] if mine else {"id": self._home.actor, "name": None, "grants": []}

    def _audited(self, asset: str, access: Access) -> Any:
        """Return the asset that is named in full; one may audit what one may not see."""
        try:
            chronicle.check(self._home, access, found := AssetId(asset))
        except Denied as err:
            # What they may see they may know of; of anything else they are told that there is no such thing.
            self._door.asset("history", asset, access)
            raise self._door.denied("history", asset, err.reason, err.code) from None
        return found
