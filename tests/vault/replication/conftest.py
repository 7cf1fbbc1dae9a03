"""Fixtures: a vault and a place for its replica, which an outside validator reads before a test is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.conftest import outside_verdict
from tests.vault.replicas import Pair


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "replica")
    yield made
    if (made.replica / "vault.json").exists():
        assert all(outside_verdict(made.replica).values()), outside_verdict(made.replica)
