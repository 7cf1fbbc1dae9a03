"""Marker: what says that a place is the replica of one vault, and what that replica is still owed."""

import json
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault.replica.side import Side
from pipeline.vault.root import REPLICA

FORMAT = 1
_OURS = frozenset({"locks", "staging"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as the custody log names it: where, of which object, and the digest of its inventory."""

    root: str
    subject: str
    number: int
    inventory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An object that was disposed of, and the inventories of its versions."""

    root: str
    subject: str
    inventories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The replica of the vault ``vault``. ``owed`` could not be had from it when its turn came; ``erase`` is to go."""

    vault: str
    owed: tuple[Version, ...] = ()
    erase: tuple[Removal, ...] = ()

    def spelled(self) -> bytes:
        """Return its bytes."""
        owed, erase = [asdict(one) for one in self.owed], [asdict(one) for one in self.erase]
        return canonical({"erase": erase, "format": FORMAT, "owed": owed, "vault": self.vault})


def read_marker(side: Side) -> Marker | None:
    """Return what marks a place as a replica; ``None`` where nothing does."""
    if (data := side.read(REPLICA)) is None:
        return None
    try:
        body: dict[str, Any] = json.loads(data)
        vault, version = str(uuid.UUID(body["vault"])), body["format"]
        owed = tuple(Version(**one) for one in body["owed"])
        erase = tuple(Removal(**{**one, "inventories": tuple(one["inventories"])}) for one in body["erase"])
    except (ValueError, KeyError, TypeError) as err:
        raise Corrupt(f"{side.url}: {REPLICA} is damaged", code="E-VAULT-002") from err
    if version != FORMAT:
        raise Misconfigured(f"{side.url}: the replica has format {version}", code="E-VAULT-007")
    return Marker(vault=vault, owed=owed, erase=erase)


def claim(side: Side, vault_id: str) -> Marker:
    """Return the marker of this vault's replica, laid down where there is nothing at all yet.

    ``Misconfigured`` (E-REPLICA-001) where anything else is: it is not touched.
    """
    if (found := read_marker(side)) is not None:
        if found.vault != vault_id:
            raise Misconfigured(f"{side.url} is the replica of another vault", code="E-REPLICA-001")
        return found
    if any(one.name not in _OURS for one in side.children("")):
        raise Misconfigured(f"{side.url} is neither empty nor a replica", code="E-REPLICA-001")
    made = Marker(vault=vault_id)
    side.put(REPLICA, made.spelled())
    return made
