"""Ports: each implementation of the vault's ports, ready to be asked the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.core.ports import CustodyLog, Derivatives, Registers, Vault
from pipeline.vault import LocalDerivatives, open_vault
from pipeline.vault.s3.bucket import Bucket
from pipeline.vault.s3.derivatives import S3Derivatives
from pipeline.vault.series import VERSIONS_PER_OBJECT


@dataclass(frozen=True, kw_only=True)
class Ports:
    vault: Vault
    registers: Registers
    log: CustodyLog
    derivatives: Derivatives
    part: int
    """How many versions an object has before its history goes on in another."""
    flip: Callable[[str], None]
    """Changes a bit in the one file of an asset's object whose name ends so, behind the vault's back."""


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def local(place: Path, _: pytest.FixtureRequest) -> Ports:
    parts = open_vault(place / "vault", place / "keys")

    def flip(ending: str) -> None:
        (path,) = (one for one in (place / "vault" / "objects").rglob("*") if one.as_posix().endswith(ending))
        path.chmod(0o600)
        path.write_bytes(flipped(path.read_bytes()))

    return Ports(
        vault=parts.vault, registers=parts.registers, log=parts.log,
        derivatives=LocalDerivatives(keep_root=place / "kept", scratch_root=place / "scratch"), flip=flip,
        part=VERSIONS_PER_OBJECT,
    )  # fmt: skip


def s3(place: Path, request: pytest.FixtureRequest) -> Ports:
    where = request.getfixturevalue("place")
    for module in ("series", "registers"):  # a hundred would take a minute, and show the same
        request.getfixturevalue("monkeypatch").setattr(f"pipeline.vault.{module}.VERSIONS_PER_OBJECT", 10)
    parts = open_vault(place / "vault", place / "keys", bucket=where)
    here, bucket = LocalDerivatives(keep_root=place / "kept", scratch_root=place / "scratch"), Bucket(where)

    def flip(ending: str) -> None:
        (name,) = (one.name for one in bucket.keys("objects/") if one.name.endswith(ending))
        bucket.put(name, flipped(bucket.get(name) or b""))

    return Ports(
        vault=parts.vault, registers=parts.registers, log=parts.log, derivatives=S3Derivatives(here, bucket), flip=flip,
        part=10,
    )  # fmt: skip
