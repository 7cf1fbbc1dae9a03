"""Walk: where the asset objects of a part lie, and what their inventories say, in plain strings.

Everything above works with paths as nouns; the walk of fifty million objects costs more in such nouns than in
reading. It is also a program of its own, ``python walk.py ROOT PARTS NAMES…``: a second process walks ahead of
the one that works with what is found. It imports nothing of ours, so as to begin at once, and judges nothing:
whatever is not plainly whole is looked at closely by those who asked.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

ODD, END, FAILED = "?", ".", "!"
"""How lines begin that tell of no whole object: one to be looked at closely, the end of a part, of everything."""

_DIGITS = 3
_TUPLE = re.compile(r"[0-9a-f]{3}")
_SHA512 = re.compile(r"[0-9a-f]{128}")
_MOST = 1 << 16
"""Bytes asked for at a time: an inventory of a few versions is smaller."""


class Names(NamedTuple):
    """How things are called in the vault."""

    prefix: str
    """Begins the identifiers of asset objects; the asset's SHA-256 ends them."""
    original: str
    """The logical name of the asset's own bytes."""
    inventory: str
    sidecar: str


Seen = tuple[str, int, int]
"""What an object's newest inventory says: the original's SHA-512, its size in bytes, the number of versions."""


def objects(root: str, names: Names, part: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """Yield folder and asset of each object of part ``n`` of ``t`` (from 1), in the order of their folders.

    The parts are ranges of the first three digits of the identifiers' SHA-256.
    """
    spelled = "".join(one if one.isalnum() else f"%{ord(one):02x}" for one in names.prefix)
    ours = re.compile(re.escape(spelled) + "([0-9a-f]{64})")
    for first in _firsts(root, part):
        for second in _tuples(first):
            for third in _tuples(second):
                for name in _listed(third):
                    # What does not fit is a register, the going-on of a history, or none of ours: the audit's matter.
                    if (fits := ours.fullmatch(name)) and _belongs(third, names.prefix + fits[1]):
                        yield f"{third}/{name}", fits[1]


def look(folder: str, asset: str, names: Names) -> Seen | None:
    """Read an object's newest inventory; ``None`` when anything about it is not as it should be."""
    try:
        number = max(int(one[1:]) for one in os.listdir(folder) if one[0] == "v" and one[1:].isdecimal())  # noqa: PTH208 (as below)
        place = f"{folder}/v{number}"
        data, sidecar = _read(f"{place}/{names.inventory}"), _read(f"{place}/{names.sidecar}")
        if sidecar != f"{hashlib.sha512(data).hexdigest()}  {names.inventory}\n".encode():
            return None
        body = json.loads(data)
        if body["id"] != names.prefix + asset or body["head"] != f"v{number}":
            return None
        state = body["versions"]["v1"]["state"]
        sha512 = next(one for one, called in state.items() if names.original in called)
        size = os.stat(f"{folder}/{body['manifest'][sha512][0]}").st_size  # noqa: PTH116 (as below)
        return (sha512, size, number) if _SHA512.fullmatch(sha512) else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration):
        return None


def tell(root: str, parts: int, names: Names, say: Callable[[str], object]) -> None:
    """Say line by line what is found in all parts, one after the other, each with its end and count."""
    for n in range(1, parts + 1):
        count = 0
        for folder, asset in objects(root, names, (n, parts)):
            seen = look(folder, asset, names)
            say(f"{asset} {seen[0]} {seen[1]} {seen[2]}\n" if seen else f"{ODD} {asset} {json.dumps(folder)}\n")
            count += 1
        say(f"{END} {n} {count}\n")


def main() -> None:
    """Tell on the standard output what is found; a folder that cannot be listed is the last line."""
    root, parts, *names = sys.argv[1:]
    with open(1, "w", encoding="ascii") as out:
        try:
            tell(root, int(parts), Names(*names), out.write)
        except BrokenPipeError:
            raise
        except OSError as err:
            out.write(f"{FAILED} {json.dumps([err.errno, err.strerror, err.filename])}\n")


def _belongs(third: str, object_id: str) -> bool:
    digits = hashlib.sha256(object_id.encode()).hexdigest()
    return third.endswith(f"/{digits[:3]}/{digits[3:6]}/{digits[6:9]}")


def _firsts(top: str, part: tuple[int, int]) -> Iterator[str]:
    """Yield the outermost folders of a part that are there."""
    n, of = part
    if of == 1:
        yield from _tuples(top)
        return
    for number in range(-(-(n - 1 << 4 * _DIGITS) // of), -(-(n << 4 * _DIGITS) // of)):
        if os.path.isdir(place := f"{top}/{number:03x}"):  # noqa: PTH112 (nouns of paths would take twice the time)
            yield place


def _tuples(place: str) -> list[str]:
    return [f"{place}/{one}" for one in _listed(place) if _TUPLE.fullmatch(one)]


def _listed(place: str) -> list[str]:
    try:
        return sorted(os.listdir(place))  # noqa: PTH208 (nouns of paths would take twice the time)
    except FileNotFoundError:
        if os.path.lexists(place):  # a link that leads nowhere: what should lie there is out of reach
            raise
        return []  # somebody disposed of what lay in it, and pruned it, since it was listed


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        found = os.read(fd, _MOST)
        if len(found) == _MOST:
            while more := os.read(fd, _MOST):
                found += more
        return found
    finally:
        os.close(fd)


if __name__ == "__main__":
    main()
