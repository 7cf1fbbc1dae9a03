"""Notes: the checkpoints of a log verified one after another, and which key may have signed which of them."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.vault.chain import TOLERANCE, seconds_back
from pipeline.vault.entry import GENESIS
from pipeline.vault.files import read_regular
from pipeline.vault.keys import PUBLIC, origin
from pipeline.vault.leaves import CHECKPOINTS, LEAVES, NOTE, numbers, path_of
from pipeline.vault.merkle import Tree
from pipeline.vault.note import Verifier, opened
from pipeline.vault.segments import KEY_MADE, KEY_RETIRED, KEY_REVOKED

Find = Callable[[str, str, str], None]
"""Told of a finding: path, code, what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An entry by which the log speaks of itself, and the first checkpoint that covers it."""

    segment: str
    act: str
    facts: Mapping[str, object]
    covered: int | None


def note_text(vault_id: str, tree: Tree, *, number: int, at: str, prev: str) -> str:
    """Return what is signed: a C2SP checkpoint with three lines of our own."""
    root = base64.b64encode(tree.root()).decode()
    return f"{origin(vault_id)}\n{tree.size}\n{root}\nnumber {number}\nat {at}\nprev {prev}\n"


def is_note(note: bytes, number: int, trusted: dict[str, Verifier]) -> bool:
    """Tell whether a note is that of a checkpoint, by one of these keys: anybody may give a file a number."""
    try:
        text, _ = opened(note, trusted)
    except ValueError:
        return False
    return text.splitlines()[3:4] == [f"number {number}"]


def newest_of(root: Path, trusted: dict[str, Verifier] | None) -> tuple[int, bytes] | None:
    """Return the newest note that is one, and its number; without ``trusted`` the one of the highest number."""
    for number in reversed(numbers(root)):
        try:
            note = read_regular(path_of(root, number, NOTE))
        except OSError:  # verification names it
            continue
        if trusted is None or is_note(note, number, trusted):
            return number, note
    return None


@dataclass(kw_only=True)
class Notes:
    """All notes of one log; what they turned out to be is known after ``verify``."""

    root: Path
    vault_id: str
    lines: dict[int, list[bytes] | None]
    spoken: list[Spoken]
    find: Find
    digests: dict[int, str] = field(default_factory=dict)
    """The digest of each note that is there."""
    times: dict[int, str] = field(default_factory=dict)
    """When each note that verifies says that it was made."""
    missing: set[int] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    """The ids of the public keys in the vault."""
    _signers: dict[int, str] = field(default_factory=dict)
    _known: dict[str, Verifier] = field(default_factory=dict)
    _tree: Tree = field(default_factory=Tree)
    _tree_broken: bool = False

    def verify(self, trusted: dict[str, Verifier] | None, each: Sequence[int]) -> None:
        """Check the notes of these numbers; each key must be trusted, or have been introduced under one that was."""
        there = self._published()
        self.published = {path.stem for path in (self.root / PUBLIC).glob("*.pub")}
        self._known = dict(trusted) if trusted is not None else self._founding(there, each)
        introduced = self._introduced()
        prev, latest = GENESIS, ""
        for number in each:
            prev = self._note(number, prev)
            if (at := self.times.get(number)) is not None:
                if (back := seconds_back(latest, at)) > TOLERANCE:
                    what = f"it was made {back:.0f} seconds before the one that it follows"
                    self.find(_where(number), "E-LOG-010", what)
                latest = max(latest, at)
                self._known |= {one.id: one for one in introduced.get(number, ()) if one.id not in self._known}
        for key in sorted(there.keys()):
            if self._known.get(key) != there[key]:
                self.find(f"{PUBLIC}/{key}.pub", "E-LOG-003", "the public key is not one of ours")
        self._ended(introduced, set(trusted or {}))

    def compare(self, file: Path) -> None:
        """Hold a note that was kept elsewhere against the log: it must be one of these."""
        try:
            note = file.read_bytes()
            text, _ = opened(note, self._known)
            number = int(text.splitlines()[3].removeprefix("number "))
        except OSError as err:
            self.find(str(file), "E-LOG-003", f"the note that was kept cannot be read: {err.strerror}")
            return
        except (ValueError, IndexError):
            self.find(str(file), "E-LOG-003", "the note that was kept is not signed by a key of this vault")
            return
        there = self.digests.get(number)
        if there is None and number > max(self.digests, default=0):
            what = f"a note kept elsewhere is of checkpoint {number}; the log ends at {max(self.digests, default=0)}"
            self.find(_where(number), "E-LOG-013", what)
        elif there is not None and there != hashlib.sha256(note).hexdigest():
            self.find(_where(number), "E-LOG-009", "it forks: another checkpoint of this number was kept elsewhere")

    def _published(self) -> dict[str, Verifier]:
        """Read the public keys in the vault."""
        found = {}
        one: Verifier | None
        for path in sorted((self.root / PUBLIC).glob("*.pub")):
            try:
                one = Verifier.parsed(read_regular(path).decode("ascii"))
            except (ValueError, OSError):
                one = None
            if one is None or one.id != path.stem:
                self.find(f"{PUBLIC}/{path.name}", "E-LOG-003", "the public key is damaged")
            else:
                found[one.id] = one
        return found

    def _founding(self, there: dict[str, Verifier], each: Sequence[int]) -> dict[str, Verifier]:
        """Take a mere copy at its word: the key that signed first is the founding one."""
        for number in each:
            try:
                _, key_id = opened(read_regular(path_of(self.root, number, NOTE)), there)
            except (ValueError, OSError):
                continue
            return {key_id: there[key_id]}
        return there

    def _introduced(self) -> dict[int, list[Verifier]]:
        """Return the keys that entries introduce, by the checkpoint that covers the entry."""
        found: dict[int, list[Verifier]] = {}
        for one in self.spoken:
            if one.act == KEY_MADE and one.covered is not None and isinstance(public := one.facts.get("public"), str):
                try:
                    key = Verifier(name=origin(self.vault_id), key=bytes.fromhex(public))
                except ValueError:
                    continue
                if key.id == one.facts.get("key"):
                    found.setdefault(one.covered, []).append(key)
        return found

    def _note(self, number: int, prev: str) -> str:
        """Check one note against the leaves; return its digest, which the next one names."""
        self._grow(number)
        where = _where(number)
        try:
            note = read_regular(path_of(self.root, number, NOTE))
        except OSError:
            self.find(where, "E-LOG-006", "the checkpoint is missing, and later ones are there")
            self.missing.add(number)
            return ""
        digest = self.digests[number] = hashlib.sha256(note).hexdigest()
        try:
            text, key_id = opened(note, self._known)
        except ValueError as err:
            self.find(where, "E-LOG-003", str(err))
            return digest
        if key_id not in self.published:
            self.find(f"{PUBLIC}/{key_id}.pub", "E-LOG-003", "the public key of a checkpoint is missing")
            self.published.add(key_id)
        said = text.splitlines()
        at = next((line[3:] for line in said if line.startswith("at ")), "")
        self.times[number], self._signers[number] = at, key_id
        expected = note_text(self.vault_id, self._tree, number=number, at=at, prev=prev or _told(said)).splitlines()
        if said == expected:
            return digest
        if said[3:4] != expected[3:4]:
            self.find(where, "E-LOG-008", f"it is not checkpoint {number}")
        elif said[5:6] != expected[5:6]:
            self.find(where, "E-LOG-009", "it forks: it follows from another checkpoint than the one before it")
        elif said[1:3] != expected[1:3] and not self._tree_broken:  # the signature holds, so the leaves do not
            leaves = f"{CHECKPOINTS}/{path_of(self.root, number, LEAVES).name}"
            self.find(leaves, "E-LOG-001", "they are not the leaves that were signed for")
            self._tree_broken = True  # those after it rest on the same tree: one finding is enough
        elif not self._tree_broken:
            self.find(where, "E-LOG-011", "it is not a checkpoint of this vault")
        return digest

    def _grow(self, number: int) -> None:
        if (lines := self.lines.get(number)) is None:
            self._tree_broken = True
            return
        for line in lines:
            self._tree.add(line)

    def _ended(self, introduced: dict[int, list[Verifier]], trusted: set[str]) -> None:
        """Name what a key signed after it was revoked or retired, and the keys that it introduced then."""
        retired, revoked = self._said(KEY_RETIRED), self._said(KEY_REVOKED)
        ends = {key: (max(after), "retired") for key, after in retired.items()}
        for key, after in revoked.items():
            ends[key] = min((min(after), "revoked"), ends.get(key, (min(after), "revoked")))
        for number, key in sorted(self._signers.items()):
            if key in ends and number > ends[key][0]:
                what = f"signed with key {key}, which was {ends[key][1]} after checkpoint {ends[key][0]}"
                self.find(_where(number), "E-LOG-012", what)
                for made in introduced.get(number, ()):
                    if made.id not in trusted:
                        what = f"introduced under key {key} after that was {ends[key][1]}"
                        self.find(f"{PUBLIC}/{made.id}.pub", "E-LOG-012", what)

    def _said(self, act: str) -> dict[str, list[int]]:
        """Return after which checkpoints the log says that each key was retired, or revoked."""
        found: dict[str, list[int]] = {}
        for one in self.spoken:
            after = one.facts.get("after")
            if one.act == act and one.covered in self.times and isinstance(after, int):
                found.setdefault(str(one.facts.get("key")), []).append(after)
        return found


def _where(number: int) -> str:
    return f"{CHECKPOINTS}/{number:08}{NOTE}"


def _told(said: list[str]) -> str:
    """Return the digest that a note gives of the one before it: nobody can check it where that one is gone."""
    return next((line[5:] for line in said if line.startswith("prev ")), "")
