"""Logged versions: what the custody log, and the journals of open commits, say that the vault holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.entry import Entry, parse
from pipeline.vault.journal import Commit, pending
from pipeline.vault.layout import object_digest, object_folders
from pipeline.vault.process import benches
from pipeline.vault.root import LOG_FOLDERS, ROOTS
from pipeline.vault.rounds import DIGITS, FOUND, READ, Rounds
from pipeline.vault.segments import KEY_MADE, OPENING, entries, segment_files
from pipeline.vault.storage import ASSET, CREATE, DISPOSE, EXTEND, log_subject

ObjectKey = tuple[str, str]
"""Storage root and the object's name in the log."""

_ACTS = frozenset({OPENING, CREATE, EXTEND, DISPOSE, READ, FOUND})


@dataclass(kw_only=True)
class Logged:
    """Object → version → digests of its inventory; and the vaults that the segments were opened for."""

    versions: dict[ObjectKey, dict[int, set[str]]] = field(default_factory=dict)
    vaults: set[str] = field(default_factory=set)
    disposed: dict[ObjectKey, set[str]] = field(default_factory=dict)
    """Object → digests of the inventories that were disposed of: an inventory is never made twice."""
    stones: set[str] = field(default_factory=set)
    """The tombstones that disposals name, by digest."""
    times: dict[ObjectKey, tuple[str, str]] = field(default_factory=dict)
    """Object → when it was last made (one that was disposed of may come again), and when last added to."""
    rounds: Rounds = field(default_factory=Rounds)

    @classmethod
    def read(cls, root: Path, mine: Callable[[str], bool] = lambda _digest: True) -> "Logged":
        """Read the whole log, of objects those whose digest is ``mine``."""
        logged = cls()
        for _, entry in entries(root, _ACTS):
            if entry.act not in {CREATE, EXTEND} or entry.subject is None or mine(subject_digest(entry.subject)):
                logged.add(entry)
        return logged

    def add(self, entry: Entry) -> None:
        """Take in one entry, if it speaks of a version or of an audit."""
        if entry.act == OPENING:
            self.vaults.add(str(entry.facts.get("vault")))
        elif entry.act in {CREATE, EXTEND} and entry.subject is not None:
            key = (str(entry.facts.get("root")), entry.subject)
            versions = self.versions.setdefault(key, {})
            number = entry.facts.get("version")
            versions.setdefault(number if isinstance(number, int) else 0, set()).add(str(entry.facts.get("inventory")))
            made, newest = self.times.get(key, (entry.at, entry.at))
            self.times[key] = (max(made, entry.at) if entry.act == CREATE else made), max(newest, entry.at)
        elif entry.act == DISPOSE and entry.subject is not None:
            gone = self.disposed.setdefault((str(entry.facts.get("root")), entry.subject), set())
            gone.update(listed(entry, "inventories"))
            self.stones.add(str(entry.facts.get("tombstone")))
        elif entry.act in {READ, FOUND}:
            self.rounds.add(entry)

    def expected(self, key: ObjectKey) -> dict[int, set[str]]:
        """Return the versions of an object that should be there: those made and not disposed of."""
        gone = self.disposed.get(key, set())
        left = {number: digests - gone for number, digests in self.versions.get(key, {}).items()}
        return {number: digests for number, digests in left.items() if digests}


def listed(entry: Entry, name: str) -> tuple[str, ...]:
    """Return a fact that is a list of texts; nothing where somebody wrote something else."""
    told = entry.facts.get(name)
    return tuple(map(str, told)) if isinstance(told, list) else ()


def open_commits(root: Path) -> dict[ObjectKey, tuple[Commit, ...]]:
    """Return the commits that somebody has begun and not ended, by object."""
    found: dict[ObjectKey, tuple[Commit, ...]] = {}
    for bench in benches(root / "staging"):
        try:
            commits = pending(bench)
        except FileNotFoundError:  # its process has just ended
            continue
        for one in commits:
            key = one.root, log_subject(one.object)
            found[key] = (*found.get(key, ()), one)
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


def digits_of(key: ObjectKey) -> str:
    """Return the digits under which audits name an object."""
    return subject_digest(key[1])[:DIGITS]
