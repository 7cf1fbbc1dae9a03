"""Fixtures: vaults in a bucket, and what stands in it as an outside reader sees it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.vault import VaultParts, open_vault
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.place import Place
from tests.vault.conftest import outside_verdict

Open = Callable[..., VaultParts]


@pytest.fixture
def once(place: Place) -> Place:
    """The same place, asked once only: what goes wrong is not tried again."""
    return replace(place, tries=1)


@pytest.fixture
def doomed(place: Place) -> Bucket:
    """What a test is going to damage."""
    return Bucket(place)


@pytest.fixture
def bucket(doomed: Bucket, tmp_path: Path) -> Iterator[Bucket]:
    """What lies in the bucket; it is valid for others, too, when the test is over."""
    yield doomed
    copy = tmp_path / "copy of the bucket"
    for key in doomed.keys():  # noqa: SIM118 - a bucket is no dictionary
        (copy / key.name).parent.mkdir(parents=True, exist_ok=True)
        doomed.fetch(key.name, copy / key.name)
    if (copy / "objects").exists():
        assert all(outside_verdict(copy).values()), outside_verdict(copy)


@pytest.fixture
def at(tmp_path: Path) -> Open:
    """Open a vault from some host: each has its own disk, all have the keys."""

    def open_at(place: Place, host: str = "host") -> VaultParts:
        return open_vault(tmp_path / host, tmp_path / "keys", bucket=place)

    return open_at


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file somewhere."""

    def write(data: bytes = b"what was seen", name: str = "a file.bin") -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write
