"""Verification of the custody log: every chain, every tree, every signature; all faults, not the first."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.ports import Finding, LogReport
from pipeline.errors import PipelineError
from pipeline.vault.entry import GENESIS
from pipeline.vault.keys import PUBLIC
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, Leaf, leaf_lines, numbers, parse_leaf, path_of
from pipeline.vault.merkle import Tree
from pipeline.vault.note import Verifier, opened
from pipeline.vault.root import LOG_FOLDERS, identity
from pipeline.vault.segments import OPENING, SEGMENTS, SUFFIX, Place, Reading, entries, read_segment, segment_files
from pipeline.vault.sequencer import note_text


@dataclass(kw_only=True)
class _Check:
    root: Path
    vault_id: str
    findings: list[Finding] = field(default_factory=list)
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)
    tree: Tree = field(default_factory=Tree)
    tree_broken: bool = False
    notes: dict[int, str] = field(default_factory=dict)
    """The digest of each note that is there."""
    made: set[str] = field(default_factory=set)
    """The keys whose making is noted."""

    def find(self, path: str, code: str, what: str) -> None:
        self.findings.append(Finding(path=path, code=code, what=what))


def verify(root: Path, *, trusted: dict[str, Verifier] | None = None) -> LogReport:
    """Read the log from its beginning.

    ``trusted`` are the keys that we hold ourselves; without them the keys in the vault must
    do, which shows that log and keys fit each other and no more.
    """
    check = _Check(root=root, vault_id=known_id(root))
    _folders(check)
    verifiers = _verifiers(check, trusted)
    published = {path.stem for path in (root / PUBLIC).glob("*.pub")}
    done = numbers(root)
    prev = GENESIS
    for number in range(1, (done[-1] if done else 0) + 1):
        prev = _checkpoint(check, number, prev, verifiers)
    files = segment_files(root)
    if not files and (root / SEGMENTS).is_dir():
        check.find(SEGMENTS, "E-LOG-002", "there is no segment at all")
    for name in sorted(check.leaves.keys() - files.keys()):
        check.find(f"{SEGMENTS}/{name}{SUFFIX}", "E-LOG-002", "the segment is missing")
    count = sum(_segment(check, name, path) for name, path in files.items())
    for key in sorted(published - check.made) if files else ():
        check.find(SEGMENTS, "E-LOG-002", f"the log's beginning is gone: no entry notes that key {key} was made")
    _strangers(check, done)
    return LogReport(segments=len(files), entries=count, checkpoints=len(done), findings=tuple(check.findings))


def known_id(root: Path) -> str:
    """Return the vault's identifier; where it is gone or damaged, which the audit finds, the one that the log gives."""
    try:
        if (known := identity(root)) is not None:
            return known
    except PipelineError:
        pass
    told = {str(entry.facts.get("vault")) for _, entry in entries(root) if entry.act == OPENING}
    return told.pop() if len(told) == 1 else ""


def _folders(check: _Check) -> None:
    """Name what stands in every vault from its first day and is gone."""
    for name in LOG_FOLDERS:
        if not (check.root / name).is_dir():
            check.find(name, "E-LOG-002", "the folder is missing")


def _verifiers(check: _Check, trusted: dict[str, Verifier] | None) -> dict[str, Verifier]:
    found: dict[str, Verifier] = {}
    for path in sorted((check.root / PUBLIC).glob("*.pub")):
        where = f"{PUBLIC}/{path.name}"
        try:
            one = Verifier.parsed(path.read_text(encoding="ascii"))
        except (ValueError, OSError):
            check.find(where, "E-LOG-003", "the public key is damaged")
            continue
        if one.id != path.stem or (trusted is not None and trusted.get(one.id) != one):
            check.find(where, "E-LOG-003", "the public key is not one of ours")
        found[one.id] = one
    return found if trusted is None else trusted


