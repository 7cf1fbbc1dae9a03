"""Strand: what one segment of the log holds beyond what a copy has of it, followed entry by entry."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.core.ports import Finding
from pipeline.vault.entry import line_digest, parse, scan
from pipeline.vault.leaves import Leaf
from pipeline.vault.logged import listed
from pipeline.vault.replica.marker import Removal, Version
from pipeline.vault.replica.side import Side
from pipeline.vault.segments import SEGMENTS, SUFFIX, Place
from pipeline.vault.storage import CREATE, DISPOSE, EXTEND

_LOOK_BACK = 1 << 16
_TOLD = frozenset({CREATE.encode(), EXTEND.encode(), DISPOSE.encode()})


class Broken(Exception):  # noqa: N818 - what a finding is made of; it never leaves the replica's modules
    """Something on one side is not what the log proves; ``finding`` says what."""

    def __init__(self, path: str, code: str, what: str, asset: str | None = None) -> None:
        super().__init__(what)
        self.finding = Finding(path=path, code=code, what=what, asset=asset)


@dataclass(kw_only=True)
class Told:
    """What entries say of objects."""

    versions: list[Version] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        """Take in one entry."""
        if (entry := parse(line)) is None or entry.subject is None:
            return
        root, subject = str(entry.facts.get("root")), entry.subject
        if entry.act == DISPOSE:
            gone = listed(entry, "inventories")
            self.removals.append(Removal(root=root, subject=subject, inventories=gone))
        else:
            number, inventory = entry.facts.get("version"), str(entry.facts.get("inventory"))
            number = number if isinstance(number, int) else 0
            self.versions.append(Version(root=root, subject=subject, number=number, inventory=inventory))

    def parted(self) -> tuple[list[Version], list[Version]]:
        """Return the versions that can be copied at once, and those for which a disposal must make room first."""
        gone = {(one.root, one.subject) for one in self.removals}
        dead = {inventory for one in self.removals for inventory in one.inventories}
        now = [one for one in self.versions if (one.root, one.subject) not in gone]
        later = [one for one in self.versions if (one.root, one.subject) in gone and one.inventory not in dead]
        return now, later


def path_of(name: str) -> str:
    """Return where a segment lies, from the vault's root."""
    return f"{SEGMENTS}/{name}{SUFFIX}"


def lines_of(side: Side, path: str, start: int = 0) -> Iterator[bytes]:
    """Yield the lines of a file from a byte on, with their newlines; what follows the last comes without one."""
    rest = b""
    for block in side.blocks(path, start):
        *whole, rest = (rest + bytes(block)).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def follow(side: Side, name: str, start: Place, leaf: Leaf, told: Told) -> None:
    """Follow a segment from a place to where a checkpoint says that it reached.

    ``Broken`` when anything in between does not follow, or does not end where it should.
    """
    path, place = path_of(name), start
    rest = hashlib.sha256()
    extra = 0
    try:
        for line in lines_of(side, path, start.bytes):
            if place.bytes < leaf.place.bytes:
                place = _next(place, line, path, told)
            elif leaf.torn is not None and extra < leaf.torn.bytes:
                rest.update(line)
                extra += len(line)
            else:
                break
    except OSError as err:
        raise Broken(path, "E-LOG-007", f"the segment cannot be read: {err.strerror or 'it is missing'}") from err
    if place != leaf.place:
        code = "E-LOG-002" if place.bytes < leaf.place.bytes else "E-LOG-001"
        raise Broken(path, code, f"it does not reach entry {leaf.place.count - 1} as a checkpoint says")
    if leaf.torn is not None and (extra, rest.hexdigest()) != (leaf.torn.bytes, leaf.torn.sha256):
        raise Broken(path, "E-LOG-001", "the unfinished line at its end is not the one that was signed for")


def _next(place: Place, line: bytes, path: str, told: Told) -> Place:
    entry = scan(line[:-1]) if line.endswith(b"\n") else None
    if entry is None or entry.seq != place.count or entry.prev != place.head.encode():
        raise Broken(path, "E-LOG-001", f"entry {place.count} does not follow from the one before")
    if entry.act in _TOLD:
        told.add(line[:-1])
    return Place(count=place.count + 1, bytes=place.bytes + len(line), head=entry.digest.decode())


def end_of(side: Side, name: str, size: int) -> Place:
    """Return the place after the last whole entry of a segment of this size."""
    path, back = path_of(name), _LOOK_BACK
    while size:
        start = max(0, size - back)
        data = b"".join(bytes(block) for block in side.blocks(path, start))
        whole = data[: data.rfind(b"\n") + 1]
        last = whole[:-1].rfind(b"\n")
        if whole and (last >= 0 or start == 0):
            line = whole[last + 1 : -1]
            if (entry := parse(line)) is None:
                raise Broken(path, "E-LOG-001", "its last entry is not as it was written")
            return Place(count=entry.seq + 1, bytes=start + len(whole), head=line_digest(line))
        if start == 0:
            break
        back *= 16
    return Place()
