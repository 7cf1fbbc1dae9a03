"""Fixtures: vaults that an outside validator has read before a test is over."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ocfl
import pytest

from pipeline.vault import VaultParts, open_vault

CHECKOUT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a vault and its keys lie, and how to act upon it from here or from other processes."""

    root: Path
    keys: Path
    made: list[Path] = field(default_factory=list)

    def open(self) -> VaultParts:
        return open_vault(self.root, self.keys)

    def command(self, *act: str) -> list[str]:
        return [sys.executable, "-B", str(WORKER), str(self.root), str(self.keys), *act]

    def start(self, *act: str, tracer: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*tracer, *self.command(*act)], env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def act(self, *act: str, tracer: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        with self.start(*act, tracer=tracer) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(act, process.returncode, out, err)


def objects(root: Path) -> list[Path]:
    """Find every OCFL object below a folder."""
    return sorted(mark.parent for mark in root.rglob("0=ocfl_object_1.1"))


def outside_verdict(root: Path) -> dict[str, bool]:
    """Let an independent implementation read both storage roots and each of their objects."""
    verdict = {}
    for name in ("objects", "registers"):
        verdict[name] = bool(ocfl.StorageRoot(root=str(root / name)).validate())
        for one in objects(root / name):
            verdict[one.name] = bool(ocfl.Object().validate(str(one), log_errors=False, log_warnings=False)[0])
    return verdict


@pytest.fixture
def doomed(tmp_path: Path) -> Home:
    """A home whose vault the test is going to damage."""
    return Home(root=tmp_path / "vault", keys=tmp_path / "keys")


@pytest.fixture
def home(doomed: Home) -> Iterator[Home]:
    """A home whose vault is valid for others, too, when the test is over."""
    yield doomed
    if doomed.root.exists():
        assert all(outside_verdict(doomed.root).values()), outside_verdict(doomed.root)


@pytest.fixture
def parts(home: Home) -> VaultParts:
    return home.open()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file somewhere outside the vault."""

    def write(data: bytes = b"what was seen", name: str = "a file.bin") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write
