"""Fixtures: a vault and its replica."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vault.replicas import Pair, fill


@pytest.fixture
def pair(tmp_path: Path, file: Callable[..., Path]) -> Pair:
    """A vault with three assets, a register and a signed log, and its replica."""
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "replica")
    fill(made, file, 3)
    made.go()
    return made
