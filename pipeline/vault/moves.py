"""Moves: a file taken over gets a second name in the stage, and loses its first only when it is preserved.

So whoever is killed in the middle leaves the file where it was. What it was called stands in the
writer's folder until its name is gone: whoever settles that folder removes the name of a file that is
preserved by then, and leaves any other. Neither is waited for: where a file system keeps what it was told in
another order, a loss of power may leave the name without the note. Nothing is lost then; an audit names the file.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NOTE = "moved-"
_CANNOT_LINK = frozenset({
    errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS,
    errno.ENOENT,  # its name went since it was opened: a killed process had preserved it, and was settled just now
})  # fmt: skip


def linked(source: Path, fd: int, target: Path) -> bool:
    """Give the file that is open as ``fd`` a second name; ``False`` where it must be copied.

    A file that has another name already is somebody's who could change it: that is copied, too.
    """
    if os.fstat(fd).st_nlink != 1 or not os.access(source.parent, os.W_OK):
        return False
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as err:
        if err.errno in _CANNOT_LINK:
            return False
        raise
    if _is(target, os.fstat(fd)):
        return True
    target.unlink()  # another file has taken that name meanwhile
    return False


@contextmanager
def leaving(source: Path, fd: int, *, place: Path, sha256: str, kept: Path) -> Iterator[None]:
    """Remove the first name of the file open as ``fd`` when what stands within is done; noted, so that others can.

    ``place`` is the stage's folder, ``kept`` where the file will be.
    """
    note = place.parent / f"{_NOTE}{sha256}-{place.name}"
    note.symlink_to(source.absolute())
    was = os.fstat(fd)
    try:
        yield
    except BaseException:
        if not _is(kept, was):  # else it is preserved all the same, and the name is left to remove
            note.unlink(missing_ok=True)
        raise
    _leave(source, was)
    note.unlink(missing_ok=True)


def left(folder: Path) -> bool:
    """Tell whether a writer's folder names a file whose first name may have to go."""
    return any(folder.glob(f"{_NOTE}*"))


def finish(folder: Path, kept: Callable[[str], Path]) -> None:
    """Remove the first names of files that a writer has preserved and could not; ``kept`` says where by SHA-256."""
    for note in folder.glob(f"{_NOTE}*"):
        source = note.readlink()
        try:
            was = kept(note.name.removeprefix(_NOTE).partition("-")[0]).lstat()
            if _is(source, was):
                _leave(source, was)
                note.unlink(missing_ok=True)
        except (FileNotFoundError, PermissionError):  # not preserved, or not ours to remove: an audit names that
            continue


def explained(staging: Path, path: Path) -> bool:
    """Tell whether every further name of a preserved file is one that a move is about to remove."""
    known = 1
    was = path.lstat()
    for note in staging.glob(f"*/{_NOTE}*"):
        try:
            known += _is(note.readlink(), was)
        except FileNotFoundError:  # removed just now
            continue
    return path.lstat().st_nlink <= known


def _leave(source: Path, was: os.stat_result) -> None:
    if _is(source, was):  # whatever else has that name now is not ours
        source.unlink(missing_ok=True)


def _is(path: Path, other: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.lstat(), other)
    except (FileNotFoundError, NotADirectoryError):
        return False