def _checkpoint(check: _Check, number: int, prev: str, verifiers: dict[str, Verifier]) -> str:
    """Check one note and its leaves; return the note's digest, which the next one names."""
    _leaves(check, number)
    path = path_of(check.root, number, NOTE)
    where = f"{CHECKPOINTS}/{path.name}"
    try:
        note = path.read_bytes()
    except FileNotFoundError:
        check.find(where, "E-LOG-002", "the checkpoint is missing")
        return GENESIS
    digest = check.notes[number] = hashlib.sha256(note).hexdigest()
    try:
        text, key_id = opened(note, verifiers)
    except ValueError as err:
        check.find(where, "E-LOG-003", str(err))
        return digest
    if not (check.root / PUBLIC / f"{key_id}.pub").is_file():
        check.find(f"{PUBLIC}/{key_id}.pub", "E-LOG-003", "the public key of a checkpoint is missing")
    at = next((line[3:] for line in text.splitlines() if line.startswith("at ")), "")
    expected = note_text(check.vault_id, check.tree, number=number, at=at, prev=prev)
    if text != expected and not check.tree_broken:
        if text.splitlines()[1:3] != expected.splitlines()[1:3]:  # the signature holds, so the leaves do not
            leaves = f"{CHECKPOINTS}/{path_of(check.root, number, LEAVES).name}"
            check.find(leaves, "E-LOG-001", "they are not the leaves that were signed for")
            check.tree_broken = True  # those after it rest on the same tree: one finding is enough
        else:
            check.find(where, "E-LOG-001", "it does not fit the one before it, or this vault")
    return digest


def _leaves(check: _Check, number: int) -> None:
    path = path_of(check.root, number, LEAVES)
    where = f"{CHECKPOINTS}/{path.name}"
    try:
        lines = leaf_lines(path)
    except FileNotFoundError:
        check.find(where, "E-LOG-002", "the leaves of a checkpoint are missing")
        check.tree_broken = True
        return
    except ValueError as err:
        check.find(where, "E-LOG-001", str(err))
        return
    for line in lines:
        check.tree.add(line)
        try:
            leaf = parse_leaf(line)
        except ValueError as err:
            check.find(where, "E-LOG-001", str(err))
        else:
            check.leaves.setdefault(leaf.segment, []).append(leaf)


def _segment(check: _Check, name: str, path: Path) -> int:
    """Check one segment's chain, and where it should stand; return how many entries it has."""
    where = f"{SEGMENTS}/{path.name}"
    try:
        reading = read_segment(path, Place())
    except OSError as err:
        check.find(where, "E-LOG-002", f"the segment cannot be read: {err.strerror}")
        return 0
    check.made.update(reading.keys)
    leaves = check.leaves.get(name, [])
    if reading.broken:
        check.find(where, "E-LOG-001", reading.broken)
    _against_leaves(check, where, reading, leaves)
    for number, note in reading.signed:
        if number not in check.notes:
            what = f"the checkpoint that {name} knows is missing"
            check.find(f"{CHECKPOINTS}/{number:08}{NOTE}", "E-LOG-002", what)
        elif check.notes[number] != note:
            check.find(where, "E-LOG-001", f"it names another checkpoint {number} than the one that is there")
    recorded = leaves[-1].torn if leaves else None
    if recorded and reading.tail != recorded:
        check.find(where, "E-LOG-001", "the unfinished line at its end is not the one that was signed for")
    elif reading.tail and not recorded and not reading.broken:
        check.find(where, "E-LOG-005", f"{reading.tail.bytes} bytes of an entry that was never finished")
    return len(reading.places)


def _against_leaves(check: _Check, where: str, reading: Reading, leaves: list[Leaf]) -> None:
    """Hold a segment against what was signed for; the first difference is enough."""
    there = len(reading.places)
    for leaf in leaves:
        if leaf.place.count > there:
            if not reading.broken:
                check.find(where, "E-LOG-002", f"{leaf.place.count} entries were signed for, {there} are there")
            return
        if leaf.place.count and reading.places[leaf.place.count - 1] != leaf.place:
            check.find(where, "E-LOG-001", f"entry {leaf.place.count - 1} is not the one that was signed for")
            return


def _strangers(check: _Check, done: list[int]) -> None:
    """Name whatever lies in the log's folders and is not the log's."""
    last = done[-1] if done else 0
    known = {f"{number:08}{suffix}" for number in range(1, last + 1) for suffix in (NOTE, LEAVES)}
    known.add(f"{last + 1:08}{LEAVES}")  # an attempt that was interrupted
    for folder, ours in (
        (SEGMENTS, lambda name: name.endswith(SUFFIX)),
        (CHECKPOINTS, known.__contains__),
        (PUBLIC, lambda name: name.endswith((".pub", ".fresh"))),
    ):
        there = sorted((check.root / folder).iterdir()) if (check.root / folder).is_dir() else []
        for path in there:
            if not ours(path.name) or path.is_symlink() or not path.is_file():
                check.find(f"{folder}/{path.name}", "E-VAULT-004", "not a part of the custody log")
    for path in sorted((check.root / "log").iterdir()) if (check.root / "log").is_dir() else []:
        if f"log/{path.name}" not in {SEGMENTS, CHECKPOINTS, PUBLIC}:
            check.find(f"log/{path.name}", "E-VAULT-004", "not a part of the custody log")
