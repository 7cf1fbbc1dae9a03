"""Bucket: the few calls on an S3 store that a vault is made of, each of which may be repeated."""

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pipeline.errors import Unavailable
from pipeline.vault.files import BUFFER, Digests, copy_blocks
from pipeline.vault.s3.answers import CONFLICT, GONE, TAKEN, broken_off, code_of, speaking
from pipeline.vault.s3.parts import checksum, upload
from pipeline.vault.s3.place import Place

T = TypeVar("T")
_LOST, _OTHER_BYTES = "E-S3-001", "E-S3-004"
_AGAIN = 3
_CONFLICTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key that a listing gave, below the place's prefix."""

    name: str
    bytes: int
    changed: datetime


class Bucket:
    """The keys below a place's prefix. May be used by any thread, and in forked children."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._before = f"{place.prefix}/" if place.prefix else ""

    def put(self, name: str, data: bytes) -> None:
        """Put a small value, over what is there; the store checks on arrival that nothing changed on the way."""
        self._call(lambda s3: s3.put_object(**self._at(name), Body=data, **checksum(data)))

    def put_new(self, name: str, data: bytes) -> bool:
        """Put a small value unless the key exists; tell whether what is there afterwards is this value.

        An attempt whose answer was lost finds its own value there when it is repeated, which
        counts as put. Of several writers of different values exactly one is told so.
        """
        for left in reversed(range(_CONFLICTS)):
            try:
                self._call(lambda s3: _put_new(s3, {**self._at(name), **checksum(data)}, data))
            except Unavailable as err:
                conflict = code_of(err.__cause__) == CONFLICT  # somebody is putting it at this moment
                if conflict and left:
                    time.sleep(random.uniform(0.01, 0.2))  # noqa: S311 - spreads writers, guards nothing
                    continue
                if err.code != _LOST or self.get(name) != data:
                    raise
            if (there := self.get(name)) is not None:
                return there == data
        raise Unavailable(f"{self.place.url}: what was put is not there", code=_OTHER_BYTES)

    def put_file(self, name: str, path: Path, digests: Digests) -> None:
        """Put a file's bytes, in parts where it is large; ``Unavailable`` when other bytes arrived."""
        if digests.bytes > self.place.part_bytes:
            expected = upload(self._call, self._at(name), path, self.place.part_bytes)
        else:
            data = path.read_bytes()
            self._call(lambda s3: s3.put_object(**self._at(name), Body=data, **checksum(data)))
            expected = checksum(data)["ChecksumSHA256"]
        seen = self._head(name)
        wrong = seen is None or seen["ContentLength"] != digests.bytes
        if seen is not None and not wrong:
            said = seen.get("ChecksumSHA256")  # a store that gives none is asked for the bytes themselves
            wrong = said.partition("-")[0] != expected if said else self._read_back(name) != digests.sha256
        if wrong:
            raise Unavailable(f"{self.place.url}: other bytes arrived than were sent", code=_OTHER_BYTES)

    def get(self, name: str) -> bytes | None:
        """Read a small value; ``None`` when there is no such key."""
        return self._call(lambda s3: _body(s3, self._at(name), lambda body: bytes(body.read())))

    def fetch(self, name: str, target: Path) -> Digests | None:
        """Write a key's bytes into a new file and digest them on the way; ``None`` when there is no such key."""

        def write(body: Any) -> Digests:
            target.unlink(missing_ok=True)
            out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
            try:
                return copy_blocks((memoryview(one) for one in body.iter_chunks(BUFFER)), out)
            finally:
                os.close(out)

        return self._call(lambda s3: _body(s3, self._at(name), write))

    def bytes_of(self, name: str) -> int | None:
        """Return the size of a key; ``None`` when there is no such key."""
        seen = self._head(name)
        return None if seen is None else int(seen["ContentLength"])

    def keys(self, below: str = "", *, after: str | None = None) -> Iterator[Key]:
        """List the keys that begin with ``below``, in the order of their bytes; ``after`` passes over earlier ones."""
        query: dict[str, Any] = {"Bucket": self.place.bucket, "Prefix": self._before + below}
        if after is not None:
            query["StartAfter"] = self._before + after
        for page in self._pages(query):
            yield from map(self._key, page.get("Contents", ()))

    def any(self, below: str, *, but: frozenset[str] = frozenset()) -> str | None:
        """Return some key that begins so and is not one of a few others."""
        query = {"Bucket": self.place.bucket, "Prefix": self._before + below, "MaxKeys": len(but) + 1}
        return next(
            (one.name for one in map(self._key, self._page(query).get("Contents", ())) if one.name not in but), None
        )

    def level(self, folder: str) -> tuple[list[str], list[Key]]:
        """List what stands directly below a name that ends in ``/``: further such names, and keys."""
        query = {"Bucket": self.place.bucket, "Prefix": self._before + folder, "Delimiter": "/"}
        folders: list[str] = []
        keys: list[Key] = []
        for page in self._pages(query):
            folders += (one["Prefix"].removeprefix(self._before) for one in page.get("CommonPrefixes", ()))
            keys += map(self._key, page.get("Contents", ()))
        return folders, keys

    def blocks(self, name: str, take: Callable[[Iterator[bytes]], T]) -> T | None:
        """Hand a key's bytes to ``take`` as they come, anew where they break off; ``None`` where there is no key."""
        return self._call(lambda s3: _body(s3, self._at(name), lambda body: take(body.iter_chunks(BUFFER))))

    def delete(self, name: str) -> None:
        """Delete a key; one that is gone already is no fault."""
        self._call(lambda s3: s3.delete_object(**self._at(name)))

    def clear(self, below: str) -> None:
        """Delete every key that begins with ``below``, and uploads in parts that were never ended."""
        where = {"Bucket": self.place.bucket, "Prefix": self._before + below}
        for one in self._call(lambda s3: s3.list_multipart_uploads(**where)).get("Uploads", ()):
            self._abort({"Bucket": self.place.bucket, "Key": one["Key"], "UploadId": one["UploadId"]})
        for name in [one.name for one in self.keys(below)]:
            self.delete(name)

    def _pages(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        page = self._page(query)
        yield page
        while page.get("IsTruncated"):
            page = self._page({**query, "ContinuationToken": page["NextContinuationToken"]})
            yield page

    def _page(self, query: dict[str, Any]) -> dict[str, Any]:
        return self._call(lambda s3: dict(s3.list_objects_v2(**query)))

    def _key(self, one: dict[str, Any]) -> Key:
        return Key(name=one["Key"].removeprefix(self._before), bytes=one["Size"], changed=one["LastModified"])

    def _abort(self, upload: dict[str, str]) -> None:
        self._call(lambda s3: s3.abort_multipart_upload(**upload))

    def _read_back(self, name: str) -> str | None:
        def read(blocks: Iterator[bytes]) -> str:
            seen = hashlib.sha256()
            for block in blocks:
                seen.update(block)
            return seen.hexdigest()

        return self.blocks(name, read)

    def _head(self, name: str) -> dict[str, Any] | None:
        return self._call(lambda s3: _or_none(lambda: dict(s3.head_object(**self._at(name), ChecksumMode="ENABLED"))))

    def _call(self, ask: Callable[[Any], T]) -> T:
        """Ask the store. Its client repeats what was not answered; what broke off in the middle is repeated here."""
        for left in reversed(range(_AGAIN)):
            try:
                with speaking(self.place.url):
                    return ask(_client(self.place, os.getpid()))
            except Unavailable as err:
                if not left or not broken_off(err.__cause__):
                    raise
                time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - spreads callers, guards nothing
        raise AssertionError

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket, "Key": self._before + name}


