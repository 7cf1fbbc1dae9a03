"""Versions of an object in a bucket: which there are, and what is put after the inventory that made one."""

import hashlib
import re
from pathlib import Path

from pipeline.vault.journal import Commit
from pipeline.vault.layout import INVENTORY, OBJECT_MARK, OBJECT_MARK_BYTES, SIDECAR
from pipeline.vault.s3.bucket import Bucket

VERSION = re.compile(r"v([1-9][0-9]*)/inventory\.json")


class Versions:
    """Reads and completes versions; ``folder`` is what all keys of an object begin with."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def numbers(self, folder: Path) -> list[int]:
        """Return the numbers of the versions that are there: those with an inventory."""
        before = f"{folder.as_posix()}/"
        names = (one.name.removeprefix(before) for one in self._bucket.keys(f"{before}v"))
        return [int(hit[1]) for name in names if (hit := VERSION.fullmatch(name))]

    def pair(self, place: Path) -> tuple[bytes, str] | None:
        """Read an inventory where it matches its side-car. One without a side-car has just been committed."""
        if (data := self._bucket.get(f"{place.as_posix()}/{INVENTORY}")) is None:
            return None
        sha512 = hashlib.sha512(data).hexdigest()
        sidecar = self._bucket.get(f"{place.as_posix()}/{SIDECAR}")
        return (data, sha512) if sidecar in {None, f"{sha512}  {INVENTORY}\n".encode()} else None

    def follow(self, folder: Path, commit: Commit, data: bytes) -> None:
        """Put what follows a commit that has just been made here; whoever makes a later one puts it over."""
        sidecar = f"{commit.inventory}  {INVENTORY}\n".encode()
        self._bucket.put(f"{folder.as_posix()}/v{commit.version}/{SIDECAR}", sidecar)
        if commit.version == 1:
            self._bucket.put(f"{folder.as_posix()}/{OBJECT_MARK}", OBJECT_MARK_BYTES)
        self._bucket.put(f"{folder.as_posix()}/{INVENTORY}", data)
        self._bucket.put(f"{folder.as_posix()}/{SIDECAR}", sidecar)
        if (newest := max(self.numbers(folder), default=commit.version)) != commit.version:
            self.complete(folder, newest)

    def complete(self, folder: Path, number: int) -> bool:
        """Put what follows a commit: the side-car, the object's mark, the copy in its root; tell if any was not there.

        Two writers may do so at once. Each looks again after its own putting, so that the last has
        seen the newest version.
        """
        changed = False
        while True:
            newest = folder / f"v{number}"
            if (data := self._bucket.get(f"{newest.as_posix()}/{INVENTORY}")) is None:
                return changed
            sidecar = f"{hashlib.sha512(data).hexdigest()}  {INVENTORY}\n".encode()
            fixed = {newest / SIDECAR: sidecar, folder / OBJECT_MARK: OBJECT_MARK_BYTES}
            missing = [path for path in fixed if self._bucket.get(path.as_posix()) is None]
            for path in missing:
                self._bucket.put_new(path.as_posix(), fixed[path])
            behind = [name for name, value in ((INVENTORY, data), (SIDECAR, sidecar))
                      if self._bucket.get(f"{folder.as_posix()}/{name}") != value]  # fmt: skip
            for name in behind:
                self._bucket.put(f"{folder.as_posix()}/{name}", data if name == INVENTORY else sidecar)
            changed = changed or bool(missing or behind)
            later = max(self.numbers(folder), default=number)
            if later == number and not behind:
                return changed
            number = later
