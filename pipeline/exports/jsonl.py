"""JSON Lines: enriched documents, one a line, with a manifest that proves them and says what machines made."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.core.canonical import canonical
from pipeline.errors import Misconfigured

SCHEMA = "evidence-export-jsonl/1"
DOCUMENTS = "documents.jsonl"
MANIFEST = "manifest.json"

_NOTICE = (
    "Enrichments whose member 'by' is 'machine' were made by programs and may be wrong; "
    "'maker' names the program and 'coverage' how much of the material it read."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One file of an export; the path is relative to its folder."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineMade:
    """How much of an export programs said, how much of it persons judged, and what to make of it."""

    enrichments: int
    by_person: int
    notice: str = _NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportManifest:
    """What an export holds; ``manifest.json`` is its canonical JSON."""

    schema: str
    documents: int
    enrichments: int
    machine_made: MachineMade
    files: tuple[ExportedFile, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is written."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}


def write_jsonl(documents: Iterable[Mapping[str, Any]], to: Path) -> ExportManifest:
    """Write enriched documents and their manifest into the folder ``to``, all or nothing.

    The folder is made, or may be there and empty; else ``Misconfigured`` (E-EXPORT-001). The
    documents are written as they are given: what a recipient may not see was taken out before.
    """
    _refuse_occupied(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = to.with_name(f".{to.name}.{secrets.token_hex(8)}")
    beside.mkdir(mode=0o700)
    try:
        manifest = _write(documents, beside)
        _sync_folder(beside)
        try:
            beside.rename(to)
        except OSError as err:  # somebody filled the folder meanwhile
            raise _occupied(to) from err
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    _sync_folder(to.parent)
    return manifest


def _write(documents: Iterable[Mapping[str, Any]], folder: Path) -> ExportManifest:
    count = machine = person = size = 0
    sha256 = hashlib.sha256()
    with (folder / DOCUMENTS).open("xb") as file:
        for document in documents:
            line = canonical(document) + b"\n"
            file.write(line)
            sha256.update(line)
            size += len(line)
            count += 1
            by_person = sum(one["by"] == "person" for one in document["enrichments"])
            person += by_person
            machine += len(document["enrichments"]) - by_person
        _keep(file)
    manifest = ExportManifest(
        schema=SCHEMA,
        documents=count,
        enrichments=machine + person,
        machine_made=MachineMade(enrichments=machine, by_person=person),
        files=(ExportedFile(path=DOCUMENTS, sha256=sha256.hexdigest(), bytes=size),),
    )
    with (folder / MANIFEST).open("xb") as file:
        file.write(canonical(manifest.as_json()) + b"\n")
        _keep(file)
    return manifest


def _refuse_occupied(to: Path) -> None:
    if os.path.lexists(to) and (to.is_symlink() or not to.is_dir() or any(to.iterdir())):
        raise _occupied(to)


def _occupied(to: Path) -> Misconfigured:
    return Misconfigured(f"{to} is not a new or empty folder", code="E-EXPORT-001")


def _keep(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
