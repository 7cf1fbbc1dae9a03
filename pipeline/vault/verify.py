"""Verification of the custody log: every chain, every tree, every signature; all faults, not the first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.core.ports import Finding, LogReport
from pipeline.errors import PipelineError
from pipeline.vault.chain import Reading, read_segment, seconds_back
from pipeline.vault.countersigned import AUTHORITY, TOKEN, countersignatures, load_certificates
from pipeline.vault.keys import PUBLIC
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, Leaf, leaf_lines, numbers, parse_leaf, path_of
from pipeline.vault.note import Verifier
from pipeline.vault.notes import Notes, Spoken
from pipeline.vault.root import LOG_FOLDERS, identity
from pipeline.vault.segments import KEY_MADE, OPENING, SEGMENTS, SIGNED, SUFFIX, Place, Tail, entries, segment_files

_BEGINNING = Place()
_GAPS = 10_000
"""So many missing checkpoints are each named: more are the work of whoever slipped a far number in."""
_UNSIGNED_SECONDS = 600.0
"""A checkpoint made so long after an entry covers it: whole minutes for clocks that differ and a long reading."""


@dataclass(kw_only=True)
class _Check:
    root: Path
    vault_id: str
    sealed: bool
    findings: list[Finding] = field(default_factory=list)
    leaves: dict[str, list[tuple[int, Leaf]]] = field(default_factory=dict)
    """The leaves of each segment, with the number of their checkpoint."""
    lines: dict[int, list[bytes] | None] = field(default_factory=dict)
    """The leaves of each checkpoint as they are spelled; ``None`` where they are gone or damaged."""
    spoken: list[Spoken] = field(default_factory=list)
    vaults: dict[str, str] = field(default_factory=dict)
    """For which vault each segment was opened."""
    late: dict[str, str] = field(default_factory=dict)
    """When the first entry of each segment was written that no checkpoint covers."""
    firsts: list[tuple[str, int, str]] = field(default_factory=list)
    """Segment, checkpoint, and when the first entry was written that this checkpoint was the first to cover."""
    unsigned: int = 0

    def find(self, path: str, code: str, what: str) -> None:
        self.findings.append(Finding(path=path, code=code, what=what))


def verify(
    root: Path,
    *,
    trusted: dict[str, Verifier] | None = None,
    kept: Sequence[Path] = (),
    certificates: Sequence[Path] = (),
    sealed: bool = False,
) -> LogReport:
    """Read the log from its beginning.

    ``trusted`` are the keys that we hold ourselves; without them the keys in the vault must
    do, which shows that log and keys fit each other and no more. ``kept`` are notes that were kept
    elsewhere, ``certificates`` files with the roots of timestamp authorities. In a ``sealed`` copy, which
    nobody writes to, every entry must be signed for.
    """
    check = _Check(root=root, vault_id=known_id(root), sealed=sealed)
    for name in LOG_FOLDERS:
        if not (root / name).is_dir():
            check.find(name, "E-LOG-002", "the folder is missing")
    done = numbers(root)
    each = _each(done)
    for number in each:
        _leaves(check, number)
    files = segment_files(root)
    if not files and not check.leaves and (root / SEGMENTS).is_dir():
        check.find(SEGMENTS, "E-LOG-002", "there is no segment at all")
    for name in sorted(check.leaves.keys() - files.keys()):
        check.find(f"{SEGMENTS}/{name}{SUFFIX}", "E-LOG-007", "the segment is missing")
    count = sum(_segment(check, name, path) for name, path in files.items())
    _foreign(check)
    notes = Notes(root=root, vault_id=check.vault_id, lines=check.lines, spoken=check.spoken, find=check.find)
    notes.verify(trusted, each)
    _beginning(check, notes)
    _unsigned(check, notes)
    for one in kept:
        notes.compare(one)
    stamps = countersignatures(root, notes.times, check.spoken, load_certificates(certificates), check.find)
    _strangers(check, each)
    return LogReport(
        segments=len(files), entries=count, checkpoints=len(done), findings=tuple(check.findings),
        unsigned=check.unsigned, countersignatures=stamps.good, unchecked=stamps.unchecked,
    )  # fmt: skip


def known_id(root: Path) -> str:
    """Return the vault's identifier; where it is gone or damaged, which the audit finds, the one that the log gives."""
    try:
        if (known := identity(root)) is not None:
            return known
    except PipelineError:
        pass
    told = {str(entry.facts.get("vault")) for _, entry in entries(root, frozenset({OPENING}))}
    return told.pop() if len(told) == 1 else ""


