"""Quarantine: assets that an audit found damaged, until a custodian releases them; a fold over their register."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pipeline.errors import Misconfigured

QUARANTINE = "quarantine"
"""The register of what audits found wrong with assets, and of releases."""

ADDED, RELEASED = "quarantine", "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that an audit found wrong with an asset."""

    code: str
    path: str
    at: str
    audit: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """What stands now."""

    damage: Mapping[str, tuple[Damage, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Asset → what was found wrong with it, each thing once."""

    def has(self, asset: str, code: str, path: str) -> bool:
        """Tell whether this is noted already."""
        return any((one.code, one.path) == (code, path) for one in self.damage.get(asset, ()))


def fold_quarantine(records: Iterable[Mapping[str, Any]]) -> Quarantined:
    """Read the register in order; ``Misconfigured`` (E-VAULT-007) at a record that this version does not know."""
    damage: dict[str, tuple[Damage, ...]] = {}
    for number, one in enumerate(records):
        asset, kind = str(one.get("asset")), one.get("type")
        if kind == RELEASED:
            damage.pop(asset, None)
        elif kind == ADDED:
            found = Damage(**{name: str(one.get(name)) for name in ("code", "path", "at", "audit", "by")})
            before = damage.get(asset, ())
            if all((old.code, old.path) != (found.code, found.path) for old in before):
                damage[asset] = (*before, found)
        else:
            raise Misconfigured(f"quarantine: record {number} is of a kind unknown here", code="E-VAULT-007")
    return Quarantined(damage=damage)
