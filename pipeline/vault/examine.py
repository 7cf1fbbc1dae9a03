"""Examination of one vault object: every byte of it against its inventories."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.ports import Finding
from pipeline.vault.inventory import parsed
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR
from pipeline.vault.storage import ASSET
from pipeline.vault.tree import Node, Passing, Tree

_VERSION = re.compile(r"v([1-9][0-9]*)")
_NOWHERE = frozenset({"", ".", ".."})
"""No parts of a path: a manifest that has them leads out of its object."""
_LARGEST = 1 << 28
"""No inventory is larger: one that is would take all memory."""
_ORIGINAL = re.compile(r"v1/content/(?:[0-9a-f]{12}/)?original")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object as its folder tells of it: ``folder`` is relative to the vault's root."""

    folder: str
    object_id: str

    @property
    def asset(self) -> str | None:
        """The asset that the object belongs to, if it is one's."""
        if not self.object_id.startswith(ASSET):
            return None
        return self.object_id.removeprefix(ASSET).partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """With what an object is read. ``both`` compares content with both digests."""

    tree: Tree
    passing: Passing
    both: bool
    explained: Callable[[str], bool] = lambda _: False
    """Tells of a file's path whether its further names are only those that a move is about to remove."""


@dataclass(kw_only=True)
class Examined:
    """What an object turned out to hold. ``versions`` are the digests of its inventories."""

    object: Found
    versions: dict[int, str] = field(default_factory=dict)
    there: set[int] = field(default_factory=set)
    """The numbers of its version folders, whatever they hold."""
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)
    behind: int = 0
    """How many of the findings are that the root's inventory is not yet that of the newest version."""

    @property
    def only_behind(self) -> bool:
        """Whether nothing else is wrong: so it looks in the middle of a commit."""
        return self.behind == len(self.findings)

    def find(self, path: str, code: str, what: str) -> None:
        """Note what is wrong with a file or folder of the object."""
        self.findings.append(Finding(path=path, code=code, what=what, asset=self.object.asset))


def content_bytes(nodes: Mapping[str, Node]) -> int:
    """Return how much content an object holds, from a listing of it."""
    return sum(one.bytes for path, one in nodes.items() if "/content/" in path)


def listing(tree: Tree, folder: str) -> dict[str, Node]:
    """List an object."""
    return {one.path: one for one in tree.walk(folder)}


def examine(one: Found, reading: Reading, *, logged: Mapping[int, set[str]]) -> Examined:
    """Read every byte of an object.

    ``logged`` are the inventories that the log knows. They tell which half of a pair is damaged. They
    anchor an inventory, too: then one digest of content is enough, since that inventory binds both.
    """
    seen = Examined(object=one)
    try:
        nodes = listing(reading.tree, one.folder)
    except OSError as err:
        seen.find(one.folder, "E-VAULT-002", f"cannot be read: {err.strerror}")
        return seen
    folder = one.folder
    numbers = seen.there = _versions(folder, nodes)
    if sorted(numbers) != list(range(1, len(numbers) + 1)) or not numbers:
        seen.find(folder, "E-VAULT-002", f"its versions are {sorted(numbers)}")
    known = {f"{folder}/{name}" for name in (OBJECT_MARK, INVENTORY, SIDECAR)}
    known |= {f"{folder}/v{number}/{name}" for number in numbers for name in (INVENTORY, SIDECAR)}
    _mark(seen, reading.tree)
    if large := [path for path in known if path in nodes and nodes[path].bytes > _LARGEST]:
        seen.find(large[0], "E-VAULT-002", f"{nodes[large[0]].bytes} bytes: larger than an inventory can be")
        return seen
    head: dict[str, Any] | None = None
    pairs: dict[str, bytes | None] = {}
    for number in sorted(numbers):
        body, pairs = _version(seen, reading.tree, number, logged.get(number, set()))
        head = body or head
    newest = max(numbers, default=0)
    if head is None or head["head"] != f"v{newest}":
        head = _root_body(one, reading.tree, logged.get(newest, set())) or head
    if numbers:
        _root_copy(seen, reading.tree, pairs)
    if head is not None:
        known |= _content(seen, reading, head, anchored=_anchored(seen, logged))
    _strangers(seen, nodes, known, head)
    _linked(seen, nodes, reading)
    return seen


def _versions(folder: str, nodes: Mapping[str, Node]) -> set[int]:
    """Return the numbers of the version folders; a store without folders shows them in the names of files."""
    found = set()
    for path, node in nodes.items():
        name, slash, _ = path[len(folder) + 1 :].partition("/")
        if (slash or node.kind == "folder") and (hit := _VERSION.fullmatch(name)):
            found.add(int(hit[1]))
    return found


def _anchored(seen: Examined, logged: Mapping[int, set[str]]) -> bool:
    """Tell whether the newest version's inventory is whole and the one that the log knows."""
    newest = max(seen.there, default=0)
    return seen.versions.get(newest, "") in logged.get(newest, ())