def _each(done: Sequence[int]) -> Sequence[int]:
    """Return every number up to the last that is there; of very wide gaps the first number alone."""
    last = max(done, default=0)
    if last - len(done) <= _GAPS:
        return range(1, last + 1)
    there = set(done)
    return sorted({1} | there | {one + 1 for one in there if one < last})


def _leaves(check: _Check, number: int) -> None:
    path = path_of(check.root, number, LEAVES)
    where = f"{CHECKPOINTS}/{path.name}"
    check.lines[number] = None
    try:
        lines = leaf_lines(path)
    except OSError:
        check.find(where, "E-LOG-002", "the leaves of a checkpoint are missing")
        return
    except ValueError as err:
        check.find(where, "E-LOG-001", str(err))
        return
    check.lines[number] = lines
    for line in lines:
        try:
            leaf = parse_leaf(line)
        except ValueError as err:
            check.find(where, "E-LOG-001", str(err))
        else:
            check.leaves.setdefault(leaf.segment, []).append((number, leaf))


def _segment(check: _Check, name: str, path: Path) -> int:
    """Check one segment's chain, and where it should stand; return how many entries it has."""
    where = f"{SEGMENTS}/{path.name}"
    leaves = check.leaves.get(name, [])
    signed = leaves[-1][1].place.count if leaves else 0
    counts = [leaf.place.count for _, leaf in leaves]
    marks = {0, *counts} | {count + 1 for count in (0, *counts)}
    try:
        reading = read_segment(path, _BEGINNING, marks=marks, since=signed)
    except OSError as err:
        check.find(where, "E-LOG-002", f"the segment cannot be read: {err.strerror}")
        return 0
    for one in reading.told:
        if one.act == OPENING:
            check.vaults[name] = str(one.facts.get("vault"))
        covered = next((number for number, leaf in leaves if leaf.place.count >= one.count), None)
        check.spoken.append(Spoken(segment=name, act=one.act, facts=one.facts, covered=covered))
    if reading.backwards:
        check.find(where, "E-LOG-010", reading.backwards)
    if reading.fault:
        check.find(where, reading.fault.code, reading.fault.what)
        return reading.place.count
    _against_leaves(check, where, reading, [leaf for _, leaf in leaves])
    for (number, _), before in zip(leaves, (0, *counts), strict=False):
        if before + 1 in reading.marks:
            check.firsts.append((name, number, reading.marks[before + 1].at))
    _tail(check, where, reading, leaves[-1][1].torn if leaves else None)
    check.unsigned += reading.loud
    if (mark := reading.marks.get(signed + 1)) is not None and reading.loud:
        check.late[name] = mark.at
    return reading.place.count


def _against_leaves(check: _Check, where: str, reading: Reading, leaves: list[Leaf]) -> None:
    """Hold a segment against what was signed for; the first difference is enough."""
    for leaf in leaves:
        if leaf.place.count > reading.place.count:
            what = f"{leaf.place.count} entries were signed for, {reading.place.count} are there"
            check.find(where, "E-LOG-002", what)
            return
        if leaf.place.count and reading.marks[leaf.place.count].place != leaf.place:
            what = f"it forks: another entry {leaf.place.count - 1} was signed for than the one that is there"
            check.find(where, "E-LOG-009", what)
            return


def _tail(check: _Check, where: str, reading: Reading, recorded: Tail | None) -> None:
    if recorded and reading.tail != recorded:
        check.find(where, "E-LOG-001", "the unfinished line at its end is not the one that was signed for")
    elif reading.tail and not recorded:
        check.find(where, "E-LOG-005", f"{reading.tail.bytes} bytes of an entry that was never finished")


