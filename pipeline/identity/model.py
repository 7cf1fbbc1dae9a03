"""Model: what identity tells the rest of the program; secrets appear only where they are handed out."""

from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import CODES, PipelineError

By = Literal["password", "oidc", "token"]
"""How somebody showed who they are."""


class NotSignedIn(PipelineError):  # noqa: N818 (a domain word, as in errors.py)
    """Nobody is known by these credentials; the same words whatever was wrong with them."""

    code = "E-LOGIN-001"

    def __init__(self) -> None:
        super().__init__(CODES["E-LOGIN-001"].meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks. ``scopes`` are the permissions that a token keeps to; ``None`` in a session, which keeps to none."""

    person_id: str
    name: str
    by: By
    scopes: frozenset[str] | None = None
    csrf: str | None = field(default=None, repr=False)
    """Of a session: what every request that changes something must send along."""
    must_change: bool = False
    """The password was issued by an administrator, and waits for one that only its owner knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session just opened. ``secret`` goes into the cookie and nowhere else; only its digest is kept."""

    secret: str = field(repr=False)
    csrf: str = field(repr=False)
    person_id: str
    until: float
    """When it ends at the latest, in seconds of the epoch."""
    must_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of an attempt to sign in: for the custody log, never for who tried."""

    person_id: str | None
    """Whose account it was; ``None`` for a name that nobody bears."""
    passed: bool
    locked: bool = False
    """This attempt closed the account for a while."""
    ignored: bool = False
    """The account was closed already: nothing was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A local account, as its administrator sees it."""

    person_id: str
    login: str
    second_factor: bool
    must_change: bool
    locked: bool
    failures: int
    closed_until: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token without its secret. Times are seconds of the epoch."""

    id: str
    person_id: str
    name: str
    scopes: frozenset[str]
    made: float
    until: float | None
    used: float | None
    revoked: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody at an identity provider, bound to a person here by an administrator."""

    issuer: str
    subject: str
    person_id: str