@cache
def _client(place: Place, _process: int) -> Any:
    """Return a process's client for a place: making one takes a tenth of a second, and any thread may use it."""
    import botocore.session
    from botocore.config import Config

    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    key, secret = place.access or (None, None)
    with speaking(place.url):
        return session.create_client(
            "s3", endpoint_url=place.endpoint, region_name=place.region,
            aws_access_key_id=key, aws_secret_access_key=secret,
            config=Config(
                connect_timeout=place.connect_seconds, read_timeout=place.read_seconds,
                retries={"mode": "standard", "total_max_attempts": place.tries},
                s3={"addressing_style": "path" if place.endpoint else "auto"},
                max_pool_connections=32,
            ),
        )  # fmt: skip


@cache
def _loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader()


def _put_new(s3: Any, where: dict[str, Any], data: bytes) -> None:
    from botocore.exceptions import ClientError

    try:
        s3.put_object(**where, Body=data, IfNoneMatch="*")
    except ClientError as err:
        if code_of(err) != TAKEN:
            raise


def _body(s3: Any, at: dict[str, str], read: Callable[[Any], T]) -> T | None:
    def answer() -> T:
        with closing(s3.get_object(**at)["Body"]) as body:
            return read(body)

    return _or_none(answer)


def _or_none(ask: Callable[[], T]) -> T | None:
    from botocore.exceptions import ClientError

    try:
        return ask()
    except ClientError as err:
        if code_of(err) in GONE:
            return None
        raise
