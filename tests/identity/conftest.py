"""Accounts with a clock that a test can move."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import Parameters, Type

from pipeline.identity.accounts import Accounts, Lasting
from pipeline.identity.hashing import Passwords

ANA, BEN = "p-aaaa", "p-bbbb"
GOOD = "a bridge in the rain"
LITTLE = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=256, parallelism=1
)  # fmt: skip
"""Of the real work a thousandth: what is tested is not how long it takes."""


@dataclass
class Clock:
    """The time that accounts go by, in seconds of the epoch."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.sqlite"


@pytest.fixture
def accounts(file: Path, clock: Clock) -> Accounts:
    """Accounts in which Ana has one, with a password of her own."""
    made = Accounts(file, lasting=Lasting(longest=3600, idle=600), clock=clock, passwords=Passwords(LITTLE))
    made.add("Ana", ANA, GOOD, given=False)
    return made
