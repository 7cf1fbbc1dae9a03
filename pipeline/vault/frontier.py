"""Frontier: where the sequencer left off, kept so that a checkpoint reads only what is new.

A cache outside the log and no evidence: verification never reads it, and whatever is wrong with
it, or was changed in the log behind its back, makes it anew from the leaves.
"""

import base64
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.entry import GENESIS, line_digest
from pipeline.vault.files import write_new
from pipeline.vault.leaves import LEAVES, NOTE, Leaf, leaf_lines, numbers, parse_leaf, path_of
from pipeline.vault.merkle import Tree

_STATE = "locks/frontier"


_PUT_AWAY = "find out who put it there; move it out of the vault, then run evidence verify-log and evidence checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is left out of a checkpoint, or hinders all: the file, the code of its finding, and what to do instead."""

    path: str
    code: str
    what: str
    next: str | None = None

    def __str__(self) -> str:
        """As a message says it."""
        return f"{self.path}: {self.what}"


class Stopped(Exception):  # noqa: N818 (not an error of its own: the sequencer tells the fault)
    """Nothing can be built upon the checkpoints as they lie."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(kw_only=True)
class Frontier:
    """The newest checkpoint, the tree below it, and the segments, apart by whether they may still grow."""

    number: int = 0
    note: str = GENESIS
    """The SHA-256 of its note."""
    tree: Tree = field(default_factory=Tree)
    growing: dict[str, Leaf] = field(default_factory=dict)
    """The newest leaf of each segment that its writer may still be adding to."""
    closed: set[str] = field(default_factory=set)
    """Segments that were signed for to their end and whose writers have ended."""

    @classmethod
    def load(cls, root: Path) -> "Frontier | None":
        """Read it back; ``None`` when it is not that of the newest note, or not one at all."""
        try:
            state = json.loads((root / _STATE).read_bytes())
            found = cls(
                number=state["number"], note=state["note"], closed=set(state["closed"]),
                tree=Tree(state["size"], [bytes.fromhex(one) for one in state["full"]]),
                growing={leaf.segment: leaf for leaf in (parse_leaf(line.encode()) for line in state["growing"])},
            )  # fmt: skip
            return found if found._is_newest(root) else None
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def replay(cls, root: Path) -> "Frontier":
        """Make it from the log; ``Stopped`` names the file that is damaged, missing, or in another's place."""
        found = cls()
        for number in numbers(root):
            if number != found.number + 1:
                raise _stopped(root, found.number + 1, NOTE, "E-LOG-006", "it is missing, and later ones are there")
            _own(root, number)
            found.number = number
            try:
                for line in leaf_lines(path_of(root, number, LEAVES)):
                    found.add(parse_leaf(line), line)
            except FileNotFoundError:
                raise _stopped(root, number, LEAVES, "E-LOG-002", "it is missing") from None
            except (OSError, ValueError):
                raise _stopped(root, number, LEAVES, "E-LOG-001", "it cannot be read as leaves") from None
        if found.number:
            found.note = line_digest(path_of(root, found.number, NOTE).read_bytes())
        if not found._is_newest(root):
            what = "it was not signed over the leaves that are there"
            raise _stopped(root, found.number, NOTE, "E-LOG-001", what)
        return found

    def add(self, leaf: Leaf, line: bytes) -> None:
        """Take in a leaf, as it is spelled."""
        self.tree.add(line)
        self.growing[leaf.segment] = leaf

    def close(self, segments: Iterable[str]) -> None:
        """Look at these segments no more."""
        for name in segments:
            del self.growing[name]
            self.closed.add(name)

    def save(self, root: Path) -> None:
        """Keep it, if that can be done: without it the next checkpoint takes longer."""
        state = {
            "number": self.number, "note": self.note, "size": self.tree.size,
            "full": [one.hex() for one in self.tree.full], "closed": sorted(self.closed),
            "growing": [leaf.line().decode() for leaf in self.growing.values()],
        }  # fmt: skip
        fresh = root / f"{_STATE}.fresh"
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
            write_new(fresh, json.dumps(state).encode(), sync=False)
            fresh.replace(root / _STATE)

    def _is_newest(self, root: Path) -> bool:
        """Tell whether the newest note is the one that this is of, and says the same of the tree."""
        if path_of(root, self.number + 1, NOTE).exists():
            return False
        if self.number == 0:
            return self.tree.size == 0
        note = path_of(root, self.number, NOTE).read_bytes()
        said = note.split(b"\n", 3)[1:3]
        return line_digest(note) == self.note and said == [
            str(self.tree.size).encode(), base64.b64encode(self.tree.root()),
        ]  # fmt: skip


def _own(root: Path, number: int) -> None:
    """Raise unless a note says that it is the one of its number: an older one in that place ends nothing."""
    path = path_of(root, number, NOTE)
    told = path.read_bytes().split(b"\n", 4)[3:4]
    if told != [b"number %d" % number]:
        twin = next((one for one in numbers(root) if one != number and _same(root, one, path)), None)
        what = f"it is not checkpoint {number}" + (f" but a copy of checkpoint {twin}" if twin else "")
        raise _stopped(root, number, NOTE, "E-LOG-008", what, next_step=_PUT_AWAY if twin else None)


def _same(root: Path, number: int, path: Path) -> bool:
    return path_of(root, number, NOTE).read_bytes() == path.read_bytes()


def _stopped(root: Path, number: int, suffix: str, code: str, what: str, *, next_step: str | None = None) -> Stopped:
    return Stopped(
        Fault(path=path_of(root, number, suffix).relative_to(root).as_posix(), code=code, what=what, next=next_step)
    )
