"""A second factor is asked for once it is confirmed, and no code counts twice."""

import pyotp
import pytest

from pipeline.errors import Misconfigured
from pipeline.identity.accounts import Accounts
from pipeline.identity.model import NotSignedIn
from tests.identity.conftest import ANA, BEN, GOOD, Clock


def enrolled(accounts: Accounts, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    secret, address = accounts.second_factor.begin(ANA)
    assert address.startswith("otpauth://totp/evidence:Ana?secret=")
    device = pyotp.TOTP(secret)
    codes = accounts.second_factor.confirm(ANA, device.at(int(clock())))
    clock.pass_by(60)
    return device, codes


def passes(accounts: Accounts, code: str) -> bool:
    return accounts.try_password("ana", GOOD, code).passed


def test_without_a_code_the_password_is_not_enough(accounts: Accounts, clock: Clock) -> None:
    device, _ = enrolled(accounts, clock)
    assert not passes(accounts, "")
    assert not passes(accounts, "000000")
    assert passes(accounts, device.at(int(clock())))
    assert accounts.account(ANA).second_factor


def test_a_code_alone_is_not_enough_and_is_not_used_up_by_trying(accounts: Accounts, clock: Clock) -> None:
    device, codes = enrolled(accounts, clock)
    for code in (device.at(int(clock())), codes[0]):
        assert not accounts.try_password("ana", "wrong", code).passed
        assert passes(accounts, code)


def test_a_code_seen_over_a_shoulder_is_worth_nothing(accounts: Accounts, clock: Clock) -> None:
    device, codes = enrolled(accounts, clock)
    code = device.at(int(clock()))
    assert passes(accounts, code)
    assert not passes(accounts, code)
    assert not passes(accounts, device.at(int(clock()) - 30))
    assert passes(accounts, codes[3])
    assert not passes(accounts, codes[3])


def test_a_device_may_be_half_a_minute_wrong_and_not_more(accounts: Accounts, clock: Clock) -> None:
    device, _ = enrolled(accounts, clock)
    clock.pass_by(120)
    assert not passes(accounts, device.at(int(clock()) - 60))
    assert not passes(accounts, device.at(int(clock()) + 60))
    assert passes(accounts, device.at(int(clock()) - 30))
    assert passes(accounts, device.at(int(clock()) + 30))


def test_recovery_codes_count_however_they_are_typed(accounts: Accounts, clock: Clock) -> None:
    _, codes = enrolled(accounts, clock)
    assert len(set(codes)) == 10
    assert passes(accounts, codes[0].replace("-", " ").upper())


def test_guessing_codes_closes_the_account(accounts: Accounts, clock: Clock) -> None:
    device, _ = enrolled(accounts, clock)
    for n in range(5):
        assert not passes(accounts, f"{n:06}")
    assert not passes(accounts, device.at(int(clock())))


def test_enrolment_counts_only_when_the_device_shows_the_code(accounts: Accounts) -> None:
    accounts.second_factor.begin(ANA)
    with pytest.raises(Misconfigured) as caught:
        accounts.second_factor.confirm(ANA, "000000")
    assert caught.value.code == "E-LOGIN-003"
    assert passes(accounts, "")
    with pytest.raises(Misconfigured):
        accounts.second_factor.confirm(BEN, "000000")


def test_enrolling_ends_sessions_and_taking_it_away_too(accounts: Accounts, clock: Clock) -> None:
    before = accounts.sessions.open(ANA, "password").secret
    enrolled(accounts, clock)
    with pytest.raises(NotSignedIn):
        accounts.who(session=before)
    accounts.second_factor.remove(ANA)
    assert passes(accounts, "")


def test_who_is_signed_in_shows_the_password_alone(accounts: Accounts, clock: Clock) -> None:
    enrolled(accounts, clock)
    assert accounts.try_password("ana", GOOD, factor=False).passed
    assert not accounts.try_password("ana", "wrong", factor=False).passed
