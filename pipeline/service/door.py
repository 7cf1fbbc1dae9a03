"""Door: every use case enters here as one person; what they may not know of is answered as if it did not exist."""

from itertools import islice
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.gate import Decision, Purpose
from pipeline.core.model import AssetId
from pipeline.core.people import Permission
from pipeline.errors import CODES
from pipeline.usecases.access import Access, Denied, resolve
from pipeline.usecases.home import Home

_DIGITS = frozenset("0123456789abcdef")
_MOST = 8
"""Prefixes, and assets that one may name, of which the log says why they stayed closed."""


class Door:
    """One open installation, used by one person; asks the gate and writes the custody log."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def batch(self, batch: str, permission: Permission) -> str:
        """Return the opaque id of a batch that the person may use so."""
        register = self.home.catalogue.register_of(batch)
        if register is None or batch not in Access(self.home).batches():
            raise self.denied(str(permission), batch, CODES["E-FIND-002"].meaning, "E-FIND-002")
        self.need(str(permission), permission, batch)
        return register

    def asset(self, act: str, given: str, access: Access) -> tuple[AssetId, Decision]:
        """Return the one asset that a prefix names and that the person may look at."""
        try:
            return resolve(self.home, access, given, Purpose.VIEW)
        except Denied as err:
            raise self.refused(act, given, err, access) from None

    def refused(self, act: str, given: str, err: Denied, access: Access) -> Denied:
        """Record why an asset was not opened: to the log the true ground, to the person what they may be told."""
        names = [one for one in given.lower().split()[:_MOST] if set(one) <= _DIGITS]
        found = [one for name in names for one in islice(self.home.catalogue.assets_like(name), _MOST)]
        grounds = sorted({access.weigh(Purpose.VIEW, one).code or "none" for one in found}) or [err.code]
        return self.denied(act, given, err.reason, err.code, grounds=grounds)

    def need(self, act: str, permission: Permission, batch: str | None = None) -> None:
        """Raise ``Denied`` unless the person has a permission, over a batch or over all."""
        try:
            Access(self.home).need(permission, batch)
        except Denied as err:
            raise self.denied(act, batch or "", err.reason, err.code) from None

    def denied(self, act: str, asked: str, reason: str, code: str, **facts: Any) -> Denied:
        """Record a refusal with what was asked for, as a digest: it may be a name, or a guess."""
        self.note(f"deny-{act}", None, code=code, asked=digest(asked), **facts)
        return Denied(reason, code=code)

    def note(self, act: str, subject: str | None, **facts: Any) -> None:
        """Record an act, and sign it: an entry that nobody signed could be taken out again."""
        self.home.log.append(act, actor=self.home.actor, subject=subject, **facts)
        self.home.log.checkpoint()
