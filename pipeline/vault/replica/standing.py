"""Standing: how far a copy's log reaches, and whether it is the beginning of another's."""

import base64
import hashlib
from dataclasses import dataclass

from pipeline.core.ports import Finding
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, Leaf, parse_leaf
from pipeline.vault.note import Verifier, opened
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.strand import Broken, path_of
from pipeline.vault.segments import SEGMENTS, SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest checkpoint of a copy, 0 where there is none, and its segments' sizes in bytes."""

    newest: int
    segments: dict[str, int]

    @classmethod
    def of(cls, side: Side) -> "Standing":
        """Look at the names in a copy's log. Notes are listed first: what they cover is there then."""
        notes = [one.name.removesuffix(NOTE) for one in side.children(CHECKPOINTS) if one.name.endswith(NOTE)]
        newest = max((int(stem) for stem in notes if stem.isdecimal()), default=0)
        there = side.children(SEGMENTS)
        return cls(
            newest=newest,
            segments={one.name.removesuffix(SUFFIX): one.bytes for one in there if one.name.endswith(SUFFIX)},
        )

    @property
    def bytes(self) -> int:
        """How large its segments are in all."""
        return sum(self.segments.values())


def note_path(number: int, suffix: str) -> str:
    """Return where a checkpoint's note or leaves lie, from the vault's root."""
    return f"{CHECKPOINTS}/{number:08}{suffix}"


def differences(source: Side, target: Side, here: Standing, there: Standing) -> list[Finding]:
    """Say how a target is not an earlier state of a source; nothing where it is."""
    found: list[Finding] = []
    if there.newest:
        path = note_path(there.newest, NOTE)
        note = source.read(path)
        if note is None:
            found.append(
                Finding(path=path, code="E-LOG-013", what="the replica has this checkpoint, the vault has not")
            )
        elif note != target.read(path):
            found.append(
                Finding(path=path, code="E-LOG-009", what="vault and replica have another checkpoint of this number")
            )
    for name, size in sorted(there.segments.items()):
        if name not in here.segments:
            found.append(
                Finding(path=path_of(name), code="E-LOG-007", what="the replica has this segment, the vault has not")
            )
        elif here.segments[name] < size:
            what = f"the replica has {size} bytes of it, the vault {here.segments[name]}"
            found.append(Finding(path=path_of(name), code="E-LOG-002", what=what))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One checkpoint as it lies: the bytes of its note and leaves, and the leaves themselves."""

    number: int
    note: bytes
    leaves: bytes
    parsed: tuple[Leaf, ...]

    @property
    def keys(self) -> set[str]:
        """The ids of the keys that signed the note, as it says."""
        lines = self.note.rpartition(b"\n\n")[2].splitlines()
        return {base64.b64decode(line.rpartition(b" ")[2])[:4].hex() for line in lines}

    @property
    def digest(self) -> str:
        """The note's digest, which the next one names."""
        return hashlib.sha256(self.note).hexdigest()


def read_checkpoint(side: Side, number: int, *, prev: str, trusted: dict[str, Verifier] | None) -> Checkpoint:
    """Read one; ``Broken`` when it does not follow from the note before, or no key that we hold signed it."""
    path = note_path(number, NOTE)
    note, leaves = side.read(path), side.read(note_path(number, LEAVES))
    if note is None or leaves is None:
        raise Broken(path if note is None else note_path(number, LEAVES), "E-LOG-006", "it is missing")
    lines = note.split(b"\n")
    if b"prev " + prev.encode() not in lines or b"number %d" % number not in lines:
        raise Broken(path, "E-LOG-008", "it does not follow from the checkpoint before")
    if trusted is not None:
        try:
            opened(note, trusted)
        except ValueError as err:
            raise Broken(path, "E-LOG-003", str(err)) from err
    try:
        parsed = tuple(parse_leaf(line) for line in leaves.split(b"\n")[:-1])
    except ValueError as err:
        raise Broken(note_path(number, LEAVES), "E-LOG-001", str(err)) from err
    return Checkpoint(number=number, note=note, leaves=leaves, parsed=parsed)


def note_digest(side: Side, number: int) -> str:
    """Return the digest of a note, which the next one names; 64 zeros for none."""
    return hashlib.sha256(side.read(note_path(number, NOTE)) or b"").hexdigest() if number else "0" * 64
