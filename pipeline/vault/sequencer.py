"""Sequencer: puts the heads of all segments in one order, under a Merkle tree and a signature."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.vault.chain import read_segment
from pipeline.vault.files import sync_dir, write_new
from pipeline.vault.frontier import Fault, Frontier, Stopped
from pipeline.vault.keys import Keys
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, Leaf, path_of
from pipeline.vault.note import sign
from pipeline.vault.notes import note_text
from pipeline.vault.process import locked, utc_now
from pipeline.vault.segments import SEGMENTS, SUFFIX, Place, segment_file, segment_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a checkpoint came to: its number and its note's digest, if anything was new, and what it left out."""

    made: tuple[int, str] | None
    faults: tuple[Fault, ...]


def checkpoint(root: Path, *, vault_id: str, keys: Keys) -> Sealed:
    """Sign the heads of all segments that grew, but of none that is cut or does not follow.

    What segments held that were signed for to their end is not looked at again: that is for
    verification. So the cost is that of what is new and of one list of the segments' names.
    """
    if not (root / CHECKPOINTS).is_dir():  # numbers would begin anew, and hide that the old ones are gone
        return Sealed(made=None, faults=(Fault(path=CHECKPOINTS, code="E-LOG-002", what="the folder is missing"),))
    (root / "locks").mkdir(mode=0o700, exist_ok=True)
    with locked(root / "locks" / "sequencer"):
        if (frontier := Frontier.load(root)) is None:
            try:
                frontier = Frontier.replay(root)
            except Stopped as err:
                return Sealed(made=None, faults=(err.fault,))
        faults: list[Fault] = []
        grown = list(_grown(root, frontier, faults))
        made = None
        if not all(one.quiet for one in grown):
            lines = [one.leaf.line() for one in grown]
            for one, line in zip(grown, lines, strict=True):
                frontier.add(one.leaf, line)
            _write(root, vault_id, keys, frontier=frontier, lines=lines)
            frontier.close([one.leaf.segment for one in grown if one.ended])
            made = frontier.number, frontier.note
            frontier.save(root)
        return Sealed(made=made, faults=tuple(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """A segment that grew: whether only by the log's own acts, and whether it can grow no more."""

    leaf: Leaf
    quiet: bool
    ended: bool


def _grown(root: Path, frontier: Frontier, faults: list[Fault]) -> Iterator[_Growth]:
    """Yield a leaf for each segment that grew; close those that did not and can no more."""
    names = segment_names(root)
    gone = (frontier.closed | frontier.growing.keys()) - names
    faults.extend(_fault(name, "E-LOG-007", "the segment is missing") for name in sorted(gone))
    ended = []
    for name in sorted(names - frontier.closed):
        path = segment_file(root, name)
        old = frontier.growing.get(name)
        start, torn = (old.place, old.torn) if old else (Place(), None)
        size = path.stat().st_size
        if size < start.bytes:
            faults.append(_fault(name, "E-LOG-002", "it is cut"))
            continue
        reading = read_segment(path, start, sync=size > start.bytes)
        if reading.fault:
            faults.append(_fault(name, reading.fault.code, reading.fault.what))
        elif (place := reading.place) != start or reading.tail != torn:
            leaf = Leaf(segment=name, place=place, torn=reading.tail)
            # One without an entry is being opened: its writer has not locked it yet.
            yield _Growth(leaf=leaf, quiet=reading.quiet, ended=reading.ended and place.count > 0)
        elif reading.ended and start.count:
            ended.append(name)
    frontier.close(ended)


def _fault(name: str, code: str, what: str) -> Fault:
    return Fault(path=f"{SEGMENTS}/{name}{SUFFIX}", code=code, what=what)


def _write(root: Path, vault_id: str, keys: Keys, *, frontier: Frontier, lines: list[bytes]) -> None:
    """Write the checkpoint that comes next: its leaves, then the note that they are signed by."""
    verifier, key = keys.signer()
    number = frontier.number + 1
    text = note_text(vault_id, frontier.tree, number=number, at=utc_now(), prev=frontier.note)
    note = sign(text, verifier, key)
    # Leaves without a note are an attempt that was interrupted; the next one writes over them.
    for suffix, data in ((LEAVES, b"".join(line + b"\n" for line in lines)), (NOTE, note)):
        fresh = root / "locks" / f"fresh{suffix}"
        fresh.unlink(missing_ok=True)
        write_new(fresh, data)
        fresh.replace(path_of(root, number, suffix))
        sync_dir(root / CHECKPOINTS)
    frontier.number, frontier.note = number, hashlib.sha256(note).hexdigest()
