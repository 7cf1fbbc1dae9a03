"""Logged versions: what the custody log, and the journals of open commits, say that the vault holds."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.entry import Entry
from pipeline.vault.journal import Commit, pending
from pipeline.vault.layout import object_digest
from pipeline.vault.process import benches
from pipeline.vault.segments import OPENING, entries
from pipeline.vault.storage import ASSET, CREATE, EXTEND, log_subject

ObjectKey = tuple[str, str]
"""Storage root and the object's name in the log."""


@dataclass(kw_only=True)
class Logged:
    """Object → version → digests of its inventory; and the vaults that the segments were opened for."""

    versions: dict[ObjectKey, dict[int, set[str]]] = field(default_factory=dict)
    vaults: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, root: Path) -> "Logged":
        """Read the whole log."""
        logged = cls()
        for _, entry in entries(root):
            logged.add(entry)
        return logged

    def add(self, entry: Entry) -> None:
        """Take in one entry, if it speaks of a version."""
        if entry.act == OPENING:
            self.vaults.add(str(entry.facts.get("vault")))
        elif entry.act in {CREATE, EXTEND} and entry.subject is not None:
            versions = self.versions.setdefault((str(entry.facts.get("root")), entry.subject), {})
            versions.setdefault(entry.facts.get("version", 0), set()).add(str(entry.facts.get("inventory")))


def open_commits(root: Path) -> dict[ObjectKey, Commit]:
    """Return the commits that somebody has begun and not ended, by object."""
    found: dict[ObjectKey, Commit] = {}
    for bench in benches(root / "staging"):
        try:
            commits = pending(bench)
        except FileNotFoundError:  # its process has just ended
            continue
        found.update({(one.root, log_subject(one.object)): one for one in commits})
    return found


def subject_digest(subject: str) -> str:
    """Return the SHA-256 of the identifier of the object that a log's subject names."""
    return object_digest(subject) if subject.startswith(ASSET) else subject.rpartition(":")[2]


def asset_of(subject: str) -> str | None:
    """Return the asset that a subject belongs to, if it is one's."""
    return subject.removeprefix(ASSET).partition(":")[0] if subject.startswith(ASSET) else None
