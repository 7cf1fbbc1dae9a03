"""Sessions and tokens end when we say so, and are nobody else's."""

import pytest

from pipeline.errors import Misconfigured
from pipeline.identity import hashing
from pipeline.identity.accounts import Accounts
from pipeline.identity.model import NotSignedIn
from tests.identity.conftest import ANA, BEN, Clock

VIEW = frozenset({"view"})


def gone(accounts: Accounts, **way: str) -> bool:
    with pytest.raises(NotSignedIn) as caught:
        accounts.who(**way)
    return (caught.value.code, caught.value.reason) == ("E-LOGIN-001", "signing in failed")


def test_a_session_is_known_by_its_secret_alone(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password")
    who = accounts.who(session=session.secret)
    assert (who.person_id, who.name, who.by, who.scopes) == (ANA, "Ana", "password", None)
    assert who.csrf == session.csrf
    for other in ("", "x", session.secret[:-1], session.secret + "x", session.csrf, "\ud800"):
        assert gone(accounts, session=other)
    assert gone(accounts)


def test_the_secret_is_in_no_text_that_is_made_of_it(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password")
    who = accounts.who(session=session.secret)
    assert session.secret not in repr(session) + repr(who)
    assert session.csrf not in repr(session) + repr(who)


def test_a_session_ends_with_time_and_without_use(accounts: Accounts, clock: Clock) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    for _ in range(6):
        clock.pass_by(580)
        accounts.who(session=session)
    clock.pass_by(200)  # used all the time; an hour is over
    assert gone(accounts, session=session)

    other = accounts.sessions.open(ANA, "password").secret
    clock.pass_by(601)
    assert gone(accounts, session=other)


def test_a_clock_set_back_makes_no_session_last_longer(accounts: Accounts, clock: Clock) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    clock.pass_by(-5000)
    assert gone(accounts, session=session)


def test_signing_in_makes_a_new_id_and_never_takes_one_up(accounts: Accounts) -> None:
    planted = "planted-by-an-attacker"
    mine = accounts.sessions.open(ANA, "password", replaces=planted)
    assert mine.secret != planted
    assert gone(accounts, session=planted)

    theirs = accounts.sessions.open(BEN, "password").secret
    mine = accounts.sessions.open(ANA, "password", replaces=theirs)
    assert gone(accounts, session=theirs)  # whoever planted it is not in a session that became hers
    assert accounts.who(session=mine.secret).person_id == ANA


def test_signing_out_ends_the_session_and_no_other(accounts: Accounts) -> None:
    one, other = (accounts.sessions.open(ANA, "password").secret for _ in range(2))
    assert accounts.sessions.end(one) == ANA
    assert accounts.sessions.end(one) is None
    assert gone(accounts, session=one)
    assert accounts.who(session=other).person_id == ANA
    assert accounts.sessions.end_all(ANA) == 1


def test_each_session_has_a_token_of_its_own_for_what_changes_something(accounts: Accounts) -> None:
    one, other = (accounts.sessions.open(ANA, "password") for _ in range(2))
    assert one.csrf != other.csrf
    assert hashing.csrf_of(one.secret) == one.csrf
    assert one.csrf not in one.secret


def test_a_token_is_good_until_its_end_or_its_revocation(accounts: Accounts, clock: Clock) -> None:
    made, secret = accounts.tokens.make(ANA, "cli", scopes=VIEW, until=clock() + 100)
    assert secret.startswith("evt_")
    assert len(secret) == 47
    who = accounts.who(token=secret)
    assert (who.person_id, who.by, who.scopes) == (ANA, "token", VIEW)
    assert [one.used for one in accounts.tokens.listed(ANA)] == [clock()]
    clock.pass_by(100)
    assert gone(accounts, token=secret)

    made, secret = accounts.tokens.make(ANA, "cli", scopes=VIEW)
    accounts.tokens.revoke(made.id, ANA)
    assert gone(accounts, token=secret)
    with pytest.raises(Misconfigured):
        accounts.tokens.make(ANA, "late", scopes=VIEW, until=clock())


def test_a_session_is_no_token_and_a_token_no_session(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    made, token = accounts.tokens.make(ANA, "cli", scopes=VIEW)
    assert gone(accounts, token=session)
    assert gone(accounts, session=token)
    assert gone(accounts, token=made.id)


def test_nobody_ends_or_lists_a_token_of_another(accounts: Accounts) -> None:
    made, secret = accounts.tokens.make(ANA, "cli", scopes=VIEW)
    told = []
    for token in (made.id, "t-0000000000000000", "' OR 1=1 --", ""):
        with pytest.raises(Misconfigured) as caught:
            accounts.tokens.revoke(token, BEN)
        told.append((caught.value.code, caught.value.reason))
    assert len(set(told)) == 1
    assert accounts.tokens.listed(BEN) == []
    assert accounts.who(token=secret).person_id == ANA


def test_a_dead_token_is_told_of_once_an_hour(accounts: Accounts, clock: Clock) -> None:
    made, secret = accounts.tokens.make(ANA, "cli", scopes=VIEW)
    accounts.tokens.revoke(made.id)
    told = [accounts.tokens.refused(secret) for _ in range(3)]
    assert [one.id if one else None for one in told] == [made.id, None, None]
    clock.pass_by(3601)
    assert accounts.tokens.refused(secret)
    assert accounts.tokens.refused("evt_unknown") is None
