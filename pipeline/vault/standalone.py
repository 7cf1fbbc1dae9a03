"""Verifier: checks a copy of a vault, log and objects; one file that needs only Python 3.11 and ``cryptography``.

    python3 verifier.py VAULT --key KEY.pub [--note KEPT.note] [--certificate ROOT.pem] [--partial] [--sealed] [--json]

It reads and never writes, and asks no network. KEY.pub is a public key that did not come with the copy, or
its line of text; without one, log and keys are only shown to fit each other. It ends with 0 when nothing is
wrong, 1 with findings, 2 when it could not look. What it checks is specified in docs/format.md; of the software
that writes vaults it shares only the reading of timestamp tokens, so that either may be wrong without the other.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID

ZERO = "0" * 64
ASSET = "urn:evidence:asset:"
QUIET = {"segment.open", "log.checkpoint"}
CLOCK, UNSIGNED = 120.0, 600.0
MEMBERS = {"act", "actor", "at", "facts", "prev", "seq", "subject", "sum"}
TSA_HASHES: dict[str, Any] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256, "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}  # fmt: skip
MALFORMED = (
    IndexError, KeyError, TypeError, OverflowError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound,
    x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""What is raised by a token or a certificate that is not as it should be, besides ``ValueError``."""

SAID: dict[str, tuple[tuple[str, type], ...]] = {
    "vault.create": (("root", str), ("version", int), ("inventory", str)),
    "vault.version": (("root", str), ("version", int), ("inventory", str)),
    "vault.dispose": (("root", str), ("inventories", list)), "segment.open": (("segment", str), ("vault", str)),
    "key.made": (("key", str),), "key.retired": (("key", str), ("after", int)),
    "key.revoked": (("key", str), ("after", int)), "log.checkpoint": (("number", int), ("note", str)),
    "log.timestamp": (("number", int), ("authority", str), ("token", str)),
}  # fmt: skip
"""The facts of the acts that have a meaning here."""
GAPS, LARGEST = 10_000, 1 << 28
"""More checkpoints than this are not missing: a far number was slipped in. No inventory is larger than that."""

Json = dict[str, Any]
Head = tuple[str, int]
"""The digest of an entry, and where it ends."""

Der = list[tuple[int, bytes, bytes]]
"""Members of a DER value: tag, contents, and the whole."""


