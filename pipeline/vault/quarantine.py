"""Quarantine of the vault: what an audit found damaged is not lent or written to; nothing is deleted."""

import secrets
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.canonical import digest
from pipeline.core.clock import now_text
from pipeline.core.ports import Finding, Registers
from pipeline.core.quarantine import ADDED, QUARANTINE, RELEASED, Quarantined, fold_quarantine
from pipeline.errors import Corrupt

IN_QUARANTINE = "E-VAULT-009"


class Quarantine:
    """The register ``quarantine`` of one vault. May be used by any thread."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers
        self._lock = threading.Lock()
        self._kept: tuple[str, Quarantined] = ("", Quarantined())

    def now(self) -> Quarantined:
        """Return what stands; it is read again only when the register has grown."""
        with self._lock:
            mark = self._registers.mark(QUARANTINE)
            if self._kept[0] != mark:
                self._kept = mark, fold_quarantine(self._registers.read(QUARANTINE))
            return self._kept[1]

    def holds(self, asset: str) -> bool:
        """Tell whether an asset is in quarantine."""
        return asset in self.now().damage

    def check(self, asset: str) -> None:
        """Raise ``Corrupt`` (E-VAULT-009) for an asset that is in quarantine."""
        if self.holds(asset):
            raise Corrupt(f"{asset} is in quarantine: an audit found it damaged", code=IN_QUARANTINE)

    def add(self, findings: Iterable[Finding], *, audit: str, actor: str) -> int:
        """Put the assets of findings into quarantine; return how many were not in it before."""
        before, at = self.now(), now_text()
        fresh: list[Mapping[str, Any]] = [
            {
                "type": ADDED, "asset": one.asset, "code": one.code, "path": one.path,
                "at": at, "audit": audit, "by": actor,
            }
            for one in findings
            if one.asset is not None and not before.has(one.asset, one.code, one.path)
        ]  # fmt: skip
        # A path may be no text: its escapes are.
        found = sorted([one["asset"], one["code"], ascii(one["path"])] for one in fresh)
        key = digest([audit, self._registers.mark(QUARANTINE), found])  # after a release the same may come again
        self._registers.append(QUARANTINE, fresh, key=f"quarantine-{key}", actor=actor)
        return len({one["asset"] for one in fresh} - before.damage.keys())

    def release(self, asset: str, *, reason: str, actor: str) -> None:
        """Take an asset out. Whether it is whole again is for the caller to know."""
        record = {"type": RELEASED, "asset": asset, "at": now_text(), "by": actor, "reason": reason}
        self._registers.append(QUARANTINE, [record], key=f"release-{secrets.token_hex(8)}", actor=actor)
