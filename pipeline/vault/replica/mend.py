"""Mending: one object made again what the log says it is, file by file, from a copy whose bytes prove themselves.

What was there and is not what it should be is never lost: it is moved to ``damaged/`` below the
vault's root, under the path that it had.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.ports import Finding
from pipeline.vault.files import writing
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR
from pipeline.vault.logged import ObjectKey, asset_of
from pipeline.vault.meter import Meter
from pipeline.vault.replica.objects import copy_version, fetch, folder_of, manifest_of, proven, sidecar_of
from pipeline.vault.replica.side import Side
from pipeline.vault.replica.strand import Broken
from pipeline.vault.root import DAMAGED
from pipeline.vault.tree import digest_blocks

Expected = Mapping[int, Collection[str]]
"""The versions of an object by number, each with the digests of its inventory that the log names."""


@dataclass(kw_only=True)
class Mender:
    """Mends objects of ``broken`` from ``good``; what it replaces goes below ``damaged/<aside>/``."""

    broken: Side
    good: Side
    aside: str
    meter: Meter
    replaced: list[str] = field(default_factory=list)
    """Files and versions that came from the good side, by path."""
    kept: list[str] = field(default_factory=list)
    """What was moved away, by the path that it had."""
    read: int = 0
    """Bytes of content that were read where it is mended."""
    copied: int = 0
    """Bytes that came from the good side."""
    findings: list[Finding] = field(default_factory=list)
    """What could not be mended."""

    def object(self, key: ObjectKey, expected: Expected, *, strangers: bool = True) -> bool:
        """Read an object wholly and mend what is not as the log says; tell whether it is whole now.

        ``strangers`` moves away what the log knows nothing of: not while somebody may be adding to it.
        """
        root, subject = key
        folder = folder_of(self.broken, root, subject) or folder_of(self.good, root, subject)
        if folder is None:
            what = "the log knows this object, and neither the vault nor the replica has it"
            self.findings.append(Finding(path=root, code="E-REPLICA-005", what=what, asset=asset_of(subject)))
            return False
        try:
            body = self._versions(folder, subject, expected)
            self._small(f"{folder}/{OBJECT_MARK}", OBJECT_MARK_BYTES)
            self._content(folder, subject, body)
        except Broken as err:
            one = err.finding
            what = f"it cannot be mended from the replica: {one.what}"
            self.findings.append(Finding(path=one.path, code="E-REPLICA-005", what=what, asset=one.asset))
            return False
        if strangers:
            self._strangers(folder, body, expected)
        return True

    def _versions(self, folder: str, subject: str, expected: Expected) -> dict[str, Any]:
        """Mend the inventories of all versions; return the newest."""
        body: dict[str, Any] = {}
        for number, wanted in sorted(expected.items()):
            place = f"{folder}/v{number}"
            try:
                data, digest, body = proven(self.broken, folder, number, wanted, subject)
            except Broken:
                if not self.broken.children(place):
                    self._bring(folder, number, wanted, subject)
                data, digest, body = proven(self.good, folder, number, wanted, subject)
            self._small(f"{place}/{INVENTORY}", data)
            self._small(f"{place}/{SIDECAR}", sidecar_of(digest))
            if number == max(expected):
                self._small(f"{folder}/{INVENTORY}", data)
                self._small(f"{folder}/{SIDECAR}", sidecar_of(digest))
        return body

    def _bring(self, folder: str, number: int, wanted: Collection[str], subject: str) -> None:
        """Bring back a version that is gone."""
        whole = not self.broken.children(folder)
        size = copy_version(
            self.good, self.broken, folder, number, wanted=wanted, subject=subject, meter=self.meter, whole=whole
        )
        self.copied += size or 0
        self.replaced.append(f"{folder}/v{number}")

    def _small(self, path: str, data: bytes) -> None:
        if _read(self.broken, path) != data or self._linked(path):
            self._move(path)
            self.broken.put(path, data)
            self.replaced.append(path)

    def _content(self, folder: str, subject: str, body: Mapping[str, Any]) -> None:
        """Read every file that the newest inventory names; replace those that are not what it says."""
        asset, failed = asset_of(subject), None
        for path, digests in manifest_of(body).items():
            if self._is(f"{folder}/{path}", digests):
                continue
            try:
                with self.broken.staged() as place:
                    found = fetch(self.good, f"{folder}/{path}", place / "file", digests, meter=self.meter, asset=asset)
                    self._move(f"{folder}/{path}")
                    with writing("the vault"):
                        (place / "file").chmod(0o444)
                    self.broken.adopt_file(place / "file", f"{folder}/{path}", found)
            except Broken as err:  # others may still be had
                failed = err
                continue
            self.copied += found.bytes
            self.replaced.append(f"{folder}/{path}")
        if failed is not None:
            raise failed

    def _linked(self, path: str) -> bool:
        """Tell whether a file has another name, by which somebody could change it."""
        return any(one.path == path and one.links > 1 for one in self.broken.children(path.rpartition("/")[0]))

    def _is(self, path: str, digests: tuple[str, str | None]) -> bool:
        if self._linked(path):
            return False
        try:
            read = digest_blocks(self.broken.blocks(path), both=True, passing=self.meter.passing)
        except OSError:  # gone, or its disk cannot read it: the same to us
            return False
        self.read += read.bytes
        return (read.sha512, read.sha256) == (digests[0], digests[1] or read.sha256)

    def _strangers(self, folder: str, body: Mapping[str, Any], expected: Expected) -> None:
        """Move away files and versions that the log knows nothing of."""
        known = {f"{folder}/{path}" for path in manifest_of(body)}
        for place in (folder, *(f"{folder}/v{number}" for number in expected)):
            known |= {f"{place}/{INVENTORY}", f"{place}/{SIDECAR}"}
        known.add(f"{folder}/{OBJECT_MARK}")
        for path in list(_strange(self.broken, folder, known)):
            self._move(path)

    def _move(self, path: str) -> None:
        if any(one.path == path for one in self.broken.children(path.rpartition("/")[0])):
            self.broken.set_aside(path, f"{DAMAGED}/{self.aside}/{path}")
            self.kept.append(path)


def _strange(side: Side, folder: str, known: Collection[str]) -> Iterator[str]:
    """Yield what is neither known nor on the way to something known."""
    for one in side.children(folder):
        if one.path in known:
            continue
        if one.kind == "folder" and any(path.startswith(f"{one.path}/") for path in known):
            yield from _strange(side, one.path, known)
        else:
            yield one.path


def _read(side: Side, path: str) -> bytes | None:
    try:
        return side.read(path)
    except OSError:  # its disk cannot read it: it is replaced
        return None
