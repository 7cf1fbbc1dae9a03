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
        """Make it from the log; ``FileNotFoundError`` or ``ValueError`` when that is damaged."""
        found = cls()
        for number in numbers(root):
            if number != found.number + 1:
                raise FileNotFoundError(f"checkpoint {found.number + 1}")
            found.number = number
            for line in leaf_lines(path_of(root, number, LEAVES)):
                found.add(parse_leaf(line), line)
        if found.number:
            found.note = line_digest(path_of(root, found.number, NOTE).read_bytes())
        if not found._is_newest(root):
            raise ValueError("they are not the leaves that were signed for")
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
