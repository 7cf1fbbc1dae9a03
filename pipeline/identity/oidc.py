"""OIDC: whose browser came back from the identity provider; an ID token counts only when all of it holds.

OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636). Nothing is taken from the
token but its subject: who that is here, and what they may do, stands here.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.identity import hashing
from pipeline.identity.subjects import Flow

if TYPE_CHECKING:
    import jwt

_SECONDS, _LARGEST, _LEEWAY = 10.0, 1 << 20, 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a private key only: not ``none``, and no secret that we hold too."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_FRESH_SECONDS = 3600.0
_ASKED_AGAIN_SECONDS = 30.0
_LONGEST_SUBJECT = 255


class Unproven(PipelineError):  # noqa: N818 (a domain word, as in errors.py)
    """The provider's answer does not hold."""

    code = "E-LOGIN-005"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the provider knows us by."""

    issuer: str
    id: str
    secret: str | None = field(repr=False)
    redirect: str


class Provider:
    """One identity provider. Asked only when somebody signs in; its keys are kept for an hour. Safe among threads."""

    def __init__(self, client: Client) -> None:
        self._client = client
        _check_address(client.issuer, client.issuer)
        self._described: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None

    def address(self, flow: Flow) -> str:
        """Return where the browser goes to sign in."""
        challenge = hashing.challenge_of(flow.verifier)
        asked = {
            "response_type": "code", "client_id": self._client.id, "redirect_uri": self._client.redirect,
            "scope": "openid", "state": flow.state, "nonce": flow.nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        where = self._endpoint("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}"

    def subject(self, flow: Flow, code: str) -> str:
        """Exchange the code that a browser brought; return the subject that the ID token proves."""
        given = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._client.redirect,
            "code_verifier": flow.verifier, "client_id": self._client.id,
        }  # fmt: skip
        answer = _ask(self._endpoint("token_endpoint"), data=given, auth=self._auth())
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Unproven("the provider sent no ID token")
        return self._proven(token, flow.nonce)

    def _auth(self) -> tuple[str, str] | None:
        return (quote(self._client.id, safe=""), quote(self._client.secret, safe="")) if self._client.secret else None

    def _proven(self, token: str, nonce: str) -> str:
        import jwt

        try:
            key = self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token, key, algorithms=list(_ALGORITHMS), audience=self._client.id, issuer=self._client.issuer,
                leeway=_LEEWAY, options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )  # fmt: skip
        except (jwt.PyJWTError, TypeError, ValueError) as err:  # a key of another sort makes the library stumble
            raise Unproven(f"the ID token does not hold: {type(err).__name__}") from err
        subject, party = claims["sub"], claims.get("azp", self._client.id)
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if party != self._client.id or (several and "azp" not in claims):
            raise Unproven("the ID token is for another party")
        if not isinstance(claims["nonce"], str) or not hashing.same(claims["nonce"], nonce):
            raise Unproven("the ID token answers another request")
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise Unproven("the ID token names nobody")
        return subject

    def _key(self, header: Mapping[str, Any]) -> "jwt.PyJWK":
        """Return the provider's key that a token names; the keys are asked for again when it is a new one."""
        if header.get("alg") not in _ALGORITHMS:
            raise Unproven("the ID token is signed in a way that proves nothing")
        found = self._find(header)
        if found is None and self._keys is not None and time.monotonic() - self._keys[0] > _ASKED_AGAIN_SECONDS:
            self._keys = None
            found = self._find(header)
        if found is None:
            raise Unproven("the ID token is signed with a key that is none of the provider's")
        return found

    def _find(self, header: Mapping[str, Any]) -> "jwt.PyJWK | None":
        import jwt

        if self._keys is None or time.monotonic() - self._keys[0] > _FRESH_SECONDS:
            self._keys = time.monotonic(), _ask(self._endpoint("jwks_uri"))
        listed = self._keys[1].get("keys")
        usable = [
            one for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, dict) and one.get("use", "sig") == "sig" and one.get("kty") in {"RSA", "EC", "OKP"}
        ]  # fmt: skip
        kid = header.get("kid")
        fitting = [one for one in usable if one.get("kid") == kid] if kid is not None else usable
        # Without a name for it, it must be the only one: trying one key after the other proves less.
        return jwt.PyJWK(fitting[0], algorithm=header["alg"]) if len(fitting) == 1 else None

    def _endpoint(self, name: str) -> str:
        if self._described is None or time.monotonic() - self._described[0] > _FRESH_SECONDS:
            found = _ask(f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self._client.issuer:
                raise Unproven("the provider calls itself by another name than oidc_issuer")
            self._described = time.monotonic(), found
        where = self._described[1].get(name)
        if not isinstance(where, str):
            raise Unproven(f"the provider does not say its {name}")
        _check_address(where, self._client.issuer)
        return where


def _check_address(where: str, issuer: str) -> None:
    """Refuse an address that others could listen to; one on this machine may do without TLS."""
    try:
        parts, home = urlsplit(where), urlsplit(issuer)
    except ValueError as err:
        raise Misconfigured("setting 'oidc_issuer': is no URL", code="E-LOGIN-005") from err
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK and home.hostname in _LOOPBACK
    if not (parts.hostname and (parts.scheme == "https" or local)):
        raise Misconfigured("setting 'oidc_issuer': an identity provider is asked over https", code="E-LOGIN-005")


def _ask(
    where: str, *, data: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
) -> Mapping[str, Any]:
    """Ask the provider, following nobody elsewhere; return the JSON object that it answers."""
    import httpx

    body = bytearray()
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False) as client,
            client.stream("POST" if data else "GET", where, data=data, auth=auth) as answer,
        ):
            status = answer.status_code
            for part in answer.iter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise Unproven("the provider's answer is too long")
    except (httpx.HTTPError, httpx.InvalidURL) as err:
        raise Unavailable(f"the identity provider: {type(err).__name__}", code="E-HOST-009") from err
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"the identity provider answered {status}", code="E-HOST-009")
    if status != httpx.codes.OK:
        raise Unproven(f"the identity provider answered {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise Unproven("the provider's answer is no JSON") from err
    if not isinstance(found, dict):
        raise Unproven("the provider's answer is no JSON object")
    return found
