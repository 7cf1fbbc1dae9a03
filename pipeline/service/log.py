"""Log: the custody log's keys, countersignatures, and notes to be kept elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.core.people import Permission
from pipeline.errors import Misconfigured
from pipeline.service.door import Door
from pipeline.usecases import keys, timestamps
from pipeline.usecases.handing_out import write_note


class Log:
    """What is done with the log itself; every act is one of its entries."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._home = door.home

    def keys(self, act: str, key: str | None, *, after: int | None = None) -> dict[str, Any]:
        """List, create, rotate or revoke signing keys."""
        self._door.need("keys", Permission.CUSTODY)
        if (act == "revoke") != (key is not None) and act != "rotate":
            raise Misconfigured(f"keys {act} {'needs' if key is None else 'takes no'} KEY", code="E-CONF-009")
        if after is not None and act != "revoke":
            raise Misconfigured("--after goes with revoke", code="E-CONF-009")
        if act == "create":
            return keys.create_key(self._home)
        if act == "rotate":
            return keys.rotate_key(self._home, key)
        if key is not None:
            return keys.revoke_key(self._home, key, after)
        return keys.list_keys(self._home)

    def timestamp(self, authorities: Sequence[str]) -> dict[str, Any]:
        """Ask timestamp authorities for countersignatures of the newest checkpoint."""
        self._door.need("timestamp", Permission.AUDIT)
        self._home.log.checkpoint()
        made = timestamps.countersign(self._home, authorities)
        self._door.note("timestamp", None, number=made["checkpoint"], tokens=len(made["countersigned"]),
                        unavailable=len(made["unavailable"]))  # fmt: skip
        return made

    def timestamp_request(self, folder: Path) -> dict[str, Any]:
        """Write a request for the newest checkpoint, to be carried to an authority."""
        self._door.need("timestamp", Permission.AUDIT)
        self._home.log.checkpoint()
        return timestamps.write_request(self._home, folder)

    def timestamp_answers(self, folder: Path) -> dict[str, Any]:
        """Take authorities' answers in."""
        self._door.need("timestamp", Permission.AUDIT)
        made = timestamps.take_answers(self._home, folder)
        self._door.note("timestamp", None, tokens=len(made["countersigned"]))
        return made

    def hand_out(self, file: Path) -> dict[str, Any]:
        """Sign for everything, and copy the newest note to be kept elsewhere."""
        self._door.need("checkpoint", Permission.AUDIT)
        self._door.note("checkpoint", None)
        return write_note(self._home, file)
