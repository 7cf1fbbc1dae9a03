"""OCFL 1.1 storage root in a bucket: a version is there when its inventory is, and that is put once.

A bucket has no rename. Content goes up first, each attempt below a name of its own; then
``vN/inventory.json`` is put on the condition that no such key exists, which is the commit and a
compare-and-swap at once. Its bytes are kept on this host's disk until all that follows it is
done: an attempt whose answer was lost is repeated until its outcome is certain.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.core.model import Asset, AssetId
from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt
from pipeline.vault import inventory as inv
from pipeline.vault.inventory import Inventory
from pipeline.vault.journal import Cause, Commit, Journal
from pipeline.vault.layout import (
    INVENTORY,
    id_of,
    object_digest,
    object_folder,
)  # fmt: skip
from pipeline.vault.process import utc_now
from pipeline.vault.s3.begun import Begun
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.cache import Cache
from pipeline.vault.s3.versions import VERSION, Versions
from pipeline.vault.stage import Stage

_TUPLES = 3
_SHA256 = re.compile(r"[0-9a-f]{64}")


class S3Store:
    """One storage root in a bucket. ``committed`` is told of every version, durably, at least once."""

    def __init__(
        self,
        root: Path,
        name: str,
        *,
        user: Mapping[str, str],
        committed: Callable[[Commit], None],
        bucket: Bucket,
        cache: Cache,
    ) -> None:
        self.root = Path(name)
        self.name = name
        self._user = user
        self._committed = committed
        self._bucket = bucket
        self._versions = Versions(bucket)
        self._cache = cache
        self._begun = Begun(root.parent / "locks")

    def folder(self, object_id: str) -> Path:
        """Return what all keys of an object begin with."""
        return object_folder(self.root, object_id)

    def has(self, object_id: str) -> bool:
        """Tell whether there is such an object."""
        return self.newest(object_id) > 0

    def newest(self, object_id: str) -> int:
        """Return the number of an object's newest version, without reading it; 0 when there is no such object."""
        return max(self._versions.numbers(self.folder(object_id)), default=0)

    def head(self, object_id: str) -> Inventory | None:
        """Read an object's newest inventory; ``None`` when there is no such object."""
        folder = self.folder(object_id)
        numbers = self._versions.numbers(folder)
        if not numbers:
            return None
        number = max(numbers)
        for place in (folder / f"v{number}", folder):
            if (pair := self._versions.pair(place)) is None:
                continue
            body = json.loads(pair[0])
            if body["id"] == object_id and body["head"] == f"v{number}":
                return Inventory(folder=folder, digest=pair[1], body=body)
        raise Corrupt(f"{object_id}: the inventory of version {number} is damaged", code="E-VAULT-002")

    def ids(self) -> Iterator[str]:
        """Yield the identifiers of all objects, in the order of their folders."""
        names = (Path(one.name) for one in self._bucket.keys(f"{self.name}/"))
        deep = (one for one in names if len(one.parts) > _TUPLES + 2 and len(one.parts[1]) == _TUPLES)
        for folder, keys in groupby(deep, key=lambda one: Path(*one.parts[: _TUPLES + 2])):
            if any(VERSION.fullmatch(one.relative_to(folder).as_posix()) for one in keys):
                yield self._id(folder)

    def survey(self, prefix: str, part: tuple[int, int], *, original: str) -> Iterator[Surveyed]:
        """Walk the assets of one part."""
        n, of = part
        for object_id in self.ids():
            asset = AssetId(object_id.removeprefix(prefix))
            whole = object_id.startswith(prefix) and _SHA256.fullmatch(asset) is not None
            if not whole or int(object_digest(object_id)[:3], 16) * of >> 12 != n - 1:
                continue
            if (head := self.head(object_id)) is None:
                continue  # disposed of meanwhile
            try:
                size = self.size(head.files(1)[original])
            except FileNotFoundError as err:
                raise Corrupt(f"{asset}: {original} is gone", code="E-VAULT-003") from err
            yield Surveyed(asset=Asset(id=asset, sha512=head.sha512(original), bytes=size), versions=head.head)

    def read(self, path: Path) -> bytes:
        """Read a small file that an inventory names; ``FileNotFoundError`` when it is gone."""
        if (data := self._bucket.get(path.as_posix())) is None:
            raise FileNotFoundError(path)
        return data

    def size(self, path: Path) -> int:
        """Return a file's size in bytes; ``FileNotFoundError`` when it is gone."""
        if (size := self._bucket.bytes_of(path.as_posix())) is None:
            raise FileNotFoundError(path)
        return size

    def file(self, path: Path, sha256: str) -> Path:
        """Return a read-only local file with these bytes, fetched and checked where it is not here yet."""
        return self._cache.file(path.as_posix(), sha256)

    @contextmanager
    def lend(self, path: Path, sha256: str) -> Iterator[Path]:
        """Lend a read-only local file with these bytes; it is gone afterwards."""
        with self._cache.lend(path.as_posix(), sha256) as file:
            yield file

    def create(self, object_id: str, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Make an object of what was staged; ``None`` when it exists already."""
        return self._commit(inv.first(object_id), stage, journal, cause)

    def extend(self, old: Inventory, stage: Stage, journal: Journal, *, cause: Cause) -> Commit | None:
        """Add one version to ``old``; ``None`` when another writer added that version first."""
        return self._commit(old.body, stage, journal, cause)

    def settle(self, commit: Commit, journal: Journal) -> None:
        """Do what is left to do of a commit, or forget one that never happened. May be repeated.

        Where all content was there before it was interrupted, the commit is made now: a request
        without an answer may still arrive, and nothing of it may be missing then.
        """
        folder = self.folder(commit.object)
        place = folder / f"v{commit.version}"
        data, ready = self._begun.read(commit)
        if ready and data is not None:
            self._bucket.put_new(f"{place.as_posix()}/{INVENTORY}", data)
        there = self._bucket.get(f"{place.as_posix()}/{INVENTORY}")
        if there is not None and hashlib.sha512(there).hexdigest() == commit.inventory:
            self._versions.complete(folder, commit.version)
            self._committed(commit)
            self._begun.end(commit)
        else:
            self._forget(commit, data)
        journal.end(commit)

    def confirm(self, head: Inventory, _journal: Journal) -> None:
        """Finish a version that another writer made and may not have finished."""
        self._versions.complete(head.folder, head.head)

    def mend(self, _journal: Journal) -> int:
        """Finish every object's newest version; return how many were not."""
        return sum(1 for one in self.ids() if self._versions.complete(self.folder(one), self.newest(one)))

    def make_durable(self, folder: Path) -> None:
        """Do nothing: what a store has taken is durable."""

    def remains(self, object_id: str) -> bool:
        """Tell whether anything of an object is left, whole or not."""
        return self._bucket.any(f"{self.folder(object_id).as_posix()}/") is not None

    def take_away(self, object_id: str, _aside: Path, note: Callable[[list[str]], None]) -> None:
        """Remove an object's keys, inventories first: without them there is no object."""
        folder = self.folder(object_id)
        numbers = sorted(self._versions.numbers(folder))
        places = [f"{folder.as_posix()}/v{number}/{INVENTORY}" for number in numbers]
        note([hashlib.sha512(data).hexdigest() for one in places if (data := self._bucket.get(one)) is not None])
        for one in places:
            self._bucket.delete(one)
        self._bucket.clear(f"{folder.as_posix()}/")

    def _commit(self, old: Mapping[str, Any], stage: Stage, journal: Journal, cause: Cause) -> Commit | None:
        attempt = f"{secrets.token_hex(6)}/"
        body = inv.extended(
            old, stage.added, message=cause.message, user=self._user, created=utc_now(), attempt=attempt
        )  # fmt: skip
        data, _, sha512 = inv.spelled(body)
        commit = Commit(
            root=self.name, object=body["id"], version=int(body["head"][1:]), inventory=sha512,
            actor=cause.actor, run=cause.run,
        )  # fmt: skip
        place = f"{self.folder(commit.object).as_posix()}/v{commit.version}"
        with journal.beginning(commit):
            self._begun.note(commit, data)
            for name, digests in stage.added.items():
                self._bucket.put_file(f"{place}/content/{attempt}{name}", stage.content / name, digests)
            self._begun.ready(commit)
            if not self._bucket.put_new(f"{place}/{INVENTORY}", data):
                self._forget(commit, data)
                journal.end(commit)
                return None
            self._versions.follow(self.folder(commit.object), commit, data)
            self._committed(commit)
            self._begun.end(commit)
            journal.end(commit)
        return commit

    def _forget(self, commit: Commit, data: bytes | None) -> None:
        """Sweep what an attempt put that is not the version."""
        if data is not None:
            place = f"{self.folder(commit.object).as_posix()}/v{commit.version}"
            self._bucket.clear(f"{place}/content/{_attempt(data, commit.version)}")
        self._begun.end(commit)

    def _id(self, folder: Path) -> str:
        if (spelled := id_of(folder)) is not None:
            return spelled
        number = max(self._versions.numbers(folder), default=0)
        if (pair := self._versions.pair(folder / f"v{number}") or self._versions.pair(folder)) is None:
            raise Corrupt(f"{folder.name}: the inventory is damaged", code="E-VAULT-002")
        return str(json.loads(pair[0])["id"])


def _attempt(data: bytes, number: int) -> str:
    """Return what the content of one attempt begins with, below its version's content."""
    before = f"v{number}/content/"
    paths = (path for paths in json.loads(data)["manifest"].values() for path in paths)
    own = next(path for path in paths if path.startswith(before))
    return str(own).removeprefix(before).partition("/")[0] + "/"
