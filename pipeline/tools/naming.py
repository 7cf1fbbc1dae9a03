"""Naming: the PRONOM identifier of what our own signatures do not name, asked of siegfried in rooms of their own."""

from pathlib import Path
from typing import BinaryIO

from pipeline.core.ports import PronomName
from pipeline.errors import Refused
from pipeline.settings import Settings
from pipeline.tools.answers import text_safe
from pipeline.tools.rooms import NAMES, Rooms

_END = 1 << 20
"""Of a larger file its first and last bytes are read: a gigabyte has no more to tell."""
_LONGEST = 100


class Naming:
    """What the registry's signatures say. A file that makes them break has no name; that costs nothing else."""

    def __init__(self, settings: Settings) -> None:
        self._rooms = Rooms(settings, NAMES)

    def name(self, media: Path) -> PronomName | None:
        """Return the one format that fits; ``None`` when none does, or several that are not told apart."""
        with media.open("rb") as file:
            data = _ends(file)
        if not data:
            return None
        try:
            said, _ = self._rooms.one("name", data)
            ((puid, media_type, sort),) = said
        except (Refused, TypeError, ValueError):
            return None
        known = [text_safe(str(one))[:_LONGEST] for one in (puid, media_type, sort)]
        return PronomName(puid=known[0], media_type=known[1].partition(",")[0].strip() or None, sort=known[2])

    def close(self) -> None:
        """End the processes that were kept. May be repeated."""
        self._rooms.close()


def _ends(file: BinaryIO) -> bytes:
    head = file.read(_END)
    at = file.seek(0, 2)
    if at <= 2 * _END:
        file.seek(len(head))
        return head + file.read(_END)
    file.seek(at - _END)
    return head + file.read(_END)
