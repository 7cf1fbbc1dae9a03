"""Leaves: how far each segment reached at a checkpoint, and where the files of checkpoints lie."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.vault.files import read_regular
from pipeline.vault.segments import Place, Tail

CHECKPOINTS = "log/checkpoints"
NOTE, LEAVES = ".note", ".leaves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """How far a segment reached when it was sequenced."""

    segment: str
    place: Place
    torn: Tail | None

    def line(self) -> bytes:
        """Return the leaf's bytes: what the tree digests."""
        torn = asdict(self.torn) if self.torn else None
        return canonical({"segment": self.segment, **asdict(self.place), "torn": torn})


def parse_leaf(line: bytes) -> Leaf:
    """Read a leaf back; ``ValueError`` when the line is none."""
    try:
        body = json.loads(line)
        torn = Tail(**body.pop("torn")) if body["torn"] else body.pop("torn")
        leaf = Leaf(segment=body.pop("segment"), place=Place(**body), torn=torn)
    except (TypeError, KeyError, AttributeError, RecursionError) as err:
        raise ValueError("not a leaf") from err
    if (type(leaf.segment), type(leaf.place.count), type(leaf.place.bytes)) != (str, int, int):
        raise ValueError("not a leaf")
    return leaf


def numbers(root: Path, suffix: str = NOTE) -> list[int]:
    """Return the numbers of the checkpoints that are there, ascending."""
    folder = root / CHECKPOINTS
    stems = (path.name.removesuffix(suffix) for path in folder.glob(f"*{suffix}")) if folder.is_dir() else ()
    return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())


def path_of(root: Path, number: int, suffix: str) -> Path:
    """Return where a checkpoint's note or leaves lie."""
    return root / CHECKPOINTS / f"{number:08}{suffix}"


def leaf_lines(path: Path) -> list[bytes]:
    """Return the lines of a file of leaves; ``ValueError`` when the last one is not whole."""
    *lines, rest = read_regular(path).split(b"\n")
    if rest:
        raise ValueError("the last leaf is not whole")
    return lines
