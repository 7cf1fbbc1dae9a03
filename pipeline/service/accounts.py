"""Accounts: who signs in here and how, as administrators arrange it; what they may do then stands elsewhere.

Whoever issues a password can sign in with it until its owner changes it. So nobody arranges the
account of somebody who is a custodian but another custodian, and every such act is an entry of the log.
"""

import secrets
from collections.abc import Callable
from typing import Any

from pipeline.core.people import Permission
from pipeline.errors import CODES, Misconfigured, PipelineError
from pipeline.identity.accounts import Accounts
from pipeline.identity.model import Account
from pipeline.service.door import Door
from pipeline.service.signing_in import time_text, told_token
from pipeline.usecases.access import Access


class Administering:
    """Accounts of others; needs the permission ``administer``."""

    def __init__(self, door: Door, accounts: Accounts) -> None:
        self._door = door
        self._home = door.home
        self._accounts = accounts

    def listed(self) -> dict[str, Any]:
        """List accounts, tokens and bindings to the provider."""
        self._door.need("accounts", Permission.ADMINISTER)
        persons = self._home.people.persons
        locked = self._accounts.locked()

        def named(person: str) -> str | None:
            return persons[person].name if person in persons else None

        return {
            "accounts": [{"name": named(one.person_id), **_told(one)} for one in self._accounts.listed()],
            "tokens": [{"owner": named(one.person_id), **told_token(one)} for one in self._accounts.tokens.listed()],
            "subjects": [
                {"name": named(one.person_id), "issuer": one.issuer, "subject": one.subject}
                for one in self._accounts.subjects.listed()
            ],
            "locked": sorted(named(one) or one for one in locked),
        }

    def add(self, name: str, *, login: str | None = None, password: str | None = None) -> dict[str, Any]:
        """Give a person an account; without a password one is made, and told here and never again."""
        person = self._managed("account-add", name)
        made = secrets.token_urlsafe(15) if password is None else password
        self._accounts.add(login or name, person, made, given=True)
        self._door.note("account-add", person)
        return {**self._one(person), "password": made if password is None else None}

    def issue_password(self, name: str, *, password: str | None = None) -> dict[str, Any]:
        """Give a person a new password, to be changed at once; their sessions end."""
        person = self._managed("account-password", name)
        made = secrets.token_urlsafe(15) if password is None else password
        self._accounts.set_password(person, made, given=person != self._home.actor)
        self._door.note("account-password", person)
        return {**self._one(person), "password": made if password is None else None}

    def lock(self, name: str) -> dict[str, Any]:
        """Let a person in no more, by no way; their sessions end, their tokens are good for nothing."""
        return self._do("account-lock", name, self._accounts.lock)

    def unlock(self, name: str) -> dict[str, Any]:
        """Let a person in again, also after too many failures."""
        return self._do("account-unlock", name, self._accounts.unlock)

    def remove(self, name: str) -> dict[str, Any]:
        """Take a person's account, tokens and bindings away; what they may do stays as it is."""
        return self._do("account-remove", name, self._accounts.remove)

    def remove_second_factor(self, name: str) -> dict[str, Any]:
        """Let a password suffice again, for who has lost the device and the recovery codes."""
        return self._do("second-factor-off", name, self._accounts.second_factor.remove)

    def revoke_token(self, token: str) -> dict[str, Any]:
        """End anybody's token."""
        self._door.need("token-revoke", Permission.ADMINISTER)
        ended = self._accounts.tokens.revoke(token)
        self._door.note("token-revoke", ended.person_id, token=ended.id)
        return told_token(ended)

    def bind(self, name: str, subject: str, *, issuer: str | None = None) -> dict[str, Any]:
        """Say who of the identity provider this person is."""
        person = self._managed("oidc-bind", name)
        where = self._issuer(issuer)
        self._accounts.subjects.bind(where, subject, person)
        self._door.note("oidc-bind", person)
        return {"name": name, "issuer": where, "subject": subject}

    def unbind(self, subject: str, *, issuer: str | None = None) -> dict[str, Any]:
        """Let a subject of the provider in no more."""
        self._door.need("oidc-unbind", Permission.ADMINISTER)
        where = self._issuer(issuer)
        person = self._accounts.subjects.unbind(where, subject)
        self._door.note("oidc-unbind", person)
        return {"person": person, "issuer": where, "subject": subject}

    def _do(self, act: str, name: str, change: Callable[[str], None]) -> dict[str, Any]:
        person = self._managed(act, name)
        change(person)
        self._door.note(act, person)
        return self._one(person)

    def _one(self, person: str) -> dict[str, Any]:
        accounts = [_told(one) for one in self._accounts.listed() if one.person_id == person]
        locked = person in self._accounts.locked()
        return {"name": self._home.people.persons[person].name, "locked": locked, **(accounts[0] if accounts else {})}

    def _managed(self, act: str, name: str) -> str:
        """Return the id of a person whose account the acting one may arrange."""
        self._door.need(act, Permission.ADMINISTER)
        access = Access(self._home)
        person = access.people.named(name)
        if person is None:
            raise Misconfigured("nobody of this name is known here", code="E-CONF-009")
        if access.keeps(person.id) and not access.may(Permission.CUSTODY):
            raise self._door.denied(act, person.id, CODES["E-ACCESS-001"].meaning, "E-ACCESS-001")
        return person.id

    def _issuer(self, given: str | None) -> str:
        found = given or self._home.settings.oidc_issuer
        if found is None:
            raise PipelineError("no identity provider is configured", code="E-LOGIN-005")
        return found


def _told(account: Account) -> dict[str, Any]:
    return {
        "person": account.person_id, "login": account.login, "second_factor": account.second_factor,
        "must_change": account.must_change, "locked": account.locked, "failures": account.failures,
        "closed_until": time_text(account.closed_until),
    }  # fmt: skip
