"""Audit: every byte of the vault read, and vault and custody log held against each other both ways.

Digests alone miss what is consistent in itself: a rewritten object, a version taken away, an
object gone or slipped in. Only the log, which stands apart and is signed, shows those.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.canonical import canonical
from pipeline.core.ports import AuditReport, Finding
from pipeline.errors import PipelineError
from pipeline.vault.examine import Examined, examine, walk
from pipeline.vault.inventory import read_pair, version_numbers
from pipeline.vault.journal import Commit
from pipeline.vault.layout import ROOT_FILES, id_of, object_folder
from pipeline.vault.logged import Logged, ObjectKey, asset_of, open_commits, subject_digest
from pipeline.vault.note import Verifier
from pipeline.vault.root import FORMAT, IDENTITY, ROOTS, identity
from pipeline.vault.storage import ASSET, REGISTER, log_subject
from pipeline.vault.verify import verify

_TOP = frozenset({IDENTITY, "log", "staging", "locks", *ROOTS})
_DIGITS = 9
_LOOKS = 10
Progress = Callable[[int, int, int], None]
"""Told after each object: objects read, objects that the log knows of in this part, bytes read."""


def audit(
    root: Path,
    *,
    part: tuple[int, int] | None = None,
    trusted: dict[str, Verifier] | None = None,
    progress: Progress | None = None,
    registers: Iterable[str] = (),
) -> AuditReport:
    """Read part ``n`` of ``t`` (from 1), or everything, and the whole log; collect all that is wrong.

    Nothing is changed, and nothing that is wrong stops it. It may run beside writers. ``registers``
    are names known from elsewhere: the log has digests of names only, so that of a register that
    is gone only these tell where it lay.
    """
    run = _Run(root=root, part=part or (1, 1), logged=Logged.read(root))
    run.known = {log_subject(REGISTER + name): REGISTER + name for name in registers}
    run.findings.extend(verify(root, trusted=trusted).findings)
    run.top()
    for name in ROOTS:
        run.store(name, progress)
    run.compare()
    return AuditReport(checked=run.checked, bytes=run.bytes, findings=tuple(run.findings))


@dataclass(kw_only=True)
class _Run:
    root: Path
    part: tuple[int, int]
    logged: Logged
    checked: int = 0
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    seen: dict[ObjectKey, Examined] = field(default_factory=dict)
    empty: list[Path] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    """Registers that somebody knows the names of: subject in the log → identifier."""

    def find(self, path: Path, code: str, what: str, asset: str | None = None) -> None:
        where = path.relative_to(self.root).as_posix()
        self.findings.append(Finding(path=where, code=code, what=what, asset=asset))

    def mine(self, digits: str) -> bool:
        """Tell whether the first nine digits of an object's digest fall into this part."""
        n, t = self.part
        return int(digits, 16) * t >> 4 * _DIGITS == n - 1

    def top(self) -> None:
        """Look at what stands in the vault's root."""
        place = self.root / IDENTITY
        try:
            vault_id = identity(self.root)
        except PipelineError as err:
            self.find(place, err.code, err.reason)
        else:
            if vault_id is None:
                self.find(place, "E-VAULT-003", "it is missing")
            elif place.read_bytes() != canonical({"format": FORMAT, "id": vault_id}):
                self.find(place, "E-VAULT-001", "it is not as it was written")
            elif self.logged.vaults - {vault_id}:
                self.find(place, "E-LOG-004", "the log is another vault's")
        for path in sorted(self.root.iterdir()) if self.root.is_dir() else ():
            if path.name not in _TOP or path.is_symlink():
                self.find(path, "E-VAULT-004", "not a part of the vault")

    def store(self, name: str, progress: Progress | None) -> None:
        """Read one storage root."""
        base = self.root / name
        if not base.is_dir():
            self.find(base, "E-VAULT-003", "the folder is missing")
            return
        for file, data in ROOT_FILES.items():
            try:
                if (base / file).read_bytes() != data:
                    self.find(base / file, "E-VAULT-001", "it is not as it was written")
            except OSError as err:
                self.find(base / file, "E-VAULT-002", f"cannot be read: {err.strerror}")
        extensions = base / "extensions"
        ours = {base / file for file in ROOT_FILES} | {(base / file).parent for file in ROOT_FILES}
        for path in walk(extensions):
            if path not in ours or path.is_symlink():
                self.find(path, "E-VAULT-004", "not a part of the vault")
        expected = sum(
            1 for root, subject in self.logged.versions if root == name and self.mine(subject_digest(subject)[:_DIGITS])
        )
        for folder in self._folders(base, base, skip={base / file.split("/")[0] for file in ROOT_FILES}):
            self._object(name, folder)
            if progress is not None:
                progress(self.checked, expected, self.bytes)

    def _folders(self, base: Path, folder: Path, *, skip: set[Path]) -> list[Path]:
        """Find the object folders of this part, naming what is none on the way."""
        digits = "".join(folder.relative_to(base).parts)
        if len(digits) == _DIGITS:
            return [path for path in self._children(folder, folder=True) if self.mine(digits)]
        found = []
        for path in self._children(folder, folder=False):
            if path in skip:
                continue
            if len(path.name) == 3 and not set(path.name) - set("0123456789abcdef") and path.is_dir():  # noqa: PLR2004
                found += self._folders(base, path, skip=set())
            else:
                self.find(path, "E-VAULT-004", "not a part of the vault")
        return found

    def _children(self, place: Path, *, folder: bool) -> list[Path]:
        try:
            there = sorted(place.iterdir())
        except OSError as err:
            self.find(place, "E-VAULT-002", f"cannot be read: {err.strerror}")
            return []
        if not there:
            self.empty.append(place)
        links = [path for path in there if path.is_symlink() or (folder and not path.is_dir())]
        for path in links:
            self.find(path, "E-VAULT-004", "not a part of the vault")
        return [path for path in there if path not in links]

    def _object(self, name: str, folder: Path) -> None:
        object_id = id_of(folder) or _spelled_id(folder)
        self.checked += 1
        ours = object_id is not None and object_id.startswith(ASSET if name == "objects" else REGISTER)
        if object_id is None or not ours or object_folder(self.root / name, object_id) != folder:
            self.find(folder, "E-VAULT-004", "not an object of ours")
            return
        key = (name, log_subject(object_id))
        seen = self._examine(key, folder, object_id)
        if seen.findings:
            seen = self._look_again(key, seen, object_id)
        self.bytes += seen.bytes
        self.findings += seen.findings
        self.seen[key] = seen

    def _examine(self, key: ObjectKey, folder: Path, object_id: str) -> Examined:
        return examine(folder, self.root, object_id=object_id, logged=self.logged.versions.get(key, {}))

    def _look_again(self, key: ObjectKey, seen: Examined, object_id: str) -> Examined:
        """Look until two looks agree: a writer may have been at it, and damage stays."""
        for _ in range(_LOOKS):
            before = seen
            busy = key in open_commits(self.root)
            seen = self._examine(key, before.folder, object_id)
            if seen.only_behind and (busy or key in open_commits(self.root)):
                seen.findings.clear()
            if not seen.findings or (seen.findings, seen.versions) == (before.findings, before.versions):
                break
        return seen

    def compare(self) -> None:
        """Hold what was read against the log, both ways.

        Writers may have gone on meanwhile. What was missing in the log is looked for once more,
        after the journals of open commits: a version is named in one or the other.
        """
        begun = open_commits(self.root)
        later = Logged.read(self.root)
        for key, seen in self.seen.items():
            logged = later.versions.get(key)
            if logged is None and key not in begun:
                self.find(seen.folder, "E-VAULT-004", "the log knows of no such object", seen.asset)
                continue
            for number, digest in seen.versions.items():
                self._version(seen, number, digest, logged or {}, begun.get(key))
        self._names()
        for key, versions in self.logged.versions.items():
            self._vanished(key, versions)
        for place in self.empty:
            digits = "".join(place.relative_to(self.root).parts[1:])
            awaited = any(subject_digest(subject).startswith(digits) for _, subject in begun)
            if not awaited and place.is_dir() and not any(place.iterdir()):
                self.find(place, "E-VAULT-002", "an empty folder")

    def _version(
        self, seen: Examined, number: int, digest: str, logged: dict[int, set[str]], open_: Commit | None
    ) -> None:
        folder = seen.folder / f"v{number}"
        if number in logged and digest not in logged[number]:
            self.find(folder, "E-LOG-004", "rewritten: the log knows another inventory of this version", seen.asset)
        elif len(logged.get(number, ())) > 1:
            self.find(folder, "E-LOG-004", "the log knows two inventories of this version", seen.asset)
        elif number not in logged and (open_ is None or (open_.version, open_.inventory) != (number, digest)):
            self.find(folder, "E-LOG-004", "the log knows of no such version", seen.asset)

    def _vanished(self, key: tuple[str, str], versions: dict[int, set[str]]) -> None:
        """Name what the log knew when the audit began and the vault does not hold."""
        name, subject = key
        digest, asset = subject_digest(subject), asset_of(subject)
        if not self.mine(digest[:_DIGITS]):
            return
        if (object_id := subject if asset is not None else self.known.get(subject)) is not None:
            place = object_folder(self.root / name, object_id)
        else:
            place = self.root / name / digest[:3] / digest[3:6] / digest[6:9]
        if key not in self.seen:
            what = "the log knows this object, and it is gone"
            if object_id is None:
                what += f" (the SHA-256 of its identifier is {digest})"
            self.find(place, "E-VAULT-003", what, asset)
            return
        seen = self.seen[key]
        for number in sorted(versions.keys() - set(version_numbers(seen.folder))):
            self.find(seen.folder / f"v{number}", "E-LOG-004", "the log knows this version, and it is gone", asset)

    def _names(self) -> None:
        """Take in the registers that were read, and the objects in which a history goes on: ``ID:2``, ``ID:3``."""
        self.known |= {subject: one.object_id for (_, subject), one in self.seen.items() if one.object_id is not None}
        for object_id in list(self.known.values()):
            part = 2
            while ("registers", subject := log_subject(f"{object_id}:{part}")) in self.logged.versions:
                self.known[subject] = f"{object_id}:{part}"
                part += 1


def _spelled_id(folder: Path) -> str | None:
    pair = read_pair(folder / "v1") or read_pair(folder)
    return str(json.loads(pair[0]).get("id")) if pair else None
