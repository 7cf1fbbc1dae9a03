"""Survey: what a part's asset objects are, from a walk here or from another process that walks ahead."""

import json
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.core.model import Asset, AssetId
from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt, Unavailable
from pipeline.vault import walk
from pipeline.vault.inventory import read_head
from pipeline.vault.layout import INVENTORY, SIDECAR
from pipeline.vault.walk import Names


def survey(root: Path, prefix: str, part: tuple[int, int], *, original: str) -> Iterator[Surveyed]:
    """Yield the assets of part ``n`` of ``t`` (from 1) below a storage root, in the order of their folders.

    ``prefix`` begins the identifiers; the parts are ranges of the first three digits of the
    identifiers' SHA-256. An object that cannot be read raises ``Corrupt``.
    """
    names = _names(prefix, original)
    _check(root)
    for folder, asset in walk.objects(str(root), names, part):
        if seen := walk.look(folder, asset, names):
            yield _surveyed(asset, seen)
        elif (closely := _closely(folder, asset, names)) is not None:
            yield closely
    _check(root)


class Ahead:
    """The survey of all parts, one after the other, as a process that was started with ``argv`` tells it."""

    def __init__(self, root: Path, prefix: str, parts: int, *, original: str) -> None:
        self._root = root.absolute()
        self._names = _names(prefix, original)
        self._parts = parts

    @property
    def argv(self) -> Sequence[str]:
        """The program and its words."""
        return [walk.__file__, str(self._root), str(self._parts), *self._names]

    def more_than(self, count: int) -> bool:
        """Tell whether there are more assets than so many, without looking at them."""
        return next(islice(walk.objects(str(self._root), self._names, (1, 1)), count, None), None) is not None

    def heard(self, lines: Iterator[str], n: int) -> Iterator[Surveyed]:
        """Yield the assets of part ``n``, the one that comes next, as ``survey`` would.

        Lines that end before the part does raise ``Unavailable`` (E-HOST-005): it must never count as whole.
        """
        for count, line in enumerate(lines):
            kind, _, told = line.partition(" ")
            if not line.endswith("\n") or (kind == walk.END and told != f"{n} {count}\n"):
                break
            if kind == walk.END:
                _check(self._root)
                return
            if kind == walk.FAILED:
                raise OSError(*json.loads(told))
            if (one := self._told(kind, told)) is not None:
                yield one
        raise Unavailable("the process that walks through the vault ended before its end", code="E-HOST-005")

    def _told(self, kind: str, told: str) -> Surveyed | None:
        if kind == walk.ODD:
            asset, _, folder = told.partition(" ")
            return _closely(json.loads(folder), asset, self._names)
        sha512, size, versions = told.split()
        return _surveyed(kind, (sha512, int(size), int(versions)))


def _names(prefix: str, original: str) -> Names:
    return Names(prefix=prefix, original=original, inventory=INVENTORY, sidecar=SIDECAR)


def _check(root: Path) -> None:
    if not root.is_dir():
        raise Corrupt(f"{root.name}/ is gone from the vault", code="E-VAULT-003")


def _surveyed(asset: str, seen: walk.Seen) -> Surveyed:
    sha512, size, versions = seen
    return Surveyed(asset=Asset(id=AssetId(asset), sha512=sha512, bytes=size), versions=versions)


def _closely(folder: str, asset: str, names: Names) -> Surveyed | None:
    """Look at an object that is not plainly whole; ``None`` when it was disposed of since it was listed."""
    try:
        return _surveyed(asset, _seen(Path(folder), asset, names))
    except Corrupt:
        if os.path.lexists(folder):
            raise
        return None


def _seen(folder: Path, asset: str, names: Names) -> walk.Seen:
    head = read_head(folder, names.prefix + asset)  # the copy in the object's root may stand in
    if head is None:
        raise Corrupt(f"{asset}: it is gone", code="E-VAULT-003")
    try:
        state = head.body["versions"]["v1"]["state"]
        sha512 = next((one for one, called in state.items() if names.original in called), None)
        if sha512 is None:
            raise Corrupt(f"{asset}: the first version has no original", code="E-VAULT-002")
        return sha512, (folder / head.body["manifest"][sha512][0]).stat().st_size, head.head
    except FileNotFoundError as err:
        raise Corrupt(f"{asset}: {names.original} is gone", code="E-VAULT-003") from err
    except (LookupError, TypeError, AttributeError) as err:
        raise Corrupt(f"{asset}: its inventory has not the form of one", code="E-VAULT-002") from err
