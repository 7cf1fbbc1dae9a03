"""Intake: which items a list of paths stands for, and which of them have bytes to read."""

import base64
import csv
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import Refused

FIELDS = (
    "source", "provider", "url", "received_at", "collected_at", "collector", "reference", "title", "description",
    "previous_custodians", "device", "language", "part_of", "role",
)  # fmt: skip
"""Columns of a manifest besides ``path``: the facts of an acquisition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One item: a path with bytes to read, or the code for why it has none."""

    path: Path
    code: str | None = None
    reason: str | None = None
    facts: dict[str, str] = field(default_factory=dict)


def find(paths: Iterable[Path], *, recursive: bool, follow: bool) -> Iterator[Found]:
    """Yield one item per path named, or found below it when ``recursive``; in order, none left out."""
    for path in paths:
        yield from _find(path, recursive=recursive, follow=follow, above=frozenset())


def _find(path: Path, *, recursive: bool, follow: bool, above: frozenset[tuple[int, int]]) -> Iterator[Found]:
    try:
        shape = path.lstat()
        if stat.S_ISLNK(shape.st_mode):
            if not follow:
                yield Found(path=path, code="E-SUBMIT-005", reason="a symbolic link")
                return
            shape = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        yield Found(path=path, code="E-SUBMIT-001", reason="nothing exists at this path")
        return
    except (OSError, ValueError) as err:  # no permission on the way, a loop of links, a name too long, a NUL
        yield Found(path=path, code="E-SUBMIT-002", reason=_why(err))
        return
    if stat.S_ISDIR(shape.st_mode):
        me = (shape.st_dev, shape.st_ino)
        if not recursive:
            yield Found(path=path, code="E-SUBMIT-004", reason="a directory")
        elif me in above:
            yield Found(path=path, code="E-SUBMIT-005", reason="a link to a folder that it lies in")
        else:
            yield from _walk(path, follow=follow, above=above | {me})
    elif not stat.S_ISREG(shape.st_mode):
        yield Found(path=path, code="E-SUBMIT-003", reason=_shape(shape.st_mode))
    elif (problem := _unreadable(path)) is not None:
        yield Found(path=path, code="E-SUBMIT-002", reason=problem)
    else:
        yield Found(path=path)


def _walk(folder: Path, *, follow: bool, above: frozenset[tuple[int, int]]) -> Iterator[Found]:
    try:
        names = sorted(os.listdir(os.fsencode(folder)))  # noqa: PTH208 (bytes: a name need not be UTF-8)
    except OSError as err:
        yield Found(path=folder, code="E-SUBMIT-002", reason=_why(err))
        return
    for name in names:
        yield from _find(folder / os.fsdecode(name), recursive=True, follow=follow, above=above)


def _unreadable(path: Path) -> str | None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as err:
        return _why(err)
    return None


def _why(err: OSError | ValueError) -> str:
    return (err.strerror or type(err).__name__).lower() if isinstance(err, OSError) else "not a possible path"


def _shape(mode: int) -> str:
    for test, name in ((stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a block device")):
        if test(mode):
            return name
    return "a device"


def path_facts(path: Path) -> dict[str, Any]:
    """Return a path as JSON can hold it: readable always, and the exact bytes where it is not UTF-8."""
    raw = os.fsencode(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
    name = os.path.basename(raw)  # noqa: PTH119 (bytes)
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
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise Refused(f"the manifest cannot be read: {type(err).__name__}", code="E-SUBMIT-008") from err
    reader = csv.DictReader(text.splitlines(), strict=True)
    problems: list[str] = []
    rows: list[tuple[Path, dict[str, str]]] = []
    try:
        columns = reader.fieldnames or []
        problems += [f"column {name!r} is unknown" for name in columns if name not in {"path", *FIELDS}]
        if "path" not in columns:
            problems.append("column 'path' is missing")
        for number, row in enumerate(reader, start=2):
            if row.get(None) or None in row.values():  # csv's marks of a ragged row
                problems.append(f"row {number}: {len(columns)} cells are expected")
            elif not row.get("path"):
                problems.append(f"row {number}: 'path' is empty")
            else:
                rows.append((file.parent / row["path"], {k: v for k, v in row.items() if k != "path" and v}))
    except csv.Error as err:
        problems.append(f"row {reader.line_num}: {err}")
    if problems:
        raise Refused("; ".join(problems), code="E-SUBMIT-008")
    return rows
