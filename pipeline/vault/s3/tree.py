"""Tree of a bucket: what an audit reads, as names and bytes below a vault's prefix."""

import errno
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from pipeline.vault.layout import INVENTORY
from pipeline.vault.s3.bucket import Bucket, Key
from pipeline.vault.tree import Node, Passing, Read, digest_blocks

_ATTEMPT = re.compile(r"(?P<version>.*/v[1-9][0-9]*)/content/(?P<attempt>[0-9a-f]{12})/.*")
IN_THE_MAKING = timedelta(days=1)
"""Content that no inventory names is some writer's unfinished version for so long, and foreign afterwards."""


class S3Tree:
    """A vault in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def children(self, folder: str) -> list[Node]:
        """Return what stands directly in a folder; an empty one does not exist."""
        below = f"{folder}/" if folder else ""
        folders, keys = self._bucket.level(below)
        found = [Node(path=one.removesuffix("/"), kind="folder") for one in folders]
        found += [_node(one) for one in keys if one.name != below]
        if not found and folder:
            raise FileNotFoundError(errno.ENOENT, "no such keys", folder)
        return sorted(found, key=lambda one: one.path)

    def walk(self, folder: str) -> Iterator[Node]:
        """Yield all files below a folder, but for what a writer is about to make a version of."""
        keys = list(self._bucket.keys(f"{folder}/"))
        unfinished = self._in_the_making(keys)
        yield from (_node(one) for one in keys if _attempt(one) not in unfinished)

    def read(self, path: str) -> bytes:
        """Return a small file."""
        if (data := self._bucket.get(path)) is None:
            time.sleep(self._bucket.place.patience)
            data = self._bucket.get(path)
        if data is None:
            raise FileNotFoundError(errno.ENOENT, "no such key", path)
        return data

    def digest(self, path: str, *, both: bool, passing: Passing) -> Read:
        """Read a file of any size to its end, once."""
        found = self._bucket.blocks(path, lambda blocks: digest_blocks(blocks, both=both, passing=passing))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such key", path)
        return found

    def _in_the_making(self, keys: list[Key]) -> set[tuple[str, str]]:
        """Return the attempts, by version and name, that are young and that no inventory names."""
        young = datetime.now(UTC) - IN_THE_MAKING
        attempts = {at: max(one.changed for one in some) for at, some in groupby(keys, _attempt) if at is not None}
        committed = {one.name for one in keys if one.name.endswith(f"/{INVENTORY}")}
        several = {version for version, _ in attempts if sum(1 for other, _ in attempts if other == version) > 1}
        found = set()
        for (version, attempt), changed in attempts.items():
            path = f"{version}/{INVENTORY}"
            unnamed = path not in committed or (version in several and not self._names(path, attempt))
            if unnamed and changed > young:
                found.add((version, attempt))
        return found

    def _names(self, path: str, attempt: str) -> bool:
        try:
            manifest = json.loads(self._bucket.get(path) or b"{}")["manifest"]
        except (ValueError, KeyError):  # its examination will say so
            return True
        return any(f"/content/{attempt}/" in name for paths in manifest.values() for name in paths)


def _attempt(key: Key) -> tuple[str, str] | None:
    hit = _ATTEMPT.fullmatch(key.name)
    return (hit["version"], hit["attempt"]) if hit else None


def _node(key: Key) -> Node:
    return Node(path=key.name, kind="file", bytes=key.bytes)
