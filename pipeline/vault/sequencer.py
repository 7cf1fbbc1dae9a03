"""Sequencer: puts the heads of all segments in one order, under a Merkle tree and a signature."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.vault.entry import GENESIS
from pipeline.vault.files import sync_dir, write_new
from pipeline.vault.keys import Keys, origin
from pipeline.vault.merkle import Tree
from pipeline.vault.note import sign
from pipeline.vault.process import locked, utc_now
from pipeline.vault.segments import Place, Tail, read_segment, segment_files

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
        return Leaf(segment=body.pop("segment"), place=Place(**body), torn=torn)
    except (TypeError, KeyError, AttributeError) as err:
        raise ValueError("not a leaf") from err


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
    *lines, rest = path.read_bytes().split(b"\n")
    if rest:
        raise ValueError("the last leaf is not whole")
    return lines


def note_text(vault_id: str, tree: Tree, *, number: int, at: str, prev: str) -> str:
    """Return what is signed: a C2SP checkpoint with three lines of our own."""
    root = base64.b64encode(tree.root()).decode()
    return f"{origin(vault_id)}\n{tree.size}\n{root}\nnumber {number}\nat {at}\nprev {prev}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a checkpoint came to: its number and its note's digest, if anything was new, and what it left out."""

    made: tuple[int, str] | None
    faults: tuple[str, ...]


def checkpoint(root: Path, *, vault_id: str, keys: Keys) -> Sealed:
    """Sign the heads of all segments that grew, but of none that is cut or does not follow."""
    with locked(root / "locks" / "sequencer"):
        done = numbers(root)
        if done != list(range(1, len(done) + 1)):
            return Sealed(made=None, faults=("a checkpoint is missing",))
        tree, known = Tree(), dict[str, Leaf]()
        try:
            for number in done:
                for line in leaf_lines(path_of(root, number, LEAVES)):
                    tree.add(line)
                    leaf = parse_leaf(line)
                    known[leaf.segment] = leaf
        except (FileNotFoundError, ValueError):
            return Sealed(made=None, faults=("the leaves of a checkpoint cannot be read",))
        faults: list[str] = []
        grown = list(_grown(root, known, faults))
        made = None
        if not all(quiet for _, quiet in grown):
            number = (done[-1] if done else 0) + 1
            new = [leaf for leaf, _ in grown]
            made = number, _write(root, vault_id, keys, number=number, tree=tree, new=new)
        return Sealed(made=made, faults=tuple(faults))


def _grown(root: Path, known: dict[str, Leaf], faults: list[str]) -> Iterator[tuple[Leaf, bool]]:
    """Yield a leaf for each segment that grew, and whether only by the log's own acts."""
    files = segment_files(root)
    faults.extend(f"segment {name} is missing" for name in known.keys() - files.keys())
    for name, path in files.items():
        old = known.get(name)
        start, torn = (old.place, old.torn) if old else (Place(), None)
        size = path.stat().st_size
        if size < start.bytes:
            faults.append(f"segment {name} is cut")
        if size <= start.bytes or (torn and size == start.bytes + torn.bytes):
            continue
        reading = read_segment(path, start, sync=True)
        if reading.broken:
            faults.append(f"segment {name}: {reading.broken}")
        elif reading.places or reading.tail != torn:
            place = reading.places[-1] if reading.places else start
            yield Leaf(segment=name, place=place, torn=reading.tail), reading.quiet


def _write(root: Path, vault_id: str, keys: Keys, *, number: int, tree: Tree, new: list[Leaf]) -> str:
    verifier, key = keys.signer()
    lines = [leaf.line() for leaf in new]
    for line in lines:
        tree.add(line)
    prev = GENESIS
    if number > 1:
        prev = hashlib.sha256(path_of(root, number - 1, NOTE).read_bytes()).hexdigest()
    note = sign(note_text(vault_id, tree, number=number, at=utc_now(), prev=prev), verifier, key)
    # Leaves without a note are an attempt that was interrupted; the next one writes over them.
    for suffix, data in ((LEAVES, b"".join(line + b"\n" for line in lines)), (NOTE, note)):
        fresh = root / "locks" / f"fresh{suffix}"
        fresh.unlink(missing_ok=True)
        write_new(fresh, data)
        fresh.replace(path_of(root, number, suffix))
        sync_dir(root / CHECKPOINTS)
    return hashlib.sha256(note).hexdigest()
