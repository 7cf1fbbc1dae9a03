"""A password opens an account to who knows it, and to nobody who tries."""

import dataclasses
import sqlite3
import stat
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured, PipelineError
from pipeline.identity.accounts import Accounts
from pipeline.identity.hashing import Passwords
from pipeline.identity.model import NotSignedIn
from tests.identity.conftest import ANA, BEN, GOOD, LITTLE, Clock


def test_the_password_opens_the_account_however_the_name_is_written(accounts: Accounts) -> None:
    for name in ("Ana", "ana", " ANA "):
        tried = accounts.try_password(name, GOOD)
        assert (tried.person_id, tried.passed) == (ANA, True)
    assert not accounts.try_password("Ana", GOOD + "x").passed
    assert not accounts.try_password("Ana", "").passed


def test_a_password_is_one_whatever_keyboard_it_came_from(accounts: Accounts) -> None:
    accounts.set_password(ANA, "Ångström-ﬁle-7", given=False)
    assert accounts.try_password("Ana", "Ångström-file-7").passed


def test_what_is_kept_says_nothing_of_passwords_tokens_and_sessions(accounts: Accounts, file: Path) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    _, token = accounts.tokens.make(ANA, "cli", scopes=frozenset({"view"}))
    _, wrong = accounts.try_password("a password in the wrong field", "x"), "a password in the wrong field"
    codes = second_factor(accounts)

    kept = b"".join(one.read_bytes() for one in file.parent.iterdir())

    assert b"$argon2id$" in kept
    for secret in (GOOD, session, token, token.removeprefix("evt_"), wrong, *codes):
        assert secret.encode() not in kept


def second_factor(accounts: Accounts) -> list[str]:
    import pyotp

    secret, _ = accounts.second_factor.begin(ANA)
    return accounts.second_factor.confirm(ANA, pyotp.TOTP(secret).at(int(accounts._clock())))


def test_only_who_runs_this_may_open_the_file(accounts: Accounts, file: Path) -> None:
    assert {stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()} == {0o600}
    file.chmod(0o640)
    with pytest.raises(Misconfigured) as caught:
        accounts.listed()
    assert caught.value.code == "E-CONF-008"


def test_a_link_in_place_of_the_file_is_refused(tmp_path: Path, file: Path) -> None:
    (tmp_path / "elsewhere").touch(mode=0o600)
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Misconfigured):
        Accounts(file).listed()


def test_a_file_that_is_none_is_said(file: Path) -> None:
    file.write_bytes(b"\x00\x01" * 4096)
    file.chmod(0o600)
    with pytest.raises(PipelineError) as caught:
        Accounts(file).listed()
    assert caught.value.code == "E-CONF-008"


def test_five_failures_close_an_account_longer_each_time(accounts: Accounts, clock: Clock) -> None:
    tried = [accounts.try_password("ana", "wrong") for _ in range(6)]
    assert [one.locked for one in tried] == [False] * 4 + [True, False]
    assert [one.ignored for one in tried] == [False] * 5 + [True]
    assert not accounts.try_password("ana", GOOD).passed

    clock.pass_by(31)
    assert accounts.try_password("ana", "wrong").locked
    clock.pass_by(31)
    assert not accounts.try_password("ana", GOOD).passed
    clock.pass_by(31)
    assert accounts.try_password("ana", GOOD).passed
    assert accounts.account(ANA).failures == 0


