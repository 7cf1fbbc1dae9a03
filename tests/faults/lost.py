"""Lost writes: what a loss of power may leave of an act, from the record of its calls.

A model of a disk that keeps what was waited for and nothing else for certain. Bytes of a file are
certain after its ``fsync``; names in a folder after that of the folder; everything else may be there
or not, each name by itself, of each file as much as came first, the rest cut off or zeros.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_AT = re.compile(r"(?:AT_FDCWD|\d+)(?:<((?:\\x[0-9a-f]{2})*)>)?")
_NUMBER = re.compile(r"-?\d+")


@dataclass(eq=False, slots=True)
class Node:
    """A file, a folder or a link: what is certain of it, and what is not yet."""

    data: bytes = b""
    later: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Bytes at an offset; with none the file ends there."""
    names: dict[str, "Node"] | None = None
    """Of a folder, as everybody sees it now."""
    link: str | None = None
    certain: dict[str, "Node"] = field(default_factory=dict)

    def now(self) -> bytes:
        """Return the bytes as everybody sees them."""
        return _applied(self.data, self.later)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """A change of names that is not certain: what a name stands for now, and the name that it had."""

    folder: Node
    name: str
    node: Node | None
    was: tuple[Node, str] | None = None
    other: "Renaming | None" = None
    """The second half of an exchange: both are there, or neither."""


