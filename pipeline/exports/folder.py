"""Folder: an export as a whole: its files appear all at once, with a manifest that proves them."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.core.canonical import canonical
from pipeline.core.model import Kind
from pipeline.errors import Misconfigured

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
    """What an export holds and what was withheld from it; ``manifest.json`` is its canonical JSON."""

    schema: str
    documents: int
    enrichments: int
    machine_made: MachineMade
    files: tuple[ExportedFile, ...]
    withheld: tuple[Mapping[str, Any], ...] = ()
    """Values that stand as null in a document or are missing from a file: ``asset``, ``what``, ``code``."""
    without: tuple[Mapping[str, Any], ...] = ()
    """Documents that gave this format nothing: ``asset``, ``reason``."""
    warnings: tuple[Mapping[str, Any], ...] = ()
    """What a recipient must know before they open anything: ``asset``, ``what``, ``code``."""

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is written."""
        return {
            **asdict(self), "files": [asdict(file) for file in self.files],
            "withheld": [dict(one) for one in self.withheld], "without": [dict(one) for one in self.without],
            "warnings": [dict(one) for one in self.warnings],
        }  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Filling:
    """A folder while it is filled: counts what goes in."""

    folder: Path
    files: list[ExportedFile] = field(default_factory=list)
    documents: int = 0
    enrichments: int = 0
    by_person: int = 0
    withheld: list[dict[str, Any]] = field(default_factory=list)
    without: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def count(self, document: Mapping[str, Any]) -> None:
        """Count a document, and what was withheld from it before it came here."""
        self.documents += 1
        self.enrichments += len(document["enrichments"])
        self.by_person += sum(one["by"] == "person" for one in document["enrichments"])
        self.withheld += withheld_in(document)
        self.warnings += warnings_in(document)

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        """Write one file, durably."""
        sha256, size = hashlib.sha256(), 0
        with (self.folder / name).open("xb") as file:
            for part in parts:
                file.write(part)
                sha256.update(part)
                size += len(part)
            _keep(file)
        self.files.append(ExportedFile(path=name, sha256=sha256.hexdigest(), bytes=size))


def export_to(to: Path, schema: str, fill: Callable[[Filling], None]) -> ExportManifest:
    """Fill a new folder, write its manifest, and put it at ``to``, all or nothing.

    The folder is made, or may be there and empty; else ``Misconfigured`` (E-EXPORT-001).
    """
    _refuse_occupied(to)
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = to.with_name(f".{to.name}.{secrets.token_hex(8)}")
    beside.mkdir(mode=0o700)
    try:
        filling = Filling(folder=beside)
        fill(filling)
        manifest = ExportManifest(
            schema=schema, documents=filling.documents, enrichments=filling.enrichments,
            machine_made=MachineMade(
                enrichments=filling.enrichments - filling.by_person, by_person=filling.by_person
            ),
            files=tuple(filling.files), withheld=tuple(filling.withheld), without=tuple(filling.without),
            warnings=tuple(filling.warnings),
        )  # fmt: skip
        with (beside / MANIFEST).open("xb") as file:
            file.write(canonical(manifest.as_json()) + b"\n")
            _keep(file)
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


def withheld_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what of a document is null because this recipient may not have it, and the code that says why."""
    found = [
        *(
            (f"acquisition {one['batch']}/{one['n']}: who gave it and what it was called", one.get("withheld"))
            for one in document.get("acquisitions", ())
        ),
        ("conditions: the persons named in them", (document.get("conditions") or {}).get("withheld")),
        *(
            (f"{one['kind']}: what identifies the source", one.get("body", {}).get("withheld"))
            for one in document["enrichments"]
        ),
    ]
    return [{"asset": document["asset"], "what": what, "code": code} for what, code in dict.fromkeys(found) if code]


def warnings_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what a malware scanner named in the file that a document is about."""
    return [
        {"asset": document["asset"], "what": f"the malware scanner names {name} in it", "code": "H-SCAN-001"}
        for one in document["enrichments"] if one["kind"] == Kind.SCAN and one["current"]
        for name in one["body"].get("found", ())
    ]  # fmt: skip


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