def sha256(data: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def opened(path: Path) -> BufferedReader:
    """Open a regular file; whatever else stands there, as a pipe that nobody fills, is an ``OSError``."""
    if not path.is_file():
        raise FileNotFoundError(2, "no regular file", str(path))
    return path.open("rb")


def data_of(path: Path, most: int | None = None) -> bytes:
    """Read a regular file as a whole; one of more than ``most`` bytes is an ``OSError``."""
    with opened(path) as file:
        if most is not None and path.stat().st_size > most:
            raise OSError(27, "larger than it can be", str(path))
        return file.read()


def whole_of(data: bytes) -> Json:
    """Read an inventory; ``ValueError`` when it has not the form of one."""
    try:
        body = json.loads(data)
        states = [one["state"] for one in body["versions"].values()]
        maps = [body["manifest"], *body.get("fixity", {}).values(), *states]
        lists = [names for one in maps for names in one.values()]
        texts = [body["id"], body["head"], *(name for names in lists for name in names)]
    except (KeyError, TypeError, AttributeError, RecursionError) as err:
        raise ValueError("not an inventory") from err
    whole = all(isinstance(one, str) for one in texts) and all(isinstance(one, list) for one in lists)
    if not (whole and body["manifest"] and body["versions"]):
        raise ValueError("not an inventory")
    body["id"].encode()  # half a character is no text
    return dict(body)


def leaf_of(leaf: Json) -> tuple[str, list[tuple[int, Json]]]:
    """Return a leaf's segment, and that nothing is known of it yet; ``TypeError`` when it is no leaf."""
    kinds = [type(leaf[name]) for name in ("segment", "count", "bytes", "head")]
    if kinds != [str, int, int, str] or "torn" not in leaf:
        raise TypeError("not a leaf")
    return leaf["segment"], []


def sound(entry: Json) -> bool:
    """Tell whether an entry has the facts that its act needs, each of its kind."""
    facts, due = entry["facts"], SAID.get(entry["act"], ())
    whole = all(isinstance(facts.get(name), kind) for name, kind in due)
    texts = all(isinstance(one, str) for one in facts.get("inventories") or ()) if whole else False
    named = isinstance(entry["subject"], str) or not entry["act"].startswith("vault.")
    public = facts.get("public", "") if entry["act"] == "key.made" else ""
    return whole and texts and named and bool(re.fullmatch("[0-9a-f]{64}|", str(public)))


def back(earlier: str, later: str) -> float:
    """Return by how many seconds ``later`` lies before ``earlier``."""
    try:
        return (datetime.fromisoformat(earlier) - datetime.fromisoformat(later)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def entry_of(line: bytes) -> Json | None:
    """Read one line of a segment; ``None`` when it is not spelled as it was written."""
    try:
        body: Json = json.loads(line)
        told = body.pop("sum")
        spelled = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        whole = spelled[:-1] + b',"sum":"%s"}' % sha256(spelled)[:16].encode()
        good = {*body, "sum"} == MEMBERS and told == sha256(spelled)[:16] and whole == line
        return body if good and isinstance(body["facts"], dict) and isinstance(body["seq"], int) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


class Log:
    """The custody log of one copy."""

    def __init__(self, root: Path, vault_id: str, findings: list[Json], anchors: dict[str, tuple[str, bytes]]) -> None:
        self.root, self.vault_id, self.findings, self.anchors = root, vault_id, findings, anchors
        self.name = f"evidence-vault/{vault_id}"
        self.leaves: dict[str, list[tuple[int, Json]]] = {}
        self.lines: dict[int, list[bytes] | None] = {}
        self.told: list[tuple[int | None, str, Json]] = []
        self.logged: dict[tuple[str, str], dict[int, set[str]]] = {}
        self.disposed: dict[tuple[str, str], set[str]] = {}
        self.notes: dict[int, bytes] = {}
        self.times: dict[int, str] = {}
        self.late: dict[str, str] = {}
        self.firsts: list[tuple[str, int, str]] = []
        self.each: list[int] = []
        self.opened: dict[str, str] = {}
        self.entries = self.unsigned = self.tokens = self.last = 0

    def find(self, path: str, code: str, what: str) -> None:
        """Note a finding."""
        self.findings.append({"path": path, "code": code, "what": what})

    def read(self, kept: list[Path], certificates: list[x509.Certificate], *, sealed: bool) -> None:
        """Verify everything."""
        place = self.root / "log/checkpoints"
        stems = [path.stem for path in place.glob("*.note")]
        there = {int(stem) for stem in stems if re.fullmatch("[0-9]+", stem)}
        self.last = max(there, default=0)
        self.each = list(range(1, self.last + 1)) if self.last - len(there) <= GAPS else sorted(
            {1} | there | {one + 1 for one in there if one < self.last}
        )  # fmt: skip
        for number in self.each:
            self.read_leaves(number)
        files = {path.stem: path for path in sorted((self.root / "log/segments").glob("*.jsonl"))}
        self.whole()
        if not files and not self.leaves:
            self.find("log/segments", "E-LOG-002", "there is no segment")
        for name in sorted(self.leaves.keys() - files.keys()):
            self.find(f"log/segments/{name}.jsonl", "E-LOG-007", "the segment is missing")
        for name, path in files.items():
            if path.is_file():
                self.segment(name, path)
            else:
                self.find(f"log/segments/{path.name}", "E-LOG-002", "the segment cannot be read")
        if self.vault_id in self.opened.values():
            for name in (name for name, vault in self.opened.items() if vault != self.vault_id):
                self.find(f"log/segments/{name}.jsonl", "E-LOG-011", "it is of another vault")
        known = self.checkpoints()
        self.late_entries(sealed=sealed)
        for file in kept:
            self.compare(file, known)
        for path in sorted(place.glob("*.tsr")):
            self.token(path, certificates)
        self.known_tokens()

    def known_tokens(self) -> None:
        """Name countersignatures that the log knows and that are gone, or others."""
        for facts in (facts for _, act, facts in self.told if act == "log.timestamp"):
            token = f"log/checkpoints/{facts['number']:08}.{facts['authority']}.tsr"
            if not (self.root / token).is_file():
                self.find(token, "E-LOG-002", "the countersignature is missing")
            elif sha256(data_of(self.root / token)) != facts["token"]:
                self.find(token, "E-LOG-014", "it is not the countersignature that the log knows")

    def whole(self) -> None:
        """Name folders of the log that are gone, and files that are none of its."""
        ours = re.compile(
            r"segments/[^/]+\.jsonl|keys/[^/]+\.(pub|fresh)|checkpoints/[0-9]{8}\.(note|leaves|[a-z0-9_-]+\.tsr)"
        )
        for name in ("log/segments", "log/checkpoints", "log/keys"):
            if not (self.root / name).is_dir():
                self.find(name, "E-LOG-002", "the folder is missing")
        for path in (self.root / one for one in ("vault.json", "log", "objects", "registers")):
            if path.is_symlink():
                self.find(path.name, "E-VAULT-004", "a link stands where it should")
        for path in sorted(path for path in (self.root / "log").rglob("*") if path.is_symlink() or not path.is_dir()):
            name = path.relative_to(self.root / "log").as_posix()
            number = path.name[:8] if name.startswith("checkpoints/") else "0"
            late = int(number) > self.last + (path.suffix == ".leaves") if re.fullmatch("[0-9]+", number) else True
            if not ours.fullmatch(name) or path.is_symlink() or not path.is_file() or late:
                self.find(f"log/{name}", "E-VAULT-004", "not a part of the custody log")

    def read_leaves(self, number: int) -> None:
        """Read how far each segment reached at a checkpoint."""
        where = f"log/checkpoints/{number:08}.leaves"
        self.lines[number] = None
        try:
            *lines, rest = data_of(self.root / where).split(b"\n")
            leaves = [json.loads(line) for line in lines]
            for leaf in leaves:
                self.leaves.setdefault(*leaf_of(leaf)).append((number, leaf))
        except OSError:
            self.find(where, "E-LOG-002", "the leaves of a checkpoint are missing")
        except (ValueError, KeyError, TypeError, RecursionError):
            self.find(where, "E-LOG-001", "not a list of leaves")
        else:
            self.lines[number] = lines
            if rest:
                self.find(where, "E-LOG-001", "the last leaf is not whole")

    def segment(self, name: str, path: Path) -> None:
        """Follow one chain, and hold it against what was signed for."""
        where, leaves = f"log/segments/{name}.jsonl", self.leaves.get(name, [])
        signed = leaves[-1][1]["count"] if leaves else 0
        heads: dict[int, Head] = {leaf["count"]: ("", -1) for _, leaf in leaves}
        begins: dict[int, list[int]] = {}
        for (number, _), before in zip(leaves, [0, *(leaf["count"] for _, leaf in leaves)], strict=False):
            begins.setdefault(before + 1, []).append(number)
        count, size, prev, at, loud, tail, clock = 0, 0, ZERO, "", 0, b"", False
        with opened(path) as file:
            for line in file:
                if not line.endswith(b"\n"):
                    tail = line
                    break
                entry = entry_of(line[:-1])
                if entry is None or (entry["seq"], entry["prev"]) != (count, prev) or self.misplaced(name, entry):
                    self.broken(where, name, entry, count, list(file))
                    self.entries += count
                    return
                count, size, prev = count + 1, size + len(line), sha256(line[:-1])
                if count in heads:
                    heads[count] = prev, size
                if back(at, entry["at"]) > CLOCK and not clock:
                    clock = True
                    self.find(where, "E-LOG-010", f"entry {count - 1} is older than the one that it follows")
                at = entry["at"]
                self.firsts += [(name, number, at) for number in begins.get(count, ())]
                self.take(where, entry, next((number for number, leaf in leaves if leaf["count"] >= count), None))
                if count > signed and entry["act"] not in QUIET:
                    loud, self.late[name] = loud + 1, self.late.get(name) or at
        self.entries, self.unsigned = self.entries + count, self.unsigned + loud
        self.against(where, leaves, heads, count)
        torn = leaves[-1][1]["torn"] if leaves else None
        if torn and torn != {"bytes": len(tail), "sha256": sha256(tail)}:
            self.find(where, "E-LOG-001", "the unfinished line at its end is not the one that was signed for")
        elif tail and not torn:
            self.find(where, "E-LOG-005", f"{len(tail)} bytes of an entry that was never finished")

    def against(self, where: str, leaves: list[tuple[int, Json]], heads: dict[int, Head], count: int) -> None:
        """Hold a chain against its leaves; the first difference is enough."""
        for _, leaf in leaves:
            if leaf["count"] > count:
                self.find(where, "E-LOG-002", f"{leaf['count']} entries were signed for, {count} are there")
                return
            if leaf["count"] and heads[leaf["count"]] != (leaf["head"], leaf["bytes"]):
                self.find(where, "E-LOG-009", f"it forks: another entry {leaf['count'] - 1} was signed for")
                return

    def misplaced(self, name: str, entry: Json) -> bool:
        """Tell whether an entry opens another segment, or this one a second time, or should open it and does not."""
        opens = entry["act"] == "segment.open" and entry["facts"].get("segment") == name
        return bool((entry["seq"] == 0) != opens)

    def broken(self, where: str, name: str, entry: Json | None, due: int, rest: list[bytes]) -> None:
        """Tell what was done where a line does not follow from the one before."""
        if entry is None:
            self.find(where, "E-LOG-001", f"line {due + 1} is not an entry as it was written")
        elif entry["seq"] == due == 0 and entry["act"] == "segment.open" and entry["prev"] == ZERO:
            other = self.root / f"log/segments/{entry['facts'].get('segment')}.jsonl"
            first = data_of(self.root / where).split(b"\n")[0]
            if other.is_file() and data_of(other).split(b"\n")[0] == first:
                self.find(where, "E-LOG-009", f"it forks: segment {other.stem} begins with the same entry")
            else:
                self.find(where, "E-LOG-011", f"it was opened as segment {other.stem}, not {name}")
        elif entry["seq"] == due:
            self.find(where, "E-LOG-001", f"entry {due} does not follow from the one before")
        elif entry["seq"] < due:
            self.find(where, "E-LOG-009", f"it forks: behind entry {due - 1} stands another entry {entry['seq']}")
        elif any((one := entry_of(line[:-1])) is not None and one["seq"] == due for line in rest):
            self.find(where, "E-LOG-008", f"entry {entry['seq']} stands where entry {due} belongs, which comes later")
        else:
            self.find(where, "E-LOG-006", f"entries {due} to {entry['seq'] - 1} are missing")

    def take(self, where: str, entry: Json, covered: int | None) -> None:
        """Remember what an entry says of versions, keys, checkpoints."""
        act, facts = entry["act"], entry["facts"]
        if not sound(entry):
            self.find(where, "E-LOG-001", f"entry {entry['seq']} has not the facts of its act")
            return
        if act in {"vault.create", "vault.version"}:
            versions = self.logged.setdefault((facts["root"], entry["subject"]), {})
            versions.setdefault(facts["version"], set()).add(facts["inventory"])
        elif act == "vault.dispose":
            self.disposed.setdefault((facts["root"], entry["subject"]), set()).update(facts["inventories"])
        elif act == "segment.open":
            self.opened[facts["segment"]] = facts["vault"]
        elif act.startswith(("key.", "log.")):
            self.told.append((covered, act, facts))

    def checkpoints(self) -> dict[str, tuple[str, bytes]]:
        """Verify every note, and who signed it; return the keys that are trusted in the end."""
        there, known = self.public_keys(), dict(self.anchors)
        signers: dict[int, str] = {}
        size, full, prev, whole = 0, list[bytes](), ZERO, True
        for number in self.each:
            where = f"log/checkpoints/{number:08}.note"
            for line in self.lines[number] or ():
                size = grown(full, size, hashlib.sha256(b"\x00" + line).digest())
            whole = whole and self.lines[number] is not None
            try:
                note = self.notes[number] = data_of(self.root / where)
            except OSError:
                self.find(where, "E-LOG-006", "the checkpoint is missing, and later ones are there")
                prev = ""
                continue
            if not known and (first := signer_of(note, there)):
                known = {first[0]: there[first[0]]}
            if (signed := signer_of(note, known)) is None:
                self.find(where, "E-LOG-003", "no key that is known signed it")
            else:
                signers[number] = signed[0]
                whole = self.one_note(number, signed[1].splitlines(), size, root_of(full), prev, whole=whole)
                for covered, act, facts in self.told:
                    if act == "key.made" and covered == number and "public" in facts:
                        known.setdefault(facts["key"], (self.name, bytes.fromhex(facts["public"])))
            prev = sha256(note)
        for key in sorted(there):
            if known.get(key) != there[key]:
                self.find(f"log/keys/{key}.pub", "E-LOG-003", "the public key is not one of the vault's")
        self.against_log(there, signers)
        return known

    def one_note(self, number: int, said: list[str], size: int, root: bytes, prev: str, *, whole: bool) -> bool:
        """Hold a note's text against what it should say; return whether the tree is still what was signed for."""
        where = f"log/checkpoints/{number:08}.note"
        at = said[4].removeprefix("at ") if len(said) > 4 else ""  # noqa: PLR2004
        if back(max(self.times.values(), default=""), at) > CLOCK:
            self.find(where, "E-LOG-010", "it was made before the one that it follows")
        self.times[number] = at
        if said[0] != self.name:
            self.find(where, "E-LOG-011", "it is not a checkpoint of this vault")
        elif said[3:4] != [f"number {number}"]:
            self.find(where, "E-LOG-008", f"it is not checkpoint {number}")
        elif prev and said[5:6] != [f"prev {prev}"]:
            self.find(where, "E-LOG-009", "it forks: it follows from another checkpoint than the one before it")
        elif whole and said[1:3] != [str(size), base64.b64encode(root).decode()]:
            self.find(f"log/checkpoints/{number:08}.leaves", "E-LOG-001", "not the leaves that were signed for")
            return False
        return whole

    def public_keys(self) -> dict[str, tuple[str, bytes]]:
        """Read the public keys in the copy."""
        found = {}
        for path in sorted((self.root / "log/keys").glob("*.pub")):
            try:
                key_id, key = key_of(data_of(path).decode("ascii"))
            except (ValueError, OSError):
                key_id, key = "", ("", b"")
            if key_id == path.stem:
                found[key_id] = key
            else:
                self.find(f"log/keys/{path.name}", "E-LOG-003", "the public key is damaged")
        return found

    def against_log(self, there: dict[str, tuple[str, bytes]], signers: dict[int, str]) -> None:
        """Hold keys and notes against what the log says of them."""
        made = {facts.get("key") for _, act, facts in self.told if act == "key.made"}
        for key in sorted(there.keys() - made) if self.leaves.keys() <= self.opened.keys() else ():
            self.find(
                "log/segments", "E-LOG-002", f"the log's beginning is gone: nothing notes the making of key {key}"
            )
        for key in sorted(set(signers.values()) - there.keys()):
            self.find(f"log/keys/{key}.pub", "E-LOG-003", "the public key of a checkpoint is missing")
        for number, note in sorted({(f["number"], f["note"]) for _, act, f in self.told if act == "log.checkpoint"}):
            where = f"log/checkpoints/{number:08}.note"
            if number not in self.notes and number > self.last:
                self.find(where, "E-LOG-002", "the checkpoint is missing; a segment knows it")
            elif number in self.notes and sha256(self.notes[number]) != note:
                self.find(where, "E-LOG-009", "it forks: the log knows another checkpoint of this number")
        for covered, act, facts in self.told:
            if act in {"key.retired", "key.revoked"} and covered in self.times:
                again = act == "key.retired" and any(
                    one == act and other["key"] == facts["key"] and other["after"] > facts["after"]
                    for _, one, other in self.told
                )
                for number in (n for n, key in signers.items() if key == facts["key"] and n > facts["after"]):
                    if not again:
                        what = f"signed with key {facts['key']} after that was {act[4:]}"
                        self.find(f"log/checkpoints/{number:08}.note", "E-LOG-012", what)

    def late_entries(self, *, sealed: bool) -> None:
        """Name what a checkpoint should have covered and does not."""
        newest = max(self.times.values(), default="")
        told = {name: number for name, number, at in self.firsts if back(self.times.get(number - 1, ""), at) > UNSIGNED}
        for name, number in sorted(told.items()):
            what = f"entries say that they are older than checkpoint {number - 1}, which lacks them"
            self.find(f"log/segments/{name}.jsonl", "E-LOG-010", what)
        for name, at in sorted(self.late.items()):
            if sealed or back(newest, at) > UNSIGNED:
                self.find(f"log/segments/{name}.jsonl", "E-LOG-015", "entries at its end were never signed for")

    def compare(self, file: Path, known: dict[str, tuple[str, bytes]]) -> None:
        """Hold a note that was kept elsewhere against the log."""
        note = file.read_bytes()
        if (signed := signer_of(note, known)) is None:
            self.find(str(file), "E-LOG-003", "the note that was kept is not signed by a key of this vault")
            return
        number = int(signed[1].splitlines()[3].removeprefix("number "))
        where = f"log/checkpoints/{number:08}.note"
        if number > self.last:
            self.find(where, "E-LOG-013", f"the log ends at {self.last}; a note kept elsewhere is of {number}")
        elif number in self.notes and self.notes[number] != note:
            self.find(where, "E-LOG-009", "it forks: another checkpoint of this number was kept elsewhere")

    def token(self, path: Path, certificates: list[x509.Certificate]) -> None:
        """Check one countersignature."""
        where, number = f"log/checkpoints/{path.name}", path.name.partition(".")[0]
        try:
            note = self.notes[int(number)]
            at = vouched(data_of(path), note, certificates)
        except (KeyError, OSError):
            self.find(where, "E-LOG-014", "there is no such checkpoint")
        except ValueError as err:
            self.find(where, "E-LOG-014", f"the countersignature does not verify: {err}")
        else:
            self.tokens += 1
            made = self.times.get(int(number), "")
            if made and back(made, at.isoformat()) > CLOCK:
                self.find(f"log/checkpoints/{number}.note", "E-LOG-010", "an authority saw it before it was made")


def grown(full: list[bytes], size: int, node: bytes) -> int:
    """Add a leaf to the roots of the full subtrees (RFC 6962); return how many leaves there are."""
    size, count = size + 1, size + 1
    while count % 2 == 0:
        node, count = hashlib.sha256(b"\x01" + full.pop() + node).digest(), count // 2
    full.append(node)
    return size


def root_of(full: list[bytes]) -> bytes:
    """Return the digest of the tree (RFC 6962)."""
    if not full:
        return hashlib.sha256(b"").digest()
    node = full[-1]
    for left in reversed(full[:-1]):
        node = hashlib.sha256(b"\x01" + left + node).digest()
    return node


def key_of(text: str) -> tuple[str, tuple[str, bytes]]:
    """Read a public key: its id, and its name with the key."""
    name, key_id, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[:1] != b"\x01" or sha256(name.encode() + b"\n" + raw)[:8] != key_id:
        raise ValueError("not an Ed25519 key, or damaged")
    return key_id, (name, raw[1:])


def signer_of(note: bytes, keys: dict[str, tuple[str, bytes]]) -> tuple[str, str] | None:
    """Return which of these keys signed a note, and the note's text; ``None`` when none did."""
    try:
        text, _, signatures = note.decode().rpartition("\n\n")
        for line in signatures.splitlines():
            dash, name, encoded = line.split(" ")
            raw = base64.b64decode(encoded, validate=True)
            if dash == "\u2014" and (key := keys.get(raw[:4].hex())) is not None and key[0] == name:
                Ed25519PublicKey.from_public_bytes(key[1]).verify(raw[4:], f"{text}\n".encode())
                return raw[:4].hex(), f"{text}\n"
    except (ValueError, InvalidSignature):
        pass
    return None


def der(data: bytes) -> Der:
    """Return the members of a DER value's contents."""
    found, at = list[tuple[int, bytes, bytes]](), 0
    while at < len(data):
        begin, length, head = at, data[at + 1], at + 2
        if length > 127:  # noqa: PLR2004 (the long form)
            head += length - 128
            length = int.from_bytes(data[at + 2 : head])
        at = head + length
        if at > len(data):
            raise ValueError("not DER")
        found.append((data[begin], data[head:at], data[begin:at]))
    return found


def oid(contents: bytes) -> str:
    """Spell an object identifier."""
    arcs, value = [str(min(contents[0] // 40, 2)), str(contents[0] - 40 * min(contents[0] // 40, 2))], 0
    for byte in contents[1:]:
        value = value << 7 | byte & 127
        if byte < 128:  # noqa: PLR2004 (the last of its arc)
            arcs, value = [*arcs, str(value)], 0
    return ".".join(arcs)


def token_of(answer: bytes) -> tuple[Der, bytes, Der]:
    """Open an authority's answer: what is signed, what it says, and that in its members (TSTInfo of RFC 3161)."""
    try:
        status, *rest = der(der(answer)[0][1])
        if der(status[1])[0][1] not in {b"\x00", b"\x01"} or not rest:
            raise ValueError("the authority refused")
        signed = der(der(der(rest[0][1])[1][1])[0][1])
        content = der(der(signed[2][1])[1][1])[0][1]
        return signed, content, der(der(content)[0][1])
    except (IndexError, OverflowError) as err:
        raise ValueError("not an answer to a timestamp request") from err


def vouched(answer: bytes, note: bytes, roots: list[x509.Certificate]) -> datetime:
    """Return when an authority saw a note; ``ValueError`` where its token is not of it, or leads to none of ``roots``.

    Without ``roots`` the authority is not checked. Certificates count that were valid at that time.
    """
    signed, content, info = token_of(answer)
    try:
        imprint = der(info[2][1])
        if digest(oid(der(imprint[0][1])[0][1]), note) != imprint[1][1]:
            raise ValueError("it is of something else")
        told = info[4][1].decode().split(".")[0].rstrip("Z")
        at = datetime.strptime(told, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        if roots:
            bundle = next((one[1] for one in signed if one[0] == 0xA0), b"")  # noqa: PLR2004 ([0])
            certificates = [x509.load_der_x509_certificate(one[2]) for one in der(bundle)]
            check_signer(der(der(signed[-1][1])[0][1]), content, certificates, roots, at)
    except MALFORMED as err:
        raise ValueError("its signature does not verify, or it has none that is known here") from err
    return at


def digest(algorithm: str, data: bytes) -> bytes:
    """Digest with the algorithm of this identifier."""
    if algorithm not in TSA_HASHES:
        raise ValueError(f"digest {algorithm} is not known here")
    made = hashes.Hash(TSA_HASHES[algorithm]())
    made.update(data)
    return made.finalize()


def check_signer(
    signer: Der, content: bytes, there: list[x509.Certificate], roots: list[x509.Certificate], at: datetime
) -> None:
    """Check the signature of a token, and the way from its certificate to a root; ``ValueError`` where it fails."""
    issuer, serial = der(signer[1][1])
    number = int.from_bytes(serial[1])
    algorithm, attributes = oid(der(signer[2][1])[0][1]), signer[3]
    values = {oid((one := der(each[1]))[0][1]): der(one[1][1])[0] for each in der(attributes[1])}
    if values["1.2.840.113549.1.9.4"][1] != digest(algorithm, content):
        raise ValueError("its contents are not those that were signed")
    found = [
        one for one in (*there, *roots) if (one.serial_number, one.issuer.public_bytes()) == (number, issuer[2])
    ]  # fmt: skip
    if not found:
        raise ValueError("the authority's certificate is missing")
    key, data, signature = found[0].public_key(), b"\x31" + attributes[2][1:], signer[5][1]
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), TSA_HASHES[algorithm]())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(TSA_HASHES[algorithm]()))
    else:
        raise ValueError(f"signatures by {type(key).__name__} are not known here")  # noqa: TRY004 (of the token)
    usage = found[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError("the certificate is not one for timestamps")
    climb(found[0], there, roots, at)


def climb(one: x509.Certificate, there: list[x509.Certificate], roots: list[x509.Certificate], at: datetime) -> None:
    """Go from a certificate to a root; each must have been valid then."""
    for _ in range(8):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise ValueError("a certificate was not valid then")
        if one in roots:
            return
        one = next((up for up in (*roots, *there) if issued(one, up)), one)
    raise ValueError("no root certificate that was given leads to it")


def issued(one: x509.Certificate, up: x509.Certificate) -> bool:
    """Tell whether one certificate was issued by another that may issue."""
    try:
        one.verify_directly_issued_by(up)
        return one != up and up.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False


class Objects:
    """The storage roots of one copy (OCFL 1.1)."""

    def __init__(self, root: Path, findings: list[Json]) -> None:
        self.root, self.findings = root, findings
        self.seen: dict[tuple[str, str], dict[int, str]] = {}
        self.places: dict[tuple[str, str], str] = {}
        self.files = self.bytes = 0

    def find(self, path: Path, code: str, what: str) -> None:
        """Note a finding."""
        self.findings.append({"path": path.relative_to(self.root).as_posix(), "code": code, "what": what})

    def read(self) -> None:
        """Read every byte."""
        for name in ("objects", "registers"):
            base = self.root / name
            folders = {mark.parent for mark in base.rglob("0=ocfl_object_1.1")}
            for folder in sorted(folders):
                self.object(name, folder)
            for path in sorted(base.rglob("*")):
                inside = any(parent in folders for parent in (path, *path.parents))
                of_root = path.relative_to(base).parts[0] in {"0=ocfl_1.1", "ocfl_layout.json", "extensions"}
                if path.is_symlink() or (path.is_file() and not inside and not of_root):
                    self.find(path, "E-VAULT-004", "not a part of the vault")
                elif path.is_dir() and not any(path.iterdir()):
                    self.find(path, "E-VAULT-002", "an empty folder")

    def object(self, name: str, folder: Path) -> None:
        """Read one object: its inventories, then every file that the newest names."""
        there = (path for path in folder.glob("v*") if re.fullmatch("v[1-9][0-9]*", path.name) and path.is_dir())
        numbers = sorted(int(path.name[1:]) for path in there)
        bodies: dict[int, Json] = {}
        versions: dict[int, str] = {}
        if not numbers or numbers != list(range(1, len(numbers) + 1)):
            self.find(folder, "E-VAULT-002", f"its versions are {numbers}")
        for number in numbers:
            self.inventory(folder, number, bodies, versions)
        for file in ("inventory.json", "inventory.json.sha512") if numbers else ():
            if not same(folder / file, folder / f"v{numbers[-1]}" / file):
                self.find(folder / file, "E-VAULT-002", "not that of the newest version")
        if not bodies:
            return
        body = bodies[max(bodies)]
        object_id = body["id"]
        h = sha256(object_id.encode())
        if folder.relative_to(self.root / name).as_posix() != f"{h[:3]}/{h[3:6]}/{h[6:9]}/{spelled(object_id, h)}":
            self.find(folder, "E-VAULT-004", "it is not where an object of its identifier lies")
        subject = object_id if object_id.startswith(ASSET) else f"urn:evidence:register:sha256:{h}"
        self.seen[name, subject], self.places[name, subject] = versions, folder.relative_to(self.root).as_posix()
        for number, older in bodies.items():
            kept = all(body["manifest"].get(one) == paths for one, paths in older["manifest"].items())
            if older["id"] != object_id or not kept or older["versions"].keys() - body["versions"].keys():
                self.find(folder / f"v{number}/inventory.json", "E-VAULT-002", "it does not agree with the newest")
        self.content(folder, body, object_id)

    def inventory(self, folder: Path, number: int, bodies: dict[int, Json], versions: dict[int, str]) -> None:
        """Read the inventory of one version."""
        path = folder / f"v{number}/inventory.json"
        try:
            data, side = data_of(path, LARGEST), data_of(path.with_name("inventory.json.sha512"), LARGEST)
            versions[number] = hashlib.sha512(data).hexdigest()
            if side.split() != [versions[number].encode(), b"inventory.json"]:
                self.find(path, "E-VAULT-001", "inventory and side-car do not match")
            body = whole_of(data)
            good = body["head"] == f"v{number}"
        except (OSError, ValueError):
            good = False
        if good:
            bodies[number] = body
        else:
            self.find(path, "E-VAULT-002", "missing, or not the inventory of this version")

    def content(self, folder: Path, body: Json, object_id: str) -> None:
        """Digest every file, and name those that no inventory knows."""
        fixity = {path: one for one, paths in body.get("fixity", {}).get("sha256", {}).items() for path in paths}
        named = {path: one for one, paths in body["manifest"].items() for path in paths}
        for name, sha512 in sorted(named.items()):
            path = folder / name
            if {"", ".", ".."} & {*name.split("/")}:
                self.find(folder / "inventory.json", "E-VAULT-002", "it names a file that is not the object's")
                continue
            try:
                with opened(path) as file:
                    first = hashlib.file_digest(file, "sha512").hexdigest()
                    file.seek(0)
                    second = hashlib.file_digest(file, "sha256").hexdigest()
                    self.files, self.bytes = self.files + 1, self.bytes + file.tell()
            except OSError:
                self.find(path, "E-VAULT-003", "the file is missing")
                continue
            original = re.fullmatch("v1/content/(?:[0-9a-f]{12}/)?original", name) and object_id != ASSET + second
            if (first, second) != (sha512, fixity.get(name)) or original:
                self.find(path, "E-VAULT-001", "its bytes do not match their digest")
        ours = re.compile(r"0=ocfl_object_1\.1|(v[0-9]+/)?inventory\.json(\.sha512)?")
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            relative = path.relative_to(folder).as_posix()
            if relative not in named and not ours.fullmatch(relative):
                self.find(path, "E-VAULT-004", "no inventory names this file")

    def against(self, log: Log, *, partial: bool) -> None:
        """Hold objects and log against each other, both ways."""
        expected = {
            key: {number: left for number, all_ in versions.items() if (left := all_ - log.disposed.get(key, set()))}
            for key, versions in log.logged.items()
        }
        for key, versions in self.seen.items():
            folder, logged = self.root / self.places[key], expected.get(key, {})
            if not logged:
                gone = log.disposed.get(key, set()) & set(versions.values())
                what = "it was disposed of, and is there again" if gone else "the log knows of no such object"
                self.find(folder, "E-VAULT-008" if gone else "E-VAULT-004", what)
                continue
            for number, told in versions.items():
                if told not in logged.get(number, set()) or len(logged[number]) > 1:
                    self.find(folder / f"v{number}", "E-LOG-004", "the log knows another inventory, or no such version")
            for number in sorted(logged.keys() - versions.keys()):
                self.find(folder / f"v{number}", "E-LOG-004", "the log knows this version, and it is gone")
        for (name, subject), due in expected.items() if not partial else ():
            if due and (name, subject) not in self.seen:
                h = sha256(subject.encode()) if subject.startswith(ASSET) else subject.rpartition(":")[2]
                place = self.root / name / h[:3] / h[3:6] / h[6:9]
                self.find(place, "E-VAULT-003", f"the log knows this object, and it is gone: {subject}")


def spelled(object_id: str, h: str) -> str:
    """Return the name of an object's folder."""
    plain = re.sub(r"[^A-Za-z0-9_-]", lambda one: "".join(f"%{byte:02x}" for byte in one[0].encode()), object_id)
    return plain if len(plain) <= 100 else f"{plain[:100]}-{h}"  # noqa: PLR2004 (layout 0003)


def same(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same."""
    try:
        return data_of(one, LARGEST) == data_of(other, LARGEST)
    except OSError:
        return False


def verify(args: argparse.Namespace) -> Json:
    """Verify a copy; return what was covered and what was found."""
    root: Path = args.vault
    findings: list[Json] = []
    try:
        vault_id = str(UUID(json.loads(data_of(root / "vault.json"))["id"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        findings.append({"path": "vault.json", "code": "E-VAULT-003", "what": "it is missing or damaged"})
        segments = (path for path in sorted(root.glob("log/segments/*.jsonl")) if path.is_file())
        first = next((data_of(path) for path in segments), b"")
        vault_id = str(((entry_of(first.split(b"\n")[0]) or {}).get("facts") or {}).get("vault", ""))
    anchors = dict(key_of(Path(one).read_text(encoding="ascii") if Path(one).is_file() else one) for one in args.key)
    roots = [one for file in args.certificate for one in x509.load_pem_x509_certificates(file.read_bytes())]
    log = Log(root, vault_id, findings, anchors)
    log.read(args.note, roots, sealed=args.sealed)
    objects = Objects(root, findings)
    objects.read()
    objects.against(log, partial=args.partial)
    return {
        "vault": vault_id, "keys": "given" if anchors else "only those in the copy: log and keys fit, no more is shown",
        "segments": len(log.opened), "entries": log.entries, "unsigned": log.unsigned, "checkpoints": len(log.times),
        "countersignatures": log.tokens, "authorities": "checked" if roots else "not checked",
        "objects": len(objects.seen), "files": objects.files, "bytes": objects.bytes, "findings": findings,
    }  # fmt: skip


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Verify a copy of a vault: log and objects. Nothing is written.")
    parser.add_argument("vault", type=Path, help="the folder that holds vault.json, objects, registers, log")
    parser.add_argument("--key", action="append", default=[], help="a public key that did not come with the copy")
    parser.add_argument("--note", type=Path, action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("--certificate", type=Path, action="append", default=[], help="roots of timestamp authorities")
    parser.add_argument("--partial", action="store_true", help="objects may be left out of the copy")
    parser.add_argument("--sealed", action="store_true", help="nobody writes any more: every entry must be signed")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    if not (args.vault / "log").is_dir():
        sys.stderr.write(f"could not verify: {args.vault} is no vault: it has no log\n")
        return 2
    try:
        report = verify(args)
    except (OSError, ValueError) as err:
        sys.stderr.write(f"could not verify: {err}\n")
        return 2
    if args.json:
        sys.stdout.write(json.dumps(report, indent=1) + "\n")
    else:
        for one in report["findings"]:
            sys.stdout.write(f"{one['code']} {ascii(one['path'])[1:-1]}: {one['what']}\n")
        rest = {name: value for name, value in report.items() if name != "findings"}
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in rest.items())
        sys.stdout.write(f"{len(report['findings'])} findings\n")
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
