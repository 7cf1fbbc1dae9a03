"""Only an ID token of the provider, for us, for this browser, now, opens anything."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.identity.accounts import Accounts
from pipeline.identity.oidc import Client, Provider, Unproven
from tests.identity.conftest import ANA, BEN, Clock
from tests.identity.provider import CLIENT, EC_KEY, OTHER_KEY, SECRET, SmallProvider, public, running

pytestmark = pytest.mark.slow  # each asks a server


@pytest.fixture
def small() -> Iterator[SmallProvider]:
    with running() as found:
        yield found


def client(issuer: str) -> Provider:
    return Provider(Client(issuer=issuer, id=CLIENT, secret=SECRET, redirect="http://127.0.0.1/back"))


def way(accounts: Accounts, small: SmallProvider, provider: Provider | None = None) -> str:
    """Go to the provider and back as one browser; return the subject that is proven."""
    provider = provider or client(small.issuer)
    flow = accounts.subjects.begin()
    state, code = small.visit(provider.address(flow), "subject-1")
    taken = accounts.subjects.take(flow.secret, state)
    assert taken == flow
    return provider.subject(taken, code)


def test_the_way_there_and_back_proves_the_subject(accounts: Accounts, small: SmallProvider) -> None:
    assert way(accounts, small) == "subject-1"
    small.key, small.algorithm, small.keys = EC_KEY, "ES256", [public("one", EC_KEY)]
    assert way(accounts, small) == "subject-1"


NOW = int(time.time())


@pytest.mark.parametrize("claims", [
    {"iss": "http://127.0.0.1:1"},
    {"aud": "another client"},
    {"aud": [CLIENT, "another client"]},
    {"azp": "another client"},
    {"exp": NOW - 3600},
    {"iat": NOW + 3600},
    {"nbf": NOW + 3600},
    {"nonce": "of another request"},
    {"nonce": 7},
    {"nonce": None},
    {"exp": None},
    {"iat": None},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 256},
])  # fmt: skip
def test_a_token_with_one_wrong_claim_proves_nothing(
    accounts: Accounts, small: SmallProvider, claims: dict[str, Any]
) -> None:
    small.claims = claims
    with pytest.raises(Unproven) as caught:
        way(accounts, small)
    assert caught.value.code == "E-LOGIN-005"


def test_several_audiences_need_the_party_named(accounts: Accounts, small: SmallProvider) -> None:
    small.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert way(accounts, small) == "subject-1"


def test_a_token_signed_by_nobody_or_by_another_proves_nothing(accounts: Accounts, small: SmallProvider) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": small.issuer, "aud": CLIENT, "sub": "subject-1", "iat": NOW, "exp": NOW + 900, "nonce": "x"}
    forged = [
        f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims)}.",
        # signed with the public key as if it were a shared secret
        f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}.{part({})}",
        f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}",
        "no token", "a.b.c", "",
    ]  # fmt: skip
    for one in forged:
        small.raw_token = one or " "
        with pytest.raises(Unproven):
            way(accounts, small)
    small.raw_token, small.key = None, OTHER_KEY
    with pytest.raises(Unproven):
        way(accounts, small)


def test_a_key_of_another_sort_than_the_token_says_proves_nothing(accounts: Accounts, small: SmallProvider) -> None:
    small.keys = [public("one", EC_KEY)]
    with pytest.raises(Unproven):
        way(accounts, small)
    small.keys = [{"kty": "oct", "kid": "one", "k": "c2VjcmV0"}, {"kty": "RSA", "kid": "one"}]
    with pytest.raises(Unproven):
        way(accounts, small)


def test_a_key_without_a_name_must_be_the_only_one(accounts: Accounts, small: SmallProvider) -> None:
    small.header = {}
    assert way(accounts, small) == "subject-1"
    small.keys = [*small.keys, public("two", OTHER_KEY)]
    with pytest.raises(Unproven):
        way(accounts, small)


def test_a_new_key_is_asked_for_and_not_too_often(
    accounts: Accounts, small: SmallProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = client(small.issuer)
    way(accounts, small, provider)
    small.key, small.header, small.keys = OTHER_KEY, {"kid": "two"}, [public("two", OTHER_KEY)]
    with pytest.raises(Unproven):
        way(accounts, small, provider)
    assert small.asked.count("/keys") == 1
    monkeypatch.setattr("pipeline.identity.oidc._ASKED_AGAIN_SECONDS", 0.0)
    assert way(accounts, small, provider) == "subject-1"
    assert small.asked.count("/keys") == 2
    assert sum("well-known" in one for one in small.asked) == 1


@pytest.mark.parametrize("about", [
    {"issuer": "https://somebody.else"},
    {"issuer": None},
    {"token_endpoint": None},
    {"token_endpoint": "http://169.254.169.254/latest"},
    {"jwks_uri": "http://10.0.0.1/keys"},
    {"jwks_uri": "file:///etc/passwd"},
    {"authorization_endpoint": "javascript:alert(1)"},
])  # fmt: skip
def test_a_provider_that_points_elsewhere_is_not_followed(
    accounts: Accounts, small: SmallProvider, about: dict[str, Any]
) -> None:
    small.about = about
    with pytest.raises(PipelineError) as caught:
        way(accounts, small)
    assert caught.value.code == "E-LOGIN-005"


@pytest.mark.parametrize(("status", "body"), [
    (302, b"{}"), (404, b"{}"), (200, b"[]"), (200, b"no json"), (200, b"[" * 100_000),
    (200, b" " * (1 << 20) + b"{}"),
])  # fmt: skip
def test_an_odd_answer_is_said_and_no_redirection_followed(
    accounts: Accounts, small: SmallProvider, status: int, body: bytes
) -> None:
    small.answer = status, body
    with pytest.raises(Unproven):
        way(accounts, small)


def test_a_provider_that_is_down_may_be_asked_again(accounts: Accounts, small: SmallProvider) -> None:
    small.answer = 503, b""
    with pytest.raises(Unavailable) as caught:
        way(accounts, small)
    assert caught.value.code == "E-HOST-009"
    with pytest.raises(Unavailable):
        client("http://127.0.0.1:1").address(accounts.subjects.begin())


@pytest.mark.parametrize("issuer", ["http://provider.example", "ftp://127.0.0.1", "provider", "https://", "http://["])
def test_a_provider_is_asked_over_https(issuer: str) -> None:
    with pytest.raises(Misconfigured):
        client(issuer)


def test_a_code_counts_once(accounts: Accounts, small: SmallProvider) -> None:
    provider, flow = client(small.issuer), accounts.subjects.begin()
    _, code = small.visit(provider.address(flow), "subject-1")
    assert provider.subject(flow, code) == "subject-1"
    with pytest.raises(Unproven):
        provider.subject(flow, code)


def test_a_code_stolen_on_the_way_is_worth_nothing(accounts: Accounts, small: SmallProvider) -> None:
    provider, mine, theirs = client(small.issuer), accounts.subjects.begin(), accounts.subjects.begin()
    _, code = small.visit(provider.address(mine), "subject-1")
    with pytest.raises(Unproven):  # another browser's verifier does not fit
        provider.subject(theirs, code)


def test_a_way_belongs_to_the_browser_that_began_it_once_and_for_ten_minutes(accounts: Accounts, clock: Clock) -> None:
    one, other = accounts.subjects.begin(), accounts.subjects.begin()
    assert accounts.subjects.take(one.secret, other.state) is None
    assert accounts.subjects.take(one.secret, one.state) is None  # a wrong state ends it
    assert accounts.subjects.take("", other.state) is None
    assert accounts.subjects.take(other.secret, other.state) == other
    assert accounts.subjects.take(other.secret, other.state) is None
    late = accounts.subjects.begin()
    clock.pass_by(600)
    assert accounts.subjects.take(late.secret, late.state) is None


def test_a_subject_is_one_person_of_this_provider_alone(accounts: Accounts) -> None:
    accounts.subjects.bind("https://one", "sub", ANA)
    assert accounts.subjects.person("https://one", "sub") == ANA
    for issuer, subject in (("https://two", "sub"), ("https://one", "SUB"), ("https://one/", "sub")):
        assert accounts.subjects.person(issuer, subject) is None
    with pytest.raises(Misconfigured):
        accounts.subjects.bind("https://one", "sub", BEN)
    assert [(one.subject, one.person_id) for one in accounts.subjects.listed()] == [("sub", ANA)]
    session = accounts.sessions.open(ANA, "oidc").secret
    assert accounts.subjects.unbind("https://one", "sub") == ANA
    with pytest.raises(PipelineError):
        accounts.who(session=session)
    with pytest.raises(Misconfigured):
        accounts.subjects.unbind("https://one", "sub")


def test_the_library_refuses_what_we_rely_on_it_to_refuse() -> None:
    with pytest.raises(jwt.PyJWTError):
        jwt.decode(jwt.encode({"sub": "x"}, "k" * 32, algorithm="HS256"), EC_KEY.public_key(), algorithms=["ES256"])