def _foreign(check: _Check) -> None:
    """Name segments of other vaults, if this is the vault of any: else it is ``vault.json`` that is wrong."""
    if check.vault_id in check.vaults.values():
        for name, vault in check.vaults.items():
            if vault != check.vault_id:
                check.find(f"{SEGMENTS}/{name}{SUFFIX}", "E-LOG-011", "it is of another vault")


def _beginning(check: _Check, notes: Notes) -> None:
    """Hold what the log says of keys and checkpoints against those that are there."""
    made = {str(one.facts.get("key")) for one in check.spoken if one.act == KEY_MADE}
    whole = check.vaults and check.leaves.keys() <= check.vaults.keys()  # else a missing segment may have noted it
    for key in sorted(notes.published - made) if whole else ():
        check.find(SEGMENTS, "E-LOG-002", f"the log's beginning is gone: no entry notes that key {key} was made")
    missed: dict[int, str] = {}
    for one in check.spoken:
        if one.act != SIGNED:
            continue
        number, note = one.facts.get("number", 0), str(one.facts.get("note"))
        if not isinstance(number, int) or number not in notes.digests:
            missed.setdefault(number if isinstance(number, int) else 0, one.segment)
        elif notes.digests[number] != note:
            what = f"it forks: the log knows another checkpoint {number} than the one that is there"
            check.find(f"{CHECKPOINTS}/{number:08}{NOTE}", "E-LOG-009", what)
    for number, segment in sorted(missed.items()):
        if number not in notes.missing:
            what = f"the checkpoint is missing; segment {segment} knows it"
            check.find(f"{CHECKPOINTS}/{number:08}{NOTE}", "E-LOG-002", what)


def _unsigned(check: _Check, notes: Notes) -> None:
    """Name what a checkpoint should have covered and does not; in a sealed copy whatever none covers.

    An entry that says that it is older than a checkpoint which did not cover it was written later.
    """
    told: set[str] = set()
    for name, number, at in check.firsts:
        if (back := seconds_back(notes.times.get(number - 1, ""), at)) > _UNSIGNED_SECONDS and name not in told:
            told.add(name)
            what = f"entries say that they are {back:.0f} seconds older than checkpoint {number - 1}, which lacks them"
            check.find(f"{SEGMENTS}/{name}{SUFFIX}", "E-LOG-010", what)
    newest = max(notes.times.values(), default="")
    for name, at in sorted(check.late.items()):
        where = f"{SEGMENTS}/{name}{SUFFIX}"
        if check.sealed:
            check.find(where, "E-LOG-015", "entries at its end were never signed for")
        elif newest and seconds_back(newest, at) > _UNSIGNED_SECONDS:
            check.find(where, "E-LOG-015", "entries at its end are older than the newest checkpoint and not in it")


def _strangers(check: _Check, each: Sequence[int]) -> None:
    """Name whatever lies in the log's folders and is not the log's."""
    known = {f"{number:08}{suffix}" for number in each for suffix in (NOTE, LEAVES)}
    known.add(f"{max(each, default=0) + 1:08}{LEAVES}")  # an attempt that was interrupted

    def of_checkpoints(name: str) -> bool:
        number, _, authority = name.removesuffix(TOKEN).partition(".")
        token = name.endswith(TOKEN) and f"{number}{NOTE}" in known and AUTHORITY.fullmatch(authority)
        return name in known or bool(token)

    for folder, ours in (
        (SEGMENTS, lambda name: name.endswith(SUFFIX)),
        (CHECKPOINTS, of_checkpoints),
        (PUBLIC, lambda name: name.endswith((".pub", ".fresh"))),
    ):
        there = sorted((check.root / folder).iterdir()) if (check.root / folder).is_dir() else []
        if (check.root / folder).is_symlink():
            check.find(folder, "E-VAULT-004", "a link stands where the folder should")
        for path in there:
            if not ours(path.name) or path.is_symlink() or not path.is_file():
                check.find(f"{folder}/{path.name}", "E-VAULT-004", "not a part of the custody log")
    for path in sorted((check.root / "log").iterdir()) if (check.root / "log").is_dir() else []:
        if f"log/{path.name}" not in {SEGMENTS, CHECKPOINTS, PUBLIC}:
            check.find(f"log/{path.name}", "E-VAULT-004", "not a part of the custody log")
