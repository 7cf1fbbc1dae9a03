"""Comparison of vault and custody log, both ways: what is consistent in itself shows only here.

Digests alone miss a rewritten object, a version taken away, an object gone or slipped in. Only the
log, which stands apart and is signed, shows those.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core.ports import Finding
from pipeline.vault.census import Census
from pipeline.vault.examine import Examined
from pipeline.vault.journal import Commit
from pipeline.vault.layout import object_folder
from pipeline.vault.logged import Logged, ObjectKey, asset_of, subject_digest
from pipeline.vault.storage import REGISTER, log_subject

Versions = Mapping[int, Collection[str]]


def undoubted(seen: Examined, logged: Versions) -> bool:
    """Tell whether an object is whole and exactly what the log knows: nothing is left to compare."""
    there = {number: {digest} for number, digest in seen.versions.items()}
    return not seen.findings and there == {number: set(digests) for number, digests in logged.items()}


@dataclass(kw_only=True)
class Comparison:
    """What the log said before an audit and after it, beside what was found.

    Writers may have gone on meanwhile. What was missing in the log is looked for once more, after the
    journals of open commits: a version is named in one or the other.
    """

    before: Logged
    begun: Mapping[ObjectKey, Collection[Commit]]
    after: Logged
    census: Census
    doubted: Mapping[ObjectKey, Examined]
    """Objects that were read and are not clearly as they should be."""
    known: dict[str, str] = field(default_factory=dict)
    """Registers that somebody knows the names of: subject in the log → identifier."""
    found: dict[ObjectKey, list[Finding]] = field(default_factory=dict)
    """What is wrong, by object."""

    def run(self) -> None:
        """Compare everything."""
        for key, seen in self.doubted.items():
            self._object(key, seen)
        self._names()
        for key in self.before.versions:
            old, new = self.before.expected(key), self.after.expected(key)
            if (versions := old.keys() & new.keys()) and self.census.part.holds(subject_digest(key[1])):
                self._vanished(key, set(versions))

    def empty_folders(self) -> list[str]:
        """Return the folders that hold nothing and that nobody is about to fill."""
        found = []
        for place in self.census.empty:
            digits = place.partition("/")[2].replace("/", "")
            awaited = any(subject_digest(subject).startswith(digits) for _, subject in self.begun)
            if not awaited and self._still_empty(place):
                found.append(place)
        return found

    def stones(self, there: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
        """Hold tombstones and the log's disposals against each other, both ways."""
        open_, logged = {one.inventory for some in self.begun.values() for one in some}, self.after.stones
        found = []
        for digest in sorted(there.keys() - logged - open_):
            what, asset = "the log knows of no such disposal", there[digest].get("asset")
            found.append(_finding("registers", "E-LOG-004", f"tombstone {digest[:16]}: {what}", asset))
        missing = sorted(logged - there.keys())
        return found + [_finding("registers", "E-LOG-004", f"tombstone {one[:16]} is missing") for one in missing]

    def _object(self, key: ObjectKey, seen: Examined) -> None:
        findings = self.found.setdefault(key, [])
        logged = self.after.expected(key)
        if disposed := self.after.disposed.get(key):
            if not (seen.versions or self._is_there(seen.object.folder)) or disposed & set(seen.versions.values()):
                if self._is_there(seen.object.folder) and key not in self.begun:
                    what = "it was disposed of, and is there again"
                    findings.append(_finding(seen.object.folder, "E-VAULT-008", what, seen.object.asset))
                return
        elif not logged and key not in self.begun:
            what = "the log knows of no such object"
            findings += [*seen.findings, _finding(seen.object.folder, "E-VAULT-004", what, seen.object.asset)]
            return
        findings += seen.findings
        for number, digest in seen.versions.items():
            if wrong := self._version(number, digest, logged, self.begun.get(key, ())):
                findings.append(_finding(f"{seen.object.folder}/v{number}", "E-LOG-004", wrong, seen.object.asset))

    @staticmethod
    def _version(number: int, digest: str, logged: Versions, open_: Collection[Commit]) -> str | None:
        if number in logged and digest not in logged[number]:
            return "rewritten: the log knows another inventory of this version"
        if len(logged.get(number, ())) > 1:
            return "the log knows two inventories of this version"
        if number not in logged and (number, digest) not in {(one.version, one.inventory) for one in open_}:
            return "the log knows of no such version"
        return None

    def _vanished(self, key: ObjectKey, versions: set[int]) -> None:
        """Name what the log knew when the audit began and the vault does not hold."""
        asset = asset_of(key[1])
        if key not in self.census.objects:
            self.found.setdefault(key, []).append(self._gone(key, asset))
        elif (seen := self.doubted.get(key)) is not None:
            for number in sorted(versions - seen.there):
                path, what = f"{seen.object.folder}/v{number}", "the log knows this version, and it is gone"
                self.found.setdefault(key, []).append(_finding(path, "E-LOG-004", what, asset))

    def _gone(self, key: ObjectKey, asset: str | None) -> Finding:
        root, subject = key
        digest, what = subject_digest(subject), "the log knows this object, and it is gone"
        if (object_id := subject if asset is not None else self.known.get(subject)) is not None:
            return _finding(object_folder(Path(root), object_id).as_posix(), "E-VAULT-003", what, asset)
        place = f"{root}/{digest[:3]}/{digest[3:6]}/{digest[6:9]}"
        return _finding(place, "E-VAULT-003", f"{what} (the SHA-256 of its identifier is {digest})")

    def _names(self) -> None:
        """Take in the registers that are there, and the objects in which a history goes on: ``ID:2``, ``ID:3``."""
        there = (one.object_id for one in self.census.objects.values() if one.object_id.startswith(REGISTER))
        self.known |= {log_subject(one): one for one in there}
        for object_id in list(self.known.values()):
            part = 2
            while ("registers", subject := log_subject(f"{object_id}:{part}")) in self.before.versions:
                self.known[subject] = f"{object_id}:{part}"
                part += 1

    def _is_there(self, folder: str) -> bool:
        try:
            self.census.tree.children(folder)
        except FileNotFoundError:
            return False
        except OSError:  # whatever is there, it is in the way
            return True
        return True

    def _still_empty(self, folder: str) -> bool:
        try:
            return not self.census.tree.children(folder)
        except OSError:
            return False


def _finding(path: str, code: str, what: str, asset: str | None = None) -> Finding:
    return Finding(path=path, code=code, what=what, asset=asset)
