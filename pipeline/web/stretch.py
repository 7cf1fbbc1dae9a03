"""Stretch: a file, or a part of it, sent in bounded blocks while it is lent; ranges and conditions of RFC 9110."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from anyio import CancelScope, create_task_group
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pipeline.service.viewing import Lent

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")
_TAG = re.compile(r'(?:W/)?"([^"]*)"')

OF_EVIDENCE = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
"""What a browser may do with a file of the material that is opened by itself: show it, and nothing else."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from ``first`` to before ``end``."""

    first: int
    end: int


def part_of(header: str | None, size: int) -> Part | None:
    """Return the part that a Range header asks for; ``None``: the whole. ``LookupError``: there is no such part.

    Several ranges at once, other units and what is malformed count as no range, as RFC 9110 allows: an answer
    in many parts could be made many times as long as the file.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        length = int(found["last"])
        if length == 0 or size == 0:
            raise LookupError
        return Part(max(size - length, 0), size)
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else size - 1
    if found["last"] and last < first:
        return None
    if first >= size:
        raise LookupError
    return Part(first, min(last + 1, size))


def same_tag(header: str | None, tag: str) -> bool:
    """Tell whether a list of entity tags names this one."""
    if header is None:
        return False
    return header.strip() == "*" or tag in _TAG.findall(header)


class Stretch(Response):
    """The answer. The file is opened when the answer begins, and let go of whoever goes away meanwhile."""

    def __init__(self, lent: Lent, headers: Headers) -> None:
        self._lent, tag = lent, lent.sha256
        told = {
            "ETag": f'"{tag}"', "Accept-Ranges": "bytes", "Content-Security-Policy": OF_EVIDENCE,
            "Content-Disposition": _disposition(lent),
            "Cache-Control": "private, no-cache" if lent.lasting else "private, no-store",
        }  # fmt: skip
        self._part = Part(0, lent.size)
        if same_tag(headers.get("if-none-match"), tag):
            super().__init__(status_code=304, headers=told)
            del self.headers["content-length"]
            self._part = Part(0, 0)
            return
        status = 200
        try:
            # Without a match of If-Range what the asker has is of another file: they get all of this one.
            fresh = headers.get("if-range") is None or headers["if-range"] == f'"{tag}"'
            wanted = part_of(headers.get("range"), lent.size) if fresh else None
        except LookupError:
            super().__init__(status_code=416, headers={**told, "Content-Range": f"bytes */{lent.size}"})
            self._part = Part(0, 0)
            return
        if wanted is not None:
            status, self._part = 206, wanted
            told["Content-Range"] = f"bytes {wanted.first}-{wanted.end - 1}/{lent.size}"
        super().__init__(status_code=status, headers=told, media_type=lent.media_type)
        self.headers["content-length"] = str(self._part.end - self._part.first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until it is sent or whoever asked has gone."""
        if scope["method"] == "HEAD" or self._part.first == self._part.end:
            await self._begin(send)
            await send({"type": "http.response.body", "body": b""})
            return
        stack = ExitStack()
        try:
            blocks = await run_in_threadpool(self._blocks, stack)
            await self._begin(send)  # only now: what cannot be opened is an error, not half an answer
            async with create_task_group() as together:
                together.start_soon(_until_gone, receive, together.cancel_scope)
                while block := await run_in_threadpool(next, blocks, b""):
                    await send({"type": "http.response.body", "body": block, "more_body": True})
                await send({"type": "http.response.body", "body": b""})
                together.cancel_scope.cancel()
        finally:
            with CancelScope(shield=True):  # what was lent is given back also to who went away
                await run_in_threadpool(stack.close)

    async def _begin(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

    def _blocks(self, stack: ExitStack) -> Iterator[bytes]:
        path: Path = stack.enter_context(self._lent.open())
        return _read(self._lent.head, stack.enter_context(path.open("rb")), self._part)


def _read(head: bytes, file: BinaryIO, part: Part) -> Iterator[bytes]:
    """Yield a part of ``head`` and the file, as if they were one."""
    at = part.first
    if at < len(head):
        block = head[at : min(part.end, len(head))]
        at += len(block)
        yield block
    if at < part.end:
        file.seek(at - len(head))
    while at < part.end:
        block = file.read(min(BLOCK, part.end - at))
        if not block:
            raise OSError("the file is shorter than it was")
        at += len(block)
        yield block


async def _until_gone(receive: Receive, sending: CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sending.cancel()


def _disposition(lent: Lent) -> str:
    """Say that it is to be shown, or that it is mere bytes; its name is its digest and never the submitter's."""
    how = "attachment" if lent.media_type == "application/octet-stream" else "inline"
    return f'{how}; filename="{lent.asset[:16]}-{lent.role}"'
