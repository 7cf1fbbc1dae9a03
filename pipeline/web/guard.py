"""Guard: what every request passes before anything looks at it, and what every answer says to browsers."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from threading import Lock

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import CODES, Misconfigured, PipelineError
from pipeline.web.problems import answer, unforeseen

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")
_MOST_BODY = 64 * 1024
"""Bytes of a request: forms and questions, never material."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # no-referrer would have browsers hide where a form comes from, which is what is checked
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}  # fmt: skip


class Stopped(PipelineError):  # noqa: N818 (a domain word, as in errors.py)
    """The request goes no further."""

    def __init__(self, code: str) -> None:
        super().__init__(CODES[code].meaning, code=code)


@dataclass(slots=True, kw_only=True)
class Buckets:
    """So many requests a minute for each name, with a reserve of as many as come in ``reserve`` seconds.

    Names are forgotten, the longest unused first, when there are too many.
    """

    per_minute: float
    reserve: float = 30.0
    most: int = 20_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, name: str) -> float:
        """Return 0 when one more is allowed now, else after how many seconds one will be."""
        rate, full = self.per_minute / 60, max(self.per_minute * self.reserve / 60, 1.0)
        now = time.monotonic()
        with self._lock:
            left, at = self._left.pop(name, (full, now))
            left = min(full, left + (now - at) * rate)
            allowed = left >= 1
            self._left[name] = (left - 1 if allowed else left), now
            if len(self._left) > self.most:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate


class Guard:
    """Looks at hosts, at where a request comes from, at its size and at how many there are."""

    def __init__(
        self, app: ASGIApp, *, names: Collection[str], per_minute: float, ancestors: str = "'none'",
        https: bool = False, broken: Callable[[Scope, PipelineError], ASGIApp] | None = None,
    ) -> None:  # fmt: skip
        """``broken`` returns the answer to a request on which something failed that nobody foresaw."""
        self._app, self._broken = app, broken or (lambda _scope, err: answer(err))
        self._names = frozenset(one.lower() for one in names)
        self._buckets = Buckets(per_minute=per_minute)
        self._policy = POLICY.format(ancestors=ancestors)
        self._framed, self._https = ancestors != "'none'", https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # nothing here speaks another way
        if self._https:
            scope = {**scope, "scheme": "https"}
        headers, sending = Headers(scope=scope), self._told(send, tls=scope["scheme"] == "https")
        try:
            self._check(scope, headers)
            wait = self._buckets.take(address(scope))
            if wait:
                too_many = answer(Stopped("E-WEB-003"), {"Retry-After": str(int(wait) + 1)})
                await too_many(scope, receive, sending)
                return
        except Stopped as err:
            await answer(err)(scope, receive, sending)
            return
        await self._pass_on(scope, _bounded(receive), sending)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; an error that nobody foresaw is told by its code alone, and logged by its place."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as err:  # noqa: BLE001 (whatever it is, its text may quote the material)
            told = self._broken(scope, unforeseen(err))
            if begun:
                raise Broken from None  # the connection ends: what was sent is not the whole
            await told(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        hosts = headers.getlist("host")
        found = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if found is None or found["name"].lower() not in self._names:
            raise Stopped("E-WEB-001")
        if "content-length" in headers and "transfer-encoding" in headers:  # two lengths: one of them is a lie
            raise Stopped("E-WEB-006")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 10 or int(length) > _MOST_BODY:  # noqa: PLR2004 (digits)
            raise Stopped("E-WEB-007")
        for reason in _from_elsewhere(scope, headers, hosts[0]):
            raise Stopped(reason)

    def _told(self, send: Send, *, tls: bool) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", self._policy)
                if tls:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not self._framed:
                    headers["X-Frame-Options"] = "DENY"
                # Evidence, and what is said of it, is in no cache unless an answer says otherwise.
                headers.setdefault("Cache-Control", "private, no-store")
                headers.append("Vary", "Cookie, Authorization, Accept-Language")
            await send(message)

        return sending


def address(scope: Scope) -> str:
    """Return where a request comes from, as far as the connection tells; headers can say anything."""
    client = scope.get("client")
    return str(client[0]) if client else "local"


def _from_elsewhere(scope: Scope, headers: Headers, host: str) -> Iterator[str]:
    """Yield why a request that another page may have caused is not let in."""
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    visit = scope["method"] == "GET" and mode == "navigate" and headers.get("sec-fetch-dest") == "document"
    if site not in (None, "same-origin", "none") and not visit:
        yield "E-WEB-002"
    origin = headers.get("origin")
    # A page of another port of this host is another site, too.
    if scope["method"] not in _SAFE and origin is not None and origin.partition("://")[2].lower() != host.lower():
        yield "E-WEB-002"


def _bounded(receive: Receive) -> Receive:
    """Stop a body that is longer than it may be, however it was announced."""
    read = 0

    async def receiving() -> Message:
        nonlocal read
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > _MOST_BODY:
                raise TooLong("the body is too long")
        return message

    return receiving


class Broken(Exception):  # noqa: N818 (what the server closes the connection for; it says nothing)
    """An answer that could not be finished."""


class TooLong(Misconfigured):
    """A body longer than it may be."""

    code = "E-WEB-007"
