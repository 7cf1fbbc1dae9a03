"""Processes killed, disks full and disks failing in the middle of a commit: old or new, never between."""

import random
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Vault
from tests.vault.conftest import Home, outside_verdict

MUTATING = (
    "rename", "mkdir", "fsync", "fdatasync", "write", "fchmod", "ftruncate", "unlink", "unlinkat", "rmdir",
    "linkat", "symlink",
)  # fmt: skip
DATA = b"what was seen" * 500


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is interrupted, and what may be seen afterwards."""

    name: str
    arguments: tuple[str, ...]
    before: int
    after: int
    """Versions of the asset's object, before and after."""


def prepared(home: Home, tmp_path: Path, name: str) -> Act:
    source = tmp_path / "source.bin"
    source.write_bytes(DATA)
    parts = home.open()
    if name in {"create", "take"}:
        act = "preserve" if name == "create" else "take"
        return Act(name=name, arguments=(act, str(source)), before=0, after=1)
    asset = parts.vault.preserve(source).id
    parts.log.checkpoint()
    return Act(name=name, arguments=("write-back", asset, "run", "3"), before=1, after=2)


def points(home: Home, act: Act, tmp_path: Path) -> list[tuple[str, int]]:
    """Count the mutating system calls of an undisturbed act, on a copy; return one point for each."""
    copy = Home(root=tmp_path / "copy" / "vault", keys=home.keys)
    shutil.copytree(home.root, copy.root)
    source = tmp_path / "source.bin"
    trace = tmp_path / "trace"
    tracer = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={','.join(MUTATING)}", "-o", str(trace))
    assert copy.act(*act.arguments, tracer=tracer).returncode == 0
    counts: dict[str, int] = {}
    for call in re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE):
        counts[call] = counts.get(call, 0) + 1
    shutil.rmtree(tmp_path / "copy")
    source.write_bytes(DATA)
    return [(call, n + 1) for call in MUTATING for n in range(counts.get(call, 0))]


def interrupted(home: Home, act: Act, call: str, n: int, how: str) -> int:
    tracer = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={n}")
    return home.act(*act.arguments, tracer=tracer).returncode


def versions(home: Home) -> int:
    parts = home.open()
    for asset in parts.vault.assets():
        with parts.vault.original(asset) as path:
            assert path.read_bytes() == DATA
        records = len(list(parts.vault.records(asset)))
        assert records in {0, 3}
        return 2 if records else 1
    return 0


def show_old_or_new(home: Home, act: Act, where: str) -> None:
    assert versions(home) in {act.before, act.after}, where
    again = repeated(home, act)
    assert versions(home) == act.after, where
    assert repeated(home, act) == again, where
    report = home.open().vault.audit()
    assert report.findings == (), (where, report.findings)
    assert all(outside_verdict(home.root).values()), where
    leftover = [one for one in home.root.joinpath("staging").rglob("*") if one.is_file() and one.name != "journal"]
    assert leftover == [], where
    links = [one for one in home.root.rglob("original") if one.stat().st_nlink != 1]
    assert links == [], where


def repeated(home: Home, act: Act) -> str:
    vault = home.open().vault
    if act.name == "create":
        return vault.preserve(Path(act.arguments[1])).id
    if act.name == "take":
        return taken(vault, Path(act.arguments[1]))
    return vault.write_back(AssetId(act.arguments[1]), "run", [{"run": "run", "n": n} for n in range(3)], {})


def taken(vault: Vault, source: Path) -> str:
    """Take a file over again, if it is still there; where it is not, it must be preserved."""
    if source.exists():
        assert source.read_bytes() == DATA
        return vault.preserve(source, move=True).id
    (asset,) = vault.assets()
    return asset


def unharmed(home: Home, act: Act, chosen: list[tuple[str, int]], how: str, spare: Path) -> list[tuple[str, int]]:
    """Interrupt at each point, from the same beginning; return the points at which the act succeeded all the same."""
    shutil.copytree(home.root, spare)
    succeeded, source = [], spare.with_name("source.bin")
    for call, n in chosen:
        code = interrupted(home, act, call, n, how)
        if code == 0:
            assert versions(home) == act.after
            succeeded.append((call, n))
        show_old_or_new(home, act, f"{act.name} {how} at {call} {n}, exit {code}")
        shutil.rmtree(home.root)
        shutil.copytree(spare, home.root)
        source.unlink(missing_ok=True)
        source.write_bytes(DATA)
    return succeeded


@pytest.mark.parametrize("name", ["create", "take", "write-back"])
def test_killed_at_a_few_points(home: Home, tmp_path: Path, name: str) -> None:
    act = prepared(home, tmp_path, name)
    there = points(home, act, tmp_path)
    renames = [one for one in there if one[0] == "rename"]
    chosen = [*random.Random(5).sample(there, 2), renames[-1]]
    assert unharmed(home, act, chosen, "signal=KILL", tmp_path / "spare") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["create", "take", "write-back"])
def test_killed_at_every_point(home: Home, tmp_path: Path, name: str) -> None:
    act = prepared(home, tmp_path, name)
    there = points(home, act, tmp_path)
    assert len(there) > 20
    assert unharmed(home, act, there, "signal=KILL", tmp_path / "spare") == []


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("name", ["create", "take", "write-back"])
def test_every_call_failing_once(home: Home, tmp_path: Path, name: str, error: str) -> None:
    act = prepared(home, tmp_path, name)
    there = [one for one in points(home, act, tmp_path) if one[0] in {"rename", "mkdir", "fsync", "fdatasync", "write"}]
    # A folder that is there already needs no making: only that may fail and not matter.
    assert {call for call, _ in unharmed(home, act, there, f"error={error}", tmp_path / "spare")} <= {"mkdir"}


@pytest.mark.parametrize(("error", "code"), [("ENOSPC", "E-HOST-003"), ("EIO", "E-VAULT-005")])
def test_a_failing_sync_is_never_a_success(home: Home, tmp_path: Path, error: str, code: str) -> None:
    act = prepared(home, tmp_path, "create")
    tracer = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:error={error}:when=3")
    done = home.act(*act.arguments, tracer=tracer)
    assert done.returncode != 0
    assert "Unavailable" in done.stderr
    show_old_or_new(home, act, code)
