"""Rebuilding: catalogue and index made again from the vault, and the rehearsal of a disaster."""

from pathlib import Path
from typing import Any

from pipeline.core.people import Permission
from pipeline.errors import Misconfigured
from pipeline.service.door import Door
from pipeline.settings import Settings
from pipeline.usecases import rebuild
from pipeline.usecases.drill import drill as rehearse
from pipeline.usecases.home import open_home
from pipeline.usecases.rebuild import Told, quiet
from pipeline.vault.root import identity


class Rebuilding:
    """Makes again what is not the truth."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def rebuild(self, what: str, *, shards: int | None = None, told: Told = quiet) -> dict[str, Any]:
        """Make the catalogue or the index again from the vault."""
        self._door.need("rebuild", Permission.AUDIT)
        make = {"catalogue": rebuild.rebuild_catalogue, "index": rebuild.rebuild_index}[what]
        made = make(self._home, parts=shards, told=told)
        self._noted(what, made)
        return made

    def begin_index(self, shards: int | None) -> list[dict[str, int]]:
        """Begin a new index, or go on with one; return its parts, for as many tasks."""
        self._door.need("rebuild", Permission.AUDIT)
        of = rebuild.checked(self._home, shards)
        rebuild.begin_index(self._home, of)
        return [{"n": n, "of": of} for n in range(1, of + 1)]

    def index_part(self, part: tuple[int, int]) -> bool:
        """Read one part of the new index, unless it is there."""
        self._door.need("rebuild", Permission.AUDIT)
        return rebuild.index_part(self._home, part)

    def finish_index(self, shards: int) -> dict[str, Any]:
        """Put the new index together, compare, and put it in the old one's place."""
        self._door.need("rebuild", Permission.AUDIT)
        made = rebuild.finish_index(self._home, shards)
        self._noted("index", made)
        return made

    def _noted(self, what: str, made: dict[str, Any]) -> None:
        self._door.note(f"rebuild-{what}", None, assets=made["assets"], digest=made["digest"])


def drill(settings: Settings, replica: Path, *, place: Path | None = None) -> dict[str, Any]:
    """Rehearse the loss of everything but a replica and the keys; compare with what lives, if that is there."""
    if settings.token is not None:  # what it restores knows nothing of tokens
        raise Misconfigured("a drill is for a person at this machine", next_step="repeat it without EVIDENCE_TOKEN")
    if identity(settings.vault) is None:  # it is the disaster: there is nothing to compare with
        return rehearse(settings, replica, place=place)
    home = open_home(settings)
    try:
        door = Door(home)
        door.need("drill", Permission.AUDIT)
        told = rehearse(settings, replica, place=place, live=home if rebuild.complete(home) else None)
        # It is said that the evidence was copied; nothing else of what lives is touched.
        door.note("drill", None, assets=told["assets"], same=told["same"])
        return told
    finally:
        home.close()
