"""Fixtures: every implementation, and bytes to preserve."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.vault.ports import Ports, local, s3


@pytest.fixture(params=[local, pytest.param(s3, marks=pytest.mark.slow)], ids=lambda one: one.__name__)
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Ports]:
    """Open the same place as another command would."""
    return lambda: request.param(tmp_path, request)


@pytest.fixture
def ports(again: Callable[[], Ports]) -> Ports:
    return again()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0001.JPG"
    path.write_bytes(b"\xff\xd8\xff\xe0 what was seen")
    return path
