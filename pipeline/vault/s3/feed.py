"""Feed: the custody log of a vault in a bucket, in numbered parts that no two hosts put twice.

Every host keeps the whole log on its own disk, where writers add to it as to any. What is new there
goes up as the next part, put on the condition that no such part exists: so all hosts see the same
parts in the same order, and a checkpoint has one number for all of them. Who was second takes in
what the first put, and makes its checkpoint anew.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.core.canonical import canonical
from pipeline.errors import Corrupt, Unavailable
from pipeline.vault.files import make_dirs, sync_dir, write_new, writing
from pipeline.vault.leaves import CHECKPOINTS
from pipeline.vault.process import locked
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.growth import Piece, add, news
from pipeline.vault.sequencer import Sealed

PARTS = "log/parts/"
_STATE, _LOCK, _FRONTIER = "locks/feed", "locks/feed-turn", "locks/frontier"
_LARGEST = 32 << 20
_TRIES = 100
_EVERY = 60
_DIGITS = 10


def part_name(number: int) -> str:
    """Return the name of a part, from 1."""
    return f"{PARTS}{number:0{_DIGITS}}"


def part_number(name: str) -> int | None:
    """Return the number of a part; ``None`` when this is the name of none."""
    stem = name.removeprefix(PARTS)
    return int(stem) if len(stem) == _DIGITS and stem.isascii() and stem.isdigit() else None


class Feed:
    """This host's copy of the log, and how it comes to agree with all others."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        self._bucket = bucket
        self._root = root
        self._pushed = time.monotonic()

    def pull(self) -> None:
        """Take in what other hosts have put."""
        with self._alone():
            self._pull(_State.load(self._root))

    def turn(self, seal: Callable[[], Sealed]) -> Sealed:
        """Make a checkpoint on top of what all hosts have put, and put it with everything new here."""
        with self._alone():
            for _ in range(_TRIES):
                state = self._pull(_State.load(self._root))
                sealed = seal()
                if self._push(state):
                    return sealed
        raise Unavailable("custody log: other hosts were always first", code="E-VAULT-006")

    def push(self) -> None:
        """Put what is new here, without a checkpoint."""
        with self._alone():
            for _ in range(_TRIES):
                if self._push(self._pull(_State.load(self._root))):
                    return
        raise Unavailable("custody log: other hosts were always first", code="E-VAULT-006")

    def push_when_due(self) -> None:
        """Put what is new here, unless that was done a moment ago: nobody waits long for what a long command does."""
        if time.monotonic() - self._pushed > _EVERY:
            self._pushed = time.monotonic()
            self.push()

    def _alone(self) -> Any:
        return locked(self._root / _LOCK)

    def _pull(self, state: "_State") -> "_State":
        after = part_name(state.parts)
        for key in self._bucket.keys(PARTS, after=after):
            if (number := part_number(key.name)) is None:
                continue  # not a part: for the audit to find
            if number != state.parts + 1:
                raise Corrupt(f"{part_name(state.parts + 1)} is missing", code="E-LOG-006")
            if (data := self._bucket.get(key.name)) is None:
                raise Corrupt(f"{key.name} is gone", code="E-LOG-006")
            for piece in opened(key.name, data):
                if _number(piece.path) is not None:
                    self._withdraw(piece, state)
                add(self._root, piece)
                state.sizes[piece.path] = max(piece.at + len(piece.data), state.sizes.get(piece.path, 0))
            state.parts += 1
            state.save(self._root)
        return state

    def _withdraw(self, piece: Piece, state: "_State") -> None:
        """Take back checkpoints of our own that nobody has seen, where another host's came first."""
        there = self._root / piece.path
        if not there.is_file() or there.read_bytes() == piece.data:
            return
        if piece.path in state.sizes:
            raise Corrupt(f"{piece.path}: there are two of it", code="E-LOG-009")
        first = _number(piece.path)
        for path in sorted((self._root / CHECKPOINTS).iterdir()):
            name = path.relative_to(self._root).as_posix()
            number = _number(name)
            if name not in state.sizes and number is not None and first is not None and number >= first:
                path.unlink()
        (self._root / _FRONTIER).unlink(missing_ok=True)
        sync_dir(self._root / CHECKPOINTS)

    def _push(self, state: "_State") -> bool:
        """Put everything new as further parts; tell whether nobody else was first."""
        for pieces in _portions(news(self._root, state.sizes)):
            if not self._bucket.put_new(part_name(state.parts + 1), spelled(state.parts + 1, pieces)):
                return False
            state.parts += 1
            state.sizes |= {one.path: one.at + len(one.data) for one in pieces}
            state.save(self._root)
        return True


def spelled(number: int, pieces: list[Piece]) -> bytes:
    """Return a part's bytes: a line that tells what it holds, then that."""
    files = [
        {"path": one.path, "at": one.at, "bytes": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
        for one in pieces
    ]
    return canonical({"number": number, "files": files}) + b"\n" + b"".join(one.data for one in pieces)


def opened(name: str, data: bytes) -> list[Piece]:
    """Read a part back; ``Corrupt`` when it is not as it was put."""
    head, _, rest = data.partition(b"\n")
    pieces = []
    try:
        for one in json.loads(head)["files"]:
            piece = Piece(path=one["path"], at=one["at"], data=rest[: one["bytes"]])
            rest = rest[one["bytes"] :]
            pieces.append((piece, one["sha256"]))
    except (ValueError, KeyError, TypeError) as err:
        raise Corrupt(f"{name} is damaged", code="E-LOG-001") from err
    whole = all(hashlib.sha256(one.data).hexdigest() == sha256 and _safe(one.path) for one, sha256 in pieces)
    if rest or not pieces or not whole:
        raise Corrupt(f"{name} is damaged", code="E-LOG-001")
    return [one for one, _ in pieces]


def _safe(path: str) -> bool:
    return path.startswith("log/") and ".." not in path.split("/")


def _number(path: str) -> int | None:
    """Return the number of the checkpoint that a file belongs to, if it belongs to one."""
    stem = path.removeprefix(f"{CHECKPOINTS}/").partition(".")[0]
    return int(stem) if path.startswith(f"{CHECKPOINTS}/") and stem.isascii() and stem.isdigit() else None


def _portions(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    some: list[Piece] = []
    for one in pieces:
        if some and sum(len(each.data) for each in some) + len(one.data) > _LARGEST:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


class _State:
    """How many parts this host has taken in or put, and how much of each file was in them. No evidence: a cache."""

    def __init__(self, parts: int, sizes: dict[str, int]) -> None:
        self.parts = parts
        self.sizes = sizes

    @classmethod
    def load(cls, root: Path) -> "_State":
        """Read it back; without it all parts are taken in again."""
        try:
            body = json.loads((root / _STATE).read_bytes())
            return cls(int(body["parts"]), {str(path): int(size) for path, size in body["sizes"].items()})
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return cls(0, {})

    def save(self, root: Path) -> None:
        """Keep it, once what it tells of is on disk."""
        fresh = root / f"{_STATE}.fresh"
        with writing("the custody log"):
            fresh.unlink(missing_ok=True)
            make_dirs(fresh.parent, below=root)
            write_new(fresh, json.dumps({"parts": self.parts, "sizes": self.sizes}).encode(), sync=False)
            fresh.replace(root / _STATE)