def test_attempts_at_the_same_moment_get_no_further_than_one_after_the_other(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as pool:
        tried = list(pool.map(lambda n: accounts.try_password("ana", f"guess {n}"), range(12)))
    assert sum(not one.ignored for one in tried) == 5
    assert sum(one.locked for one in tried) == 1


def test_a_name_that_nobody_bears_is_closed_in_the_same_way(accounts: Accounts) -> None:
    known = [accounts.try_password("ana", "wrong") for _ in range(7)]
    unknown = [accounts.try_password("nobody", "wrong") for _ in range(7)]
    assert [(one.passed, one.locked, one.ignored) for one in known] == [
        (one.passed, one.locked, one.ignored) for one in unknown
    ]
    assert {one.person_id for one in unknown} == {None}


@pytest.mark.slow
def test_a_failure_takes_the_same_work_whatever_is_wrong(file: Path, clock: Clock) -> None:
    accounts = Accounts(file, clock=clock)  # with the real work
    accounts.add("Ana", ANA, GOOD, given=False)
    accounts.add("Ben", BEN, GOOD, given=False)
    accounts.lock(BEN)
    tries = {"known": ("ana", "wrong"), "unknown": ("nobody", GOOD), "locked": ("ben", GOOD)}
    spent: dict[str, list[float]] = {name: [] for name in tries}
    for _ in range(3):
        for name, given in tries.items():
            clock.pass_by(4000)
            begin = time.process_time()
            assert not accounts.try_password(*given).passed
            spent[name].append(time.process_time() - begin)
    usual = statistics.median(spent["known"])
    assert all(0.6 < statistics.median(one) / usual < 1.6 for one in spent.values())
    assert usual > 0.02


@pytest.mark.usefixtures("accounts")
def test_a_hash_made_with_less_work_is_made_anew(file: Path, clock: Clock) -> None:
    def kept() -> str:
        with closing(sqlite3.connect(file)) as rows:
            return str(rows.execute("SELECT password FROM accounts").fetchone()[0])

    assert "m=256,t=1,p=1" in kept()
    more = Accounts(file, clock=clock, passwords=Passwords(dataclasses.replace(LITTLE, time_cost=2)))
    assert more.try_password("ana", GOOD).passed
    assert "m=256,t=2,p=1" in kept()
    assert more.try_password("ana", GOOD).passed


def test_an_administrator_opens_an_account_again(accounts: Accounts) -> None:
    for _ in range(5):
        accounts.try_password("ana", "wrong")
    assert accounts.account(ANA).closed_until
    accounts.unlock(ANA)
    assert accounts.try_password("ana", GOOD).passed


def test_whoever_is_locked_comes_in_by_no_way(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    _, token = accounts.tokens.make(ANA, "cli", scopes=frozenset({"view"}))
    accounts.lock(ANA)

    assert not accounts.try_password("ana", GOOD).passed
    for way in ({"session": session}, {"token": token}):
        with pytest.raises(NotSignedIn):
            accounts.who(**way)
    with pytest.raises(NotSignedIn):
        accounts.sessions.open(ANA, "oidc")

    accounts.unlock(ANA)
    assert accounts.who(token=token).person_id == ANA
    with pytest.raises(NotSignedIn):  # an ended session stays ended
        accounts.who(session=session)


def test_a_new_password_ends_every_session(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    accounts.set_password(ANA, "another bridge, in snow", given=True)
    with pytest.raises(NotSignedIn):
        accounts.who(session=session)
    assert not accounts.try_password("ana", GOOD).passed
    assert accounts.sessions.open(ANA, "password").must_change
    accounts.set_password(ANA, "a third bridge, in fog", given=False)
    assert not accounts.sessions.open(ANA, "password").must_change


@pytest.mark.parametrize("password", ["short", "x" * 513, "aaaaaaaaaaaaaaaa", "ana12345678901"])
def test_a_password_that_is_guessed_first_is_not_taken(accounts: Accounts, password: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        accounts.set_password(ANA, password, given=False)
    assert caught.value.code == "E-LOGIN-003"


def test_a_person_has_one_account_and_a_name_one_person(accounts: Accounts) -> None:
    for name, person in (("ANA", BEN), ("other", ANA)):
        with pytest.raises(Misconfigured) as caught:
            accounts.add(name, person, GOOD, given=False)
        assert caught.value.code == "E-LOGIN-004"


def test_what_is_taken_away_is_gone_with_all_that_belonged_to_it(accounts: Accounts) -> None:
    session = accounts.sessions.open(ANA, "password").secret
    made, token = accounts.tokens.make(ANA, "cli", scopes=frozenset({"view"}))
    accounts.subjects.bind("https://provider", "sub", ANA)
    accounts.remove(ANA)

    assert not accounts.try_password("ana", GOOD).passed
    for way in ({"session": session}, {"token": token}):
        with pytest.raises(NotSignedIn):
            accounts.who(**way)
    assert accounts.subjects.person("https://provider", "sub") is None
    assert [one.id for one in accounts.tokens.listed()] == [made.id]


@pytest.mark.parametrize("name", ["", "\x00", "a\nb", "x" * 300, "\ud800"])
def test_what_is_no_name_is_nobody(accounts: Accounts, name: str) -> None:
    assert accounts.try_password(name, "\ud800").person_id is None


def test_many_begin_at_once_and_one_file_comes_of_it(file: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: Accounts(file).listed(), range(12)))
    assert found == [[]] * 12
    with closing(sqlite3.connect(file)) as rows:
        assert rows.execute("SELECT count(*) FROM about").fetchone() == (1,)


def test_accounts_of_a_newer_version_are_left_alone(accounts: Accounts, file: Path) -> None:
    with closing(sqlite3.connect(file)) as rows:
        rows.execute("PRAGMA user_version = 99")
    with pytest.raises(Misconfigured) as caught:
        accounts.listed()
    assert caught.value.code == "E-VAULT-007"
