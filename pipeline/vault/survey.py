"""Survey: what a shard's asset objects are, read from their newest inventories as fast as the disk answers.

Everything above works with paths as nouns; here the names are plain strings, because the walk of
fifty million objects costs more in such nouns than in reading.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.core.model import Asset, AssetId
from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt
from pipeline.vault.inventory import read_head
from pipeline.vault.layout import INVENTORY, SIDECAR, object_digest

_DIGITS = 3
_TUPLE = re.compile(r"[0-9a-f]{3}")
_MOST = 1 << 16
"""Bytes asked for at a time: an inventory of a few versions is smaller."""


def survey(root: Path, prefix: str, part: tuple[int, int], *, original: str) -> Iterator[Surveyed]:
    """Yield the assets of part ``n`` of ``t`` (from 1) below a storage root, in the order of their folders.

    ``prefix`` begins the identifiers; the parts are ranges of the first three digits of the
    identifiers' SHA-256. An object that cannot be read raises ``Corrupt``.
    """
    spelled = "".join(one if one.isalnum() else f"%{ord(one):02x}" for one in prefix)
    ours = re.compile(re.escape(spelled) + "([0-9a-f]{64})")
    for first in _firsts(str(root), part):
        for second in _tuples(first):
            for third in _tuples(second):
                for name in _names(third):
                    # What does not fit is a register, the going-on of a history, or none of ours: the audit's matter.
                    if (fits := ours.fullmatch(name)) and _belongs(third, prefix + fits[1]):
                        yield _look(f"{third}/{name}", prefix + fits[1], AssetId(fits[1]), original)


def _belongs(third: str, object_id: str) -> bool:
    digits = object_digest(object_id)
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
    return [f"{place}/{one}" for one in _names(place) if _TUPLE.fullmatch(one)]


def _names(place: str) -> list[str]:
    return sorted(os.listdir(place))  # noqa: PTH208 (nouns of paths would take twice the time)


def _look(folder: str, object_id: str, asset: AssetId, original: str) -> Surveyed:
    numbers = [int(one[1:]) for one in _names(folder) if one[0] == "v" and one[1:].isdecimal()]
    if not numbers:
        raise Corrupt(f"{asset}: no version is left", code="E-VAULT-002")
    body = _body(folder, max(numbers), object_id)
    state = body["versions"]["v1"]["state"]
    sha512 = next((one for one, names in state.items() if original in names), None)
    try:
        if sha512 is None:
            raise Corrupt(f"{asset}: the first version has no original", code="E-VAULT-002")
        size = os.stat(f"{folder}/{body['manifest'][sha512][0]}").st_size  # noqa: PTH116 (as above)
    except FileNotFoundError as err:
        raise Corrupt(f"{asset}: {original} is gone", code="E-VAULT-003") from err
    return Surveyed(asset=Asset(id=asset, sha512=sha512, bytes=size), versions=max(numbers))


def _body(folder: str, number: int, object_id: str) -> dict[str, Any]:
    try:
        data, sidecar = _read(f"{folder}/v{number}/{INVENTORY}"), _read(f"{folder}/v{number}/{SIDECAR}")
    except FileNotFoundError:
        data = sidecar = b""
    if sidecar == f"{hashlib.sha512(data).hexdigest()}  {INVENTORY}\n".encode():
        body = json.loads(data)
        if body["id"] == object_id and body["head"] == f"v{number}":
            return dict(body)
    head = read_head(Path(folder), object_id)  # the copy in the object's root may stand in
    if head is None:
        raise Corrupt(f"{object_id}: it is gone", code="E-VAULT-003")
    return dict(head.body)


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