def _mark(seen: Examined, tree: Tree) -> None:
    path = f"{seen.object.folder}/{OBJECT_MARK}"
    try:
        if tree.read(path) != OBJECT_MARK_BYTES:
            seen.find(path, "E-VAULT-002", "it does not say what it should")
    except OSError as err:
        seen.find(path, "E-VAULT-002", f"cannot be read: {err.strerror}")


def _version(
    seen: Examined, tree: Tree, number: int, logged: set[str]
) -> tuple[dict[str, Any] | None, dict[str, bytes | None]]:
    """Read one version's inventory where it is whole; return it with its own and its side-car's bytes."""
    folder = f"{seen.object.folder}/v{number}"
    parts = {name: _bytes_or_finding(seen, tree, f"{folder}/{name}") for name in (INVENTORY, SIDECAR)}
    if (data := parts[INVENTORY]) is None:
        return None, parts
    sha512 = hashlib.sha512(data).hexdigest()
    seen.versions[number] = sha512
    if parts[SIDECAR] is not None and parts[SIDECAR] != f"{sha512}  {INVENTORY}\n".encode():
        damaged = SIDECAR if sha512 in logged else INVENTORY
        seen.find(f"{folder}/{damaged}", "E-VAULT-001", "inventory and side-car do not match")
        if damaged == INVENTORY:
            del seen.versions[number]  # found already: it need not be found again against the log
    try:
        body = parsed(data)
        if body["id"] == seen.object.object_id and body["head"] == f"v{number}":
            return body, parts
    except ValueError:
        pass
    seen.find(f"{folder}/{INVENTORY}", "E-VAULT-002", "not the inventory of this version of this object")
    return None, parts


def _root_copy(seen: Examined, tree: Tree, newest: Mapping[str, bytes | None]) -> None:
    """Compare the inventory in the object's root with the newest version's, file by file."""
    for name in (INVENTORY, SIDECAR):
        path = f"{seen.object.folder}/{name}"
        root, version = _bytes_or_finding(seen, tree, path), newest[name]
        if root is not None and version is not None and root != version:
            seen.behind += 1
            seen.find(path, "E-VAULT-002", "differs from that of the newest version")


def _root_body(one: Found, tree: Tree, logged: set[str]) -> dict[str, Any] | None:
    """Return the inventory in the object's root where it is the one that the log knows of the newest version."""
    try:
        data = tree.read(f"{one.folder}/{INVENTORY}")
        return parsed(data) if hashlib.sha512(data).hexdigest() in logged else None
    except (OSError, ValueError):
        return None


def _content(seen: Examined, reading: Reading, body: Mapping[str, Any], *, anchored: bool) -> set[str]:
    """Digest every file that the manifest names; return them."""
    sha256 = {path: one for one, paths in body.get("fixity", {}).get("sha256", {}).items() for path in paths}
    known = set()
    for sha512, paths in body["manifest"].items():
        for name in paths:
            path = f"{seen.object.folder}/{name}"
            if _NOWHERE & {*name.split("/")}:
                seen.find(f"{seen.object.folder}/{INVENTORY}", "E-VAULT-002", "it names a file beyond the object")
                continue
            known.add(path)
            both = reading.both or not anchored or name not in sha256
            try:
                read = reading.tree.digest(path, both=both, passing=reading.passing)
            except FileNotFoundError:
                seen.find(path, "E-VAULT-003", "the file is missing")
                continue
            except OSError as err:
                seen.find(path, "E-VAULT-002", f"cannot be read: {err.strerror or err}")
                continue
            seen.bytes += read.bytes
            original = _ORIGINAL.fullmatch(name) and seen.object.object_id != f"{ASSET}{read.sha256}"
            if original or read.sha256 != sha256.get(name) or read.sha512 not in (None, sha512):
                seen.find(path, "E-VAULT-001", "its bytes do not match their digest")
    return known


def _strangers(seen: Examined, nodes: Mapping[str, Node], known: set[str], head: Mapping[str, Any] | None) -> None:
    folder, told = seen.object.folder, int(head["head"][1:]) if head else 0
    holding = {path.rpartition("/")[0] for path in nodes}
    for path, node in nodes.items():
        if node.kind == "other":
            seen.find(path, "E-VAULT-004", "neither a file nor a folder")
        elif node.kind == "folder":
            if path not in holding:
                seen.find(path, "E-VAULT-002", "an empty folder")
        elif path not in known and not ("/content/" in path and _number(path, folder) > told):
            seen.find(path, "E-VAULT-004", "no inventory names this file")


def _linked(seen: Examined, nodes: Mapping[str, Node], reading: Reading) -> None:
    """Name files that have another name, wherever that is; what they hold is no damage, so no asset is named."""
    for path, node in nodes.items():
        if node.links > 1 and not reading.explained(path):
            what = f"{node.links - 1} more names lead to this file"
            seen.findings.append(Finding(path=path, code="E-VAULT-011", what=what))


def _number(path: str, folder: str) -> int:
    """Return the number of the version in whose folder something lies; 0 where it is none's."""
    hit = _VERSION.fullmatch(path[len(folder) + 1 :].partition("/")[0])
    return int(hit[1]) if hit else 0


def _bytes_or_finding(seen: Examined, tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except OSError:
        seen.find(path, "E-VAULT-002", "missing, or cannot be read")
        return None
