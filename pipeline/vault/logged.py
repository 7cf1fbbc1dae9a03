"""Logged versions: what the custody log, and the journals of open commits, say that the vault holds."""

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.entry import Entry, parse
from pipeline.vault.journal import Commit, pending
from pipeline.vault.layout import object_digest, object_folders
from pipeline.vault.process import benches
from pipeline.vault.root import LOG_FOLDERS, ROOTS
from pipeline.vault.segments import KEY_MADE, OPENING, entries, segment_files
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


def untouched(root: Path) -> bool:
    """Tell whether nothing was ever done in a vault that is laid down: no object, and no act but those of its founding.

    What is missing or cannot be read speaks against it. Stops at the first thing it sees.
    """
    folders = {name: root / name for name in (*ROOTS, *LOG_FOLDERS)}
    if not all(folder.is_dir() for folder in folders.values()) or any(folders["log/checkpoints"].iterdir()):
        return False
    if any(next(object_folders(folders[name]), None) for name in ROOTS):
        return False
    noted = False
    for path in segment_files(root).values():
        for line in path.read_bytes().split(b"\n")[:-1]:  # an unfinished last line was never acted upon
            entry = parse(line)
            if entry is None or entry.act not in {OPENING, KEY_MADE}:
                return False
            noted = noted or entry.act == KEY_MADE
    return noted or not any(folders["log/keys"].glob("*.pub"))


def subject_digest(subject: str) -> str:
    """Return the SHA-256 of the identifier of the object that a log's subject names."""
    return object_digest(subject) if subject.startswith(ASSET) else subject.rpartition(":")[2]


def asset_of(subject: str) -> str | None:
    """Return the asset that a subject belongs to, if it is one's."""
    return subject.removeprefix(ASSET).partition(":")[0] if subject.startswith(ASSET) else None
