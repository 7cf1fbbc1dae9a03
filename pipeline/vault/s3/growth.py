"""Growth: what is new in a log's folder, and how what is new elsewhere is added to it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Corrupt
from pipeline.vault.files import make_dirs, sync_dir, write_all, write_new, writing
from pipeline.vault.process import unlocked
from pipeline.vault.segments import SEGMENTS, SUFFIX

_UNFINISHED = ".fresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes of one file of the log, and where in it they stand. ``path`` is relative to the vault's root."""

    path: str
    at: int
    data: bytes


def news(root: Path, known: Mapping[str, int]) -> Iterator[Piece]:
    """Yield what the log's folder holds beyond what is known of each file.

    Segments come first: a checkpoint never goes before what it signs. Of a segment whose writer
    lives only whole lines are taken; what stands behind the last is being written.
    """
    paths = sorted(path for path in (root / "log").rglob("*") if path.is_file() and path.suffix != _UNFINISHED)
    for path in sorted(paths, key=lambda one: one.suffix != SUFFIX):
        name = path.relative_to(root).as_posix()
        at = known.get(name, 0)
        if name in known and path.stat().st_size <= at:
            continue
        if not name.startswith(SEGMENTS):
            if name not in known:
                yield Piece(path=name, at=0, data=path.read_bytes())
        elif data := _lines(path, at):
            yield Piece(path=name, at=at, data=data)


def add(root: Path, piece: Piece) -> None:
    """Add bytes to the log's folder, durably; what is there already must be the same."""
    path = root / piece.path
    there = path.read_bytes() if path.is_file() else b""
    if there[piece.at : piece.at + len(piece.data)] == piece.data and (piece.data or path.is_file()):
        return
    if len(there) != piece.at:
        raise Corrupt(f"{piece.path}: it goes on in two ways", code="E-LOG-009")
    with writing("the custody log"):
        make_dirs(path.parent, below=root)
        if not path.name.endswith(SUFFIX):
            fresh = path.with_name(f"{path.name}{_UNFINISHED}")
            fresh.unlink(missing_ok=True)
            write_new(fresh, piece.data)
            fresh.replace(path)
        else:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                write_all(fd, piece.data)
                os.fdatasync(fd)
            finally:
                os.close(fd)
        sync_dir(path.parent)


def _lines(path: Path, at: int) -> bytes:
    with path.open("rb") as file:
        alive = not unlocked(file.fileno())
        file.seek(at)
        data = file.read()
        os.fdatasync(file.fileno())  # nothing may go up that could still vanish here
    return data[: data.rfind(b"\n") + 1] if alive else data