class Disk:
    """The files below a folder, and what becomes of them as calls are made."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = _read(root)
        self.open: list[Renaming] = []

    def make(self, line: str) -> bool:
        """Take in one call of the record; tell whether it changed anything here, or made it certain."""
        if (match := _LINE.match(line)) is None or int(match[3]) < 0:
            return False
        call, given, result = match[1], match[2], int(match[3])
        acts = {
            "write": self._write, "pwrite64": self._write, "fsync": self._sync, "fdatasync": self._sync,
            "ftruncate": self._cut, "openat": self._open, "mkdir": self._mkdir, "rename": self._rename,
            "renameat2": self._exchange,
            "symlink": self._symlink, "linkat": self._link, "unlink": self._remove, "unlinkat": self._remove,
            "rmdir": self._remove,
        }  # fmt: skip
        if call in acts:
            return acts[call](given, result)
        if call in {"fchmod", "chmod", "fchmodat"}:
            return False
        raise AssertionError(f"a call that the model does not know: {line[:200]}")

    # --- calls

    def _write(self, given: str, result: int) -> bool:
        node = self._node(_paths(given)[0])
        strings = _STRING.findall(given)
        if node is None or not strings:
            return False
        data = bytes.fromhex(strings[0].replace("\\x", ""))[:result]
        tail = _NUMBER.findall(given.rsplit('"', 1)[1])
        node.later.append((int(tail[-1]) if len(tail) > 1 else len(node.now()), data))
        return True

    def _cut(self, given: str, _result: int) -> bool:
        if (node := self._node(_paths(given)[0])) is None:
            return False
        size = int(_NUMBER.findall(given.rsplit(",", 1)[1])[0])
        node.later.append((size, None))
        return True

    def _sync(self, given: str, _result: int) -> bool:
        if (node := self._node(_paths(given)[0])) is None:
            return False
        if node.names is None:
            node.data, node.later = node.now(), []
            return True
        mine = [one for one in self.open if one.folder is node or (one.other and one.other.folder is node)]
        for one in mine:
            _set(one.folder.certain, one)
            if one.other is not None:
                _set(one.other.folder.certain, one.other)
            if one.was is not None:
                one.was[0].certain.pop(one.was[1], None)
        moved = {one.was for one in mine if one.was is not None}
        self.open = [one for one in self.open if one not in mine and (one.folder, one.name) not in moved]
        return True

    def _open(self, given: str, _result: int) -> bool:
        path = _named(given)
        folder, name = self._place(path)
        if "O_CREAT" not in given or folder is None or folder.names is None:
            return False
        if (there := folder.names.get(name)) is not None:
            if "O_TRUNC" in given:
                there.later.append((0, None))
            return "O_TRUNC" in given
        return self._name(folder, name, Node())

    def _mkdir(self, given: str, _result: int) -> bool:
        folder, name = self._place(_named(given))
        return folder is not None and self._name(folder, name, Node(names={}))

    def _symlink(self, given: str, _result: int) -> bool:
        target, path = (bytes.fromhex(one.replace("\\x", "")).decode() for one in _STRING.findall(given))
        folder, name = self._place(path)
        return folder is not None and self._name(folder, name, Node(link=target))

    def _link(self, given: str, _result: int) -> bool:
        old, new = (bytes.fromhex(one.replace("\\x", "")).decode() for one in _STRING.findall(given))
        node, (folder, name) = self._node(old), self._place(new)
        if node is None or folder is None:
            assert node is folder, f"a link over the border: {old} {new}"
            return False
        return self._name(folder, name, node)

    def _rename(self, given: str, _result: int) -> bool:
        old, new = (bytes.fromhex(one.replace("\\x", "")).decode() for one in _STRING.findall(given))
        (source, name), (target, other) = self._place(old), self._place(new)
        if source is None or target is None:
            assert source is target, f"a move over the border: {old} {new}"
            return False
        assert source.names is not None
        node = source.names.pop(name)
        return self._name(target, other, node, was=(source, name))

    def _exchange(self, given: str, _result: int) -> bool:
        old, new = (bytes.fromhex(one.replace("\\x", "")).decode() for one in _STRING.findall(given))
        (source, name), (target, other) = self._place(old), self._place(new)
        if source is None or target is None or source.names is None or target.names is None:
            assert source is target, f"a move over the border: {old} {new}"
            return False
        one, two = source.names[name], target.names[other]
        source.names[name], target.names[other] = two, one
        half = Renaming(folder=source, name=name, node=two)
        self.open.append(Renaming(folder=target, name=other, node=one, other=half))
        return True

    def _remove(self, given: str, _result: int) -> bool:
        folder, name = self._place(_named(given))
        if folder is None or folder.names is None:
            return False
        folder.names.pop(name)
        self.open.append(Renaming(folder=folder, name=name, node=None))
        return True

    def _name(self, folder: Node, name: str, node: Node, was: tuple[Node, str] | None = None) -> bool:
        assert folder.names is not None
        folder.names[name] = node
        self.open.append(Renaming(folder=folder, name=name, node=node, was=was))
        return True

    # --- places

    def _place(self, path: str) -> tuple[Node | None, str]:
        parent, _, name = path.rpartition("/")
        return self._node(parent), name

    def _node(self, path: str) -> Node | None:
        try:
            parts = Path(path).relative_to(self._root).parts
        except ValueError:
            return None
        node: Node | None = self._top
        for part in parts:
            if node is None or node.names is None:
                return None
            node = node.names.get(part)
        return node

    # --- what may be left

    def left(self, choose: Random | None, target: Path) -> None:
        """Write down what a loss of power at this moment may leave; without chance, only what is certain."""
        kept = [one for one in self.open if choose is not None and choose.random() < _SHARE]
        changed: dict[int, dict[str, Node]] = {}

        def names(folder: Node) -> dict[str, Node]:
            return changed.setdefault(id(folder), dict(folder.certain))

        for one in kept:
            if one.was is not None and names(one.was[0]).get(one.was[1]) is one.node:
                names(one.was[0]).pop(one.was[1])
            _set(names(one.folder), one)
            if one.other is not None:
                _set(names(one.other.folder), one.other)
        _lay(self._top, target, names, choose, {})


_SHARE = 0.5


def _lay(
    node: Node, path: Path, names: Callable[[Node], dict[str, Node]], choose: Random | None, files: dict[int, Path],
    *, above: frozenset[int] = frozenset(),
) -> None:  # fmt: skip
    if node.link is not None:
        path.symlink_to(node.link)
    elif node.names is None and id(node) in files:  # a file may have several names
        path.hardlink_to(files[id(node)])
    elif node.names is None:
        path.write_bytes(_kept(node, choose))
        path.chmod(0o600)
        files[id(node)] = path
    elif id(node) not in above:  # a folder that was moved stands in one place
        path.mkdir(mode=0o700)
        for name, one in names(node).items():
            _lay(one, path / name, names, choose, files, above=above | {id(node)})


def _kept(node: Node, choose: Random | None) -> bytes:
    if choose is None or not node.later:
        return node.data
    count = choose.randint(0, len(node.later))
    data = _applied(node.data, node.later[:count])
    whole = node.now()
    if count == len(node.later) or len(whole) <= len(data):
        return data
    torn = data + whole[len(data) : choose.randint(len(data), len(whole))]
    return torn if choose.random() < _SHARE else torn + bytes(len(whole) - len(torn))


def _applied(data: bytes, later: Iterable[tuple[int, bytes | None]]) -> bytes:
    body = bytearray(data)
    for at, more in later:
        if len(body) < at:
            body += bytes(at - len(body))
        if more is None:
            del body[at:]
        else:
            body[at : at + len(more)] = more
    return bytes(body)


def _set(names: dict[str, Node], one: Renaming) -> None:
    if one.node is None:
        names.pop(one.name, None)
    else:
        names[one.name] = one.node


def _read(path: Path) -> Node:
    """Take in what is on disk: all of it is certain."""
    if path.is_symlink():
        return Node(link=str(path.readlink()))
    if path.is_file():
        return Node(data=path.read_bytes())
    names = {one.name: _read(one) for one in path.iterdir()}
    return Node(names=names, certain=dict(names))


def _paths(given: str) -> list[str]:
    """Return the paths of the open files that a call is given."""
    return [bytes.fromhex(one.replace("\\x", "")).decode() for one in _AT.findall(given)[:1]]


def _named(given: str) -> str:
    """Return the path that a call is given, of a folder that is open or of none."""
    name = bytes.fromhex(_STRING.findall(given)[0].replace("\\x", "")).decode()
    return name if name.startswith("/") else f"{_paths(given)[0]}/{name}"


def moments(root: Path, lines: Iterable[str]) -> Iterator[tuple[int, Disk]]:
    """Yield the disk after each call that concerned it, and at the beginning."""
    disk = Disk(root)
    yield 0, disk
    number = 0
    for line in lines:
        if disk.make(line):
            number += 1
            yield number, disk
