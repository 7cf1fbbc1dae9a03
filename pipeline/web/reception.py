"""Reception: who asks, what they may use, and whether a request that changes something is theirs."""

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from pipeline.errors import PipelineError
from pipeline.service import App
from pipeline.service.viewing import Sittings
from pipeline.web.guard import Buckets, Stopped, address

OpenApp = Callable[[], App]

COOKIE = "evidence_session"
_PREFIXED = "__Host-evidence_session"
_SAFE = frozenset({"GET", "HEAD"})
_LONGEST_SECRET = 200


@dataclass(slots=True)
class Reception:
    """What all requests share: the installation, opened by the first of them, and what is under way."""

    open_app: OpenApp
    per_person: float
    logins: float
    sittings: Sittings = field(default_factory=Sittings)
    _app: App | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)
    people: Buckets = field(init=False)
    attempts: Buckets = field(init=False)

    def __post_init__(self) -> None:
        self.people = Buckets(per_minute=self.per_person)
        self.attempts = Buckets(per_minute=self.logins)

    @property
    def app(self) -> App:
        """The installation, for nobody in particular."""
        with self._turn:
            if self._app is None:
                self._app = self.open_app()
            return self._app

    def close(self) -> None:
        """Close what was opened."""
        with self._turn:
            if self._app is not None:
                self._app.close()
                self._app = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who is let in: the installation as they may use it."""

    app: App
    id: str
    name: str
    by: str
    csrf: str | None
    must_change: bool
    sittings: Sittings

    @property
    def program(self) -> bool:
        """Whether a program asks, which keeps what it reads."""
        return self.by == "token"


def reception_of(request: Request) -> Reception:
    """Return what all requests share."""
    found: Reception = request.app.state.reception
    return found


def cookie_name(request: Request) -> str:
    """Return the cookie's name; over TLS one that no other host or path can set."""
    return _PREFIXED if request.url.scheme == "https" else COOKIE


def session_of(request: Request) -> str | None:
    """Return the secret of the browser's session."""
    found = request.cookies.get(cookie_name(request))
    return found if found and len(found) <= _LONGEST_SECRET else None


def signed_in(request: Request) -> Caller:
    """Say who asks; ``NotSignedIn`` when nobody, ``Stopped`` when too often or from another page."""
    return known(request, request.headers.get("x-csrf-token"))


def known(request: Request, sent: str | None) -> Caller:
    """Say who asks; ``sent`` is what shows that a page of theirs asks, where something is to be changed."""
    here = reception_of(request)
    token, session = _bearer(request), session_of(request)
    found = here.app.signing_in.who(token=token, session=None if token is not None else session)
    if wait := here.people.take(found.person_id):
        request.state.wait = wait
        raise Stopped("E-WEB-003")
    theirs = bool(sent and found.csrf and _same(sent, found.csrf))
    if token is None and request.method not in _SAFE and not theirs:
        raise Stopped("E-WEB-002")
    return Caller(
        app=here.app.as_person(found.person_id, scopes=found.scopes), id=found.person_id, name=found.name,
        by=found.by, csrf=found.csrf, must_change=found.must_change, sittings=here.sittings,
    )  # fmt: skip


def _bearer(request: Request) -> str | None:
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, secret = given.partition(" ")
    return secret.strip()[:_LONGEST_SECRET] if scheme.lower() == "bearer" else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def let_try(request: Request) -> None:
    """Count an attempt to sign in; ``Stopped`` when there were too many from there."""
    if wait := reception_of(request).attempts.take(address(request.scope)):
        request.state.wait = wait
        raise Stopped("E-WEB-003")


def may(found: Caller) -> Caller:
    """Let nobody further whose password is still the one that somebody else knows."""
    if found.must_change:
        raise PipelineError("the password must be changed first", code="E-LOGIN-006")
    return found


def _allowed(request: Request) -> Caller:
    return may(signed_in(request))


Signed = Annotated[Caller, Depends(_allowed)]
"""Who asks, in a handler's arguments."""

Half = Annotated[Caller, Depends(signed_in)]
"""Who asks, also where their password must be changed first."""

Json = dict[str, Any]
