"""What the tests of weights share: an index on loopback, made-up models, settings that name both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.weights.shop import Index, Shelf, serving


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as here:
        yield here


@pytest.fixture
def shelf(tmp_path: Path, index: Index) -> Shelf:
    return Shelf(tmp_path, index)


@pytest.fixture
def settings(tmp_path: Path, index: Index) -> Settings:
    return Settings(
        home=tmp_path / "home", models=tmp_path / "models", cards=tmp_path / "models", keys=tmp_path / "keys",
        actor="tester", scratch=tmp_path / "scratch", database="sqlite://", package_index=index.url,
    )  # fmt: skip
