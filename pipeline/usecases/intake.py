"""Intake: which items a list of paths stands for, and which of them have bytes to read."""

import base64
import csv
import errno
import io
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.document import moment
from pipeline.core.model import Source
from pipeline.errors import Refused

FIELDS = (
    "source", "provider", "url", "collected_at", "collector", "reference", "title", "description",
    "previous_custodians", "device", "language", "part_of", "role",
)  # fmt: skip
"""Columns of a manifest besides ``path``: the facts of an acquisition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item: a path with bytes to read, or the code for why it has none."""

    path: Path
    target: Path | None = None
    """The file itself where the path is a link that is followed; else the path."""
    code: str | None = None
    reason: str | None = None
    facts: dict[str, str] = field(default_factory=dict)


def find(paths: Iterable[Path], *, recursive: bool, follow: bool) -> Iterator[Found]:
    """Yield one item per path named, or found below it when ``recursive``; in order, none left out."""
    for path in paths:
        # A stack, not recursion: a tree may be deeper than any call stack.
        todo: list[tuple[Path, frozenset[tuple[int, int]]]] = [(path, frozenset())]
        while todo:
            here, above = todo.pop()
            found = _look(here, recursive=recursive, follow=follow, above=above)
            if isinstance(found, Found):
                yield found
            else:
                todo.extend((one, above | {found[0]}) for one in reversed(found[1]))


_Folder = tuple[tuple[int, int], list[Path]]


def _look(path: Path, *, recursive: bool, follow: bool, above: frozenset[tuple[int, int]]) -> Found | _Folder:
    """Say what a path is: an item, or a folder (its device and inode) with what lies in it."""
    try:
        link = stat.S_ISLNK(path.lstat().st_mode)
        if link and not follow:
            return _refused(path, "E-SUBMIT-005", "a symbolic link")
        target = path.resolve(strict=True) if link else path
        shape = target.stat() if link else path.lstat()
        if stat.S_ISDIR(shape.st_mode):
            return _open(path, (shape.st_dev, shape.st_ino), recursive=recursive, above=above)
    except (FileNotFoundError, NotADirectoryError):
        return _refused(path, "E-SUBMIT-001", "nothing exists at this path")
    except (OSError, ValueError, RuntimeError) as err:  # no permission, a loop of links, a name too long, a NUL
        return _refused(path, "E-SUBMIT-002", _why(err))
    if not stat.S_ISREG(shape.st_mode):
        return _refused(path, "E-SUBMIT-003", _shape(shape.st_mode))
    problem = _unreadable(target)
    return Found(path=path, target=target) if problem is None else _refused(path, "E-SUBMIT-002", problem)


def _open(path: Path, me: tuple[int, int], *, recursive: bool, above: frozenset[tuple[int, int]]) -> Found | _Folder:
    if not recursive:
        return _refused(path, "E-SUBMIT-004", "a directory")
    if me in above:
        return _refused(path, "E-SUBMIT-005", "a link to a folder that it lies in")
    names = sorted(os.listdir(os.fsencode(path)))  # noqa: PTH208 (bytes: a name need not be UTF-8)
    return me, [path / os.fsdecode(name) for name in names]


def _refused(path: Path, code: str, reason: str) -> Found:
    return Found(path=path, code=code, reason=reason)


def _unreadable(path: Path) -> str | None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as err:
        return _why(err)
    return None


def _why(err: Exception) -> str:
    return (err.strerror or type(err).__name__).lower() if isinstance(err, OSError) else "not a possible path"


def _shape(mode: int) -> str:
    for test, name in ((stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a block device")):
        if test(mode):
            return name
    return "a device"


def path_facts(path: Path) -> dict[str, Any]:
    """Return a path as JSON can hold it: readable always, and the exact bytes where it is not UTF-8."""
    # The folder resolved, the last name as it is: "link/.." is not the folder that it looks like.
    raw = os.fsencode(Path(os.path.realpath(path.parent)) / path.name)
    name = os.fsencode(path.name)
    facts: dict[str, Any] = {
        "path": raw.decode("utf-8", "backslashreplace"),
        "filename": name.decode("utf-8", "backslashreplace"),
    }
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        facts["path_bytes"] = base64.b64encode(raw).decode("ascii")
    return facts


def read_manifest(file: Path) -> list[tuple[Path, dict[str, str]]]:
    """Read a CSV manifest: a ``path`` (relative to the manifest) and any of ``FIELDS``, a row an item.

    ``Refused`` (E-SUBMIT-008) names every row and column that is wrong, at once.
    """
    try:
        text = read_small(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise Refused(f"the manifest cannot be read: {type(err).__name__}", code="E-SUBMIT-008") from err
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    problems: list[str] = []
    rows: list[tuple[Path, dict[str, str]]] = []
    try:
        columns = reader.fieldnames or []
        problems += [f"column {name!r} is unknown" for name in columns if name not in {"path", *FIELDS}]
        if "path" not in columns:
            problems.append("column 'path' is missing")
        for number, row in enumerate(reader, start=2):
            problems += [f"row {number}: {fault}" for fault in _row_faults(row, len(columns))]
            rows.append((file.parent / (row.get("path") or ""), {k: v for k, v in row.items() if k != "path" and v}))
    except csv.Error as err:
        problems.append(f"row {reader.line_num}: {err}")
    if problems:
        raise Refused("; ".join(problems), code="E-SUBMIT-008")
    return rows


def read_small(file: Path) -> bytes:
    """Read a file that a person wrote for us; ``OSError`` for anything but a regular one, which could block."""
    if not file.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file")
    return file.read_bytes()


def _row_faults(row: Mapping[Any, Any], columns: int) -> Iterator[str]:
    if row.get(None) or None in row.values():  # csv's marks of a ragged row
        yield f"{columns} cells are expected"
        return
    if not row.get("path"):
        yield "'path' is empty"
    if row.get("source") and row["source"] not in list(Source):
        yield f"column 'source': {row['source']!r} is none of {', '.join(Source)}"
    try:
        moment(row.get("collected_at") or None)
    except ValueError as err:
        yield f"column 'collected_at': {err}"
