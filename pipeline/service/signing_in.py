"""Signing in: who comes, by password, provider, session or token, and the credentials of one's own.

Whoever asks to sign in is nobody yet: ``log_in``, ``who`` and ``log_out`` ask the gate for nothing.
All else is done as the person of the App. Every act, and every failure, is an entry of the custody
log, by person id only.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.core.document import spelled, written
from pipeline.core.people import EVERY, Permission
from pipeline.errors import Misconfigured, PipelineError
from pipeline.identity.accounts import Accounts, Lasting
from pipeline.identity.model import Identity, NotSignedIn, Session, Token
from pipeline.identity.oidc import Client, Provider, Unproven
from pipeline.service.door import Door
from pipeline.usecases.home import STRANGER, Home

_TOKEN_DAYS, _MOST_DAYS = 90, 366


class SigningIn:
    """Sessions and tokens of this installation's people."""

    def __init__(self, door: Door, accounts: Accounts) -> None:
        self._door = door
        self._home = door.home
        self._accounts = accounts

    def log_in(self, login: str, password: str, code: str = "", *, replaces: str | None = None) -> Session:
        """Open a session; ``NotSignedIn`` (E-LOGIN-001), whatever was wrong. ``replaces``: the browser's old one.

        ``code`` is that of the second factor, or a recovery code; who has none gives none.
        """
        person = self._passed(login, password, code)
        session = self._accounts.sessions.open(person, "password", replaces=replaces)
        self._note("login", person, by="password")
        return session

    def who(self, *, token: str | None = None, session: str | None = None) -> Identity:
        """Say who asks with this token, or in this session; ``NotSignedIn`` (E-LOGIN-001) when nobody."""
        try:
            found = self._accounts.who(token=token, session=session)
        except NotSignedIn:
            if token is not None and (dead := self._accounts.tokens.refused(token)) is not None:
                self._note("token-refused", STRANGER, subject=dead.person_id, token=dead.id)
            raise
        person = self._home.people.persons.get(found.person_id)
        if person is None:
            raise NotSignedIn
        return replace(found, name=person.name)

    def log_out(self, session: str) -> None:
        """End a session."""
        if person := self._accounts.sessions.end(session):
            self._note("logout", person)

    def has_provider(self) -> bool:
        """Tell whether an identity provider is configured."""
        return self._home.settings.oidc_issuer is not None

    def provider_address(self) -> tuple[str, str]:
        """Begin to sign in at the provider; return where the browser goes, and a secret for its cookie."""
        flow = self._accounts.subjects.begin()
        return self._provider().address(flow), flow.secret

    def log_in_by_provider(self, cookie: str, state: str, code: str, *, replaces: str | None = None) -> Session:
        """Open a session for whom the provider names, once an administrator said who that is.

        ``NotSignedIn`` when nobody did, or the browser did not begin this; ``Unproven`` (E-LOGIN-005)
        when the provider's answer does not hold.
        """
        flow = self._accounts.subjects.take(cookie, state)
        if flow is None:
            self._note("login-failed", STRANGER, by="oidc")
            raise NotSignedIn
        try:
            subject = self._provider().subject(flow, code)
        except Unproven as err:
            self._note("login-failed", STRANGER, by="oidc", code=err.code)
            raise
        person = self._accounts.subjects.person(self._issuer(), subject)
        if person is None:
            self._note("login-failed", STRANGER, by="oidc")
            raise NotSignedIn
        session = self._accounts.sessions.open(person, "oidc", replaces=replaces)
        self._note("login", person, by="oidc")
        return session

    def change_password(self, old: str, new: str) -> Session:
        """Change the password of one's own; every session ends, and one is opened anew."""
        person = self._myself("account-password")
        self._proven(person, old)
        self._accounts.set_password(person, new, given=False)
        self._note("account-password", person, subject=person)
        return self._accounts.sessions.open(person, "password")

    def begin_second_factor(self, password: str | None = None) -> dict[str, Any]:
        """Return a new secret for a device, and the address that it reads; in force once confirmed."""
        person = self._myself("second-factor")
        self._proven(person, password)
        secret, address = self._accounts.second_factor.begin(person)
        return {"secret": secret, "address": address}

    def confirm_second_factor(self, code: str) -> dict[str, Any]:
        """Put the new secret in force; return recovery codes, once. Sessions end: sign in with it now."""
        person = self._myself("second-factor")
        codes = self._accounts.second_factor.confirm(person, code)
        self._note("second-factor-on", person, subject=person)
        return {"recovery_codes": codes}

    def tokens(self) -> dict[str, Any]:
        """List one's own tokens, without their secrets."""
        return {"tokens": [told_token(one) for one in self._accounts.tokens.listed(self._home.actor)]}

    def make_token(
        self, name: str, *, scopes: Sequence[str] = (), days: int = _TOKEN_DAYS
    ) -> dict[str, Any]:  # fmt: skip
        """Make a token for oneself; ``secret`` is told here and never again. No ``scopes`` are all permissions."""
        person = self._myself("token-make")
        if not 0 < days <= _MOST_DAYS:
            raise Misconfigured(f"a token lasts 1 to {_MOST_DAYS} days", code="E-CONF-009")
        try:
            label, wanted = spelled(name), frozenset(str(Permission(one)) for one in scopes) or frozenset(EVERY)
        except ValueError as err:
            raise Misconfigured(f"{err}; there are: {', '.join(sorted(EVERY))}", code="E-CONF-009") from err
        until = (datetime.now(UTC) + timedelta(days=days)).timestamp()
        made, secret = self._accounts.tokens.make(person, label, scopes=wanted, until=until)
        self._note("token-make", person, subject=person, token=made.id, scopes=sorted(wanted))
        return {**told_token(made), "secret": secret}

    def revoke_token(self, token: str) -> dict[str, Any]:
        """End one of one's own tokens; somebody else's is answered like one that does not exist."""
        ended = self._accounts.tokens.revoke(token, self._home.actor)
        self._note("token-revoke", self._home.actor, subject=ended.person_id, token=ended.id)
        return told_token(ended)

    def _myself(self, act: str) -> str:
        """Return the acting person; not through a token, which would outlive itself by making another."""
        if self._home.actor == STRANGER or self._home.within is not None:
            raise self._door.denied(act, "", "a token, or a stranger, has no credentials to manage", "E-ACCESS-001")
        return self._home.actor

    def _proven(self, person: str, password: str | None) -> None:
        """Have whoever sits at an open session show that they know the password; a shell here needs none."""
        if self._home.acting is None and password is None:
            return
        self._passed(self._accounts.account(person).login, password or "", None)

    def _passed(self, login: str, password: str, code: str | None) -> str:
        tried = self._accounts.try_password(login, password, code or "", factor=code is not None)
        if tried.passed and tried.person_id is not None:
            return tried.person_id
        if not tried.ignored:
            self._note("login-locked" if tried.locked else "login-failed", STRANGER, subject=tried.person_id)
        raise NotSignedIn

    def _provider(self) -> Provider:
        settings = self._home.settings
        if not (settings.oidc_client_id and settings.oidc_redirect):
            raise Misconfigured("oidc_issuer needs oidc_client_id and oidc_redirect", code="E-LOGIN-005")
        secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        return self._accounts.provider(
            Client(issuer=self._issuer(), id=settings.oidc_client_id, secret=secret, redirect=settings.oidc_redirect)
        )

    def _issuer(self) -> str:
        if self._home.settings.oidc_issuer is None:
            raise PipelineError("no identity provider is configured", code="E-LOGIN-005")
        return self._home.settings.oidc_issuer

    def _note(self, act: str, actor: str, *, subject: str | None = None, **facts: Any) -> None:
        """Record an act of somebody who need not be the person of this App."""
        self._home.log.append(act, actor=actor, subject=subject, **facts)
        self._home.log.checkpoint()


def told_token(token: Token) -> dict[str, Any]:
    """Return a token's document."""
    return {
        "id": token.id, "person": token.person_id, "name": token.name, "scopes": sorted(token.scopes),
        "made": time_text(token.made), "until": time_text(token.until), "used": time_text(token.used),
        "revoked": time_text(token.revoked),
    }  # fmt: skip


def time_text(seconds: float | None) -> str | None:
    """Return the spelling of a time that identity keeps."""
    return None if seconds is None else written(datetime.fromtimestamp(int(seconds), UTC))


def accounts_of(home: Home) -> Accounts:
    """Return the accounts of a home: beside the keys of its vault, never in it."""
    settings = home.settings
    lasting = Lasting(longest=settings.session_seconds, idle=settings.session_idle_seconds)
    return Accounts(settings.keys / home.vault_id / "accounts.sqlite", lasting=lasting)


def within(scopes: frozenset[str] | None) -> frozenset[Permission] | None:
    """Return the permissions that a token keeps to; one that is not known any more allows nothing."""
    return None if scopes is None else frozenset(Permission(one) for one in scopes if one in set(Permission))
