"""Download: bytes from an address into a file, resumed where they stopped, bounded in time and size."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from pipeline.errors import Misconfigured, Unavailable
from pipeline.weights.disk import Progress, sha256_of

ANSWER_SECONDS = 10.0
"""An address that has not begun to answer by then counts as unreachable."""

_READ_SECONDS = 60.0
_TRIES = 5
_PAGE_BYTES = 32_000_000
_LARGEST = 50_000_000_000
_DIGEST = "x-linked-etag"
"""Where a hub states the SHA-256 of a large file; of a small one it states another digest, of another length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A short answer: where it came from in the end, its type, its bytes."""

    url: str
    type: str
    content: bytes


class Downloads:
    """Addresses that answer, and those that did not: an unreachable host is waited for once."""

    def __init__(self, client: httpx.Client, progress: Progress | None = None) -> None:
        client.timeout = httpx.Timeout(_READ_SECONDS, connect=ANSWER_SECONDS)
        self._client = client
        self._progress = progress
        self._silent: dict[str, str] = {}

    def page(self, url: str, accept: str) -> Page | None:
        """Return a page, or ``None`` when there is none at this address."""
        with self._answer(url, {"Accept": accept}) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            _raise_for(answer, url)
            content = bytearray()
            try:
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > _PAGE_BYTES:
                        raise Unavailable(f"{urlsplit(url).hostname} sent too long a page")
            except httpx.TransportError as err:
                raise Unavailable(f"{urlsplit(url).hostname} broke off a page: {err}") from err
            return Page(url=str(answer.url), type=answer.headers.get("content-type", ""), content=bytes(content))

    def file(self, url: str, target: Path, size: int, sha256: str) -> None:
        """Bring a file here, going on from what is there; it has this size and digest afterwards."""
        if urlsplit(url).scheme == "file":
            _copy(url, target)
        self._whole(url, target, size)
        check(target, size, sha256)

    def fresh(self, url: str, target: Path) -> tuple[int, str]:
        """Bring a file here whose size and digest nobody has written down yet; return both.

        Where the address states them itself (a length, a digest of a large file), they must agree.
        """
        if urlsplit(url).scheme == "file":
            _copy(url, target)
            return target.stat().st_size, sha256_of(target)
        with self._answer(url, {"Range": "bytes=0-0"}) as answer:
            _raise_for(answer, url)
            length = answer.headers.get("content-range", "").rpartition("/")[2] or answer.headers["content-length"]
            said = next(
                (one.headers[_DIGEST].strip('"') for one in (*answer.history, answer) if _DIGEST in one.headers), ""
            )
        size = int(length)
        if size > _LARGEST:
            raise Misconfigured(f"{target.name} is larger than any model that is used here")
        self._whole(url, target, size)
        found = sha256_of(target)
        if _size(target) != size or (len(said) == len(found) and said != found):
            target.unlink()
            raise wrong(target, f"{size} bytes, SHA-256 {said or 'not stated'}", found)
        return size, found

    def _whole(self, url: str, target: Path, size: int) -> None:
        for left in reversed(range(_TRIES)):
            before = _size(target)
            try:
                if before < size:
                    self._append(url, target, size)
            except httpx.TransportError as err:
                if not left or _size(target) <= before:  # cut off again without a byte: no use
                    raise Unavailable(f"{urlsplit(url).hostname} broke off {target.name}: {err}") from err
            else:
                return

    def _append(self, url: str, target: Path, size: int) -> None:
        have = _size(target)
        with self._answer(url, {"Range": f"bytes={have}-"} if have else {}) as answer, target.open("ab") as out:
            _raise_for(answer, url)
            if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                have = 0  # it sends everything
            out.truncate(have)
            for chunk in answer.iter_raw():  # as it comes: what has arrived when it breaks off is kept
                have += len(chunk)
                if have > size:
                    raise wrong(target, f"{size} bytes", "more")
                out.write(chunk)
                if self._progress:
                    self._progress(target.name, have, size)
            out.flush()
            os.fsync(out.fileno())

    @contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Lend the begun answer. A name may resolve to many dead addresses: the limit is for all of them."""
        host = urlsplit(url).netloc.rpartition("@")[2]
        if host in self._silent:
            raise Unavailable(self._silent[host])
        got: list[httpx.Response | httpx.HTTPError | httpx.InvalidURL] = []

        def ask() -> None:
            try:
                request = self._client.build_request("GET", url, headers=headers)
                got.append(self._client.send(request, stream=True))
            except (httpx.HTTPError, httpx.InvalidURL) as err:
                got.append(err)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(ANSWER_SECONDS)
        answer = got[0] if got else httpx.ConnectTimeout(f"no answer in {ANSWER_SECONDS:g} s")
        if not isinstance(answer, httpx.Response):
            self._silent[host] = f"{host} could not be reached: {answer}"
            raise Unavailable(self._silent[host]) from answer
        try:
            yield answer
        finally:
            answer.close()


def check(file: Path, size: int, sha256: str) -> None:
    """Raise ``Misconfigured`` naming file, expected and found; a wrong file does not stay."""
    found = sha256_of(file)
    if found != sha256 or file.stat().st_size != size:
        file.unlink()
        raise wrong(file, f"SHA-256 {sha256}", found)


def wrong(file: Path, expected: str, found: str) -> Misconfigured:
    """Return the error for weights that are not as promised."""
    return Misconfigured(f"{file}: expected {expected}, found {found}", code="E-CONF-005")


def _copy(url: str, target: Path) -> None:
    try:
        shutil.copyfile(unquote(urlsplit(url).path), target)
    except FileNotFoundError as err:
        raise Unavailable(f"{target.name} is not in the folder that was named") from err


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _raise_for(answer: httpx.Response, url: str) -> None:
    if answer.is_error:
        raise Unavailable(f"{urlsplit(url).hostname} answered {answer.status_code}")
