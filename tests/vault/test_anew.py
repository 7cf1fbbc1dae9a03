"""Registers written anew: nothing of what was erased is left; killed anywhere it is the old one or the new one."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.canonical import digest
from pipeline.vault import VaultParts, audit_root, standalone, verify_root
from pipeline.vault.anew import exchange
from tests.vault.conftest import Home
from tests.vault.test_crashes import Act, interrupted, points

NAME = "Gulan of the mill"
RECORDS = [{"n": 1, "name": NAME}, {"n": 2, "said": "stays, as 1.0", "x": 1.0}, {"n": 3, "name": NAME}]
WHY = {"by": "p-custodian", "reason": "ordered", "at": "2026-11-23T12:00:00.000Z"}


def filled(home: Home) -> VaultParts:
    parts = home.open()
    for one in RECORDS:
        parts.registers.append("batch/b1", [one], key=str(one["n"]))
    parts.registers.append("batch/b2", [{"n": 1, "said": "elsewhere"}], key="1")
    parts.log.checkpoint()
    return parts


def erased(record: dict[str, Any], stone: str) -> dict[str, Any]:
    return {**record, "name": None, "erased": stone} if "name" in record else record


def left(root: Path, what: str) -> list[Path]:
    return [one for one in root.rglob("*") if one.is_file() and what.encode() in one.read_bytes()]


def faults(home: Home) -> list[tuple[str, str, str]]:
    found = [*audit_root(home.root, None, home.keys).findings, *verify_root(home.root, home.keys).findings]
    return [(one.code, one.path, one.what) for one in found]


def test_nothing_of_it_is_left_and_the_rest_stays_as_it_was(home: Home) -> None:
    parts = filled(home)
    assert len(left(home.root, NAME)) == 2
    assert faults(home) == []
    stone = parts.vault.rewrite("batch/b1", erased, WHY, actor="p-custodian")
    assert stone is not None
    assert left(home.root, NAME) == []
    assert list(home.open().registers.read("batch/b1")) == [erased(one, digest(stone)) for one in RECORDS]
    assert left(home.root, '"x":1.0')
    parts.log.checkpoint()
    assert faults(home) == []
    assert home.open().vault.audit().findings == ()
    assert list(home.open().registers.read("tombstones")) == [stone]
    assert "batch" not in str(stone)
    staged = [one for one in (home.root / "staging").rglob("*") if one.is_file() and one.name != "journal"]
    assert staged == []


def test_the_verifier_that_stands_alone_reads_it_and_finds_what_came_back(
    doomed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = filled(doomed)
    folder = next((doomed.root / "registers").glob("*/*/*/*b1"))
    shutil.copytree(folder, tmp_path / "tape")
    parts.vault.rewrite("batch/b1", erased, WHY)
    parts.log.checkpoint()
    monkeypatch.setattr("sys.argv", ["verifier.py", str(doomed.root), "--json"])
    assert standalone.main() == 0, capsys.readouterr().out
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "tape", folder)
    assert standalone.main() == 1
    assert "E-VAULT-008" in {one.code for one in parts.vault.audit().findings}


def test_what_a_repair_kept_of_it_goes_too(home: Home) -> None:
    parts = filled(home)
    folder = next((home.root / "registers").glob("*/*/*/*b1"))
    aside = home.root / "damaged" / "writer" / folder.relative_to(home.root)
    shutil.copytree(folder, aside)
    parts.vault.rewrite("batch/b1", erased, WHY)
    assert left(home.root, NAME) == []


def test_it_can_be_added_to_and_written_anew_again(home: Home) -> None:
    parts = filled(home)
    parts.vault.rewrite("batch/b1", erased, WHY)
    parts.registers.append("batch/b1", [RECORDS[1]], key="2")  # known already
    parts.registers.append("batch/b1", [{"n": 4, "name": "Zin"}], key="4")
    assert [one["n"] for one in parts.registers.read("batch/b1")] == [1, 2, 3, 4]
    parts.vault.rewrite("batch/b1", erased, WHY)
    assert left(home.root, "Zin") == []
    assert home.open().vault.audit().findings == ()


def test_a_long_history_is_written_wholly(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.vault.series.VERSIONS_PER_OBJECT", 2)
    parts = filled(home)
    parts.vault.rewrite("batch/b1", erased, WHY)
    assert left(home.root, NAME) == []
    assert [one["n"] for one in parts.registers.read("batch/b1")] == [1, 2, 3]
    parts.registers.append("batch/b1", [{"n": 4}], key="4")
    assert home.open().vault.audit().findings == ()


def test_where_there_is_no_register_nothing_is_done(home: Home) -> None:
    parts = filled(home)
    assert parts.vault.rewrite("batch/b9", erased, WHY) is None
    assert not parts.registers.has("tombstones")


def test_a_change_that_fails_leaves_everything_as_it_was(home: Home) -> None:
    parts = filled(home)

    def failing(_record: dict[str, Any], _stone: str) -> dict[str, Any]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        parts.vault.rewrite("batch/b1", failing, WHY)
    assert list((home.root / "staging").glob("*/anew-*")) == []
    assert not parts.registers.has("tombstones")
    assert list(parts.registers.read("batch/b1")) == RECORDS
    assert home.open().vault.audit().findings == ()


def test_where_folders_cannot_change_places_at_once_they_do_in_steps(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "other" / "one").exists()
    parts = filled(home)
    parts.vault.rewrite("batch/b1", erased, WHY)
    assert left(home.root, NAME) == []
    assert parts.vault.audit().findings == ()


def show_old_or_new(home: Home, where: str) -> None:
    parts = home.open()
    parts.vault.settle()
    parts.vault.recover()
    told = list(parts.registers.read("batch/b1"))
    stones = [digest(one) for one in parts.registers.read("tombstones")]
    assert told == ([erased(one, stones[0]) for one in RECORDS] if stones else RECORDS), where
    assert bool(left(home.root, NAME)) == (not stones), where
    assert faults(home) == [], where
    assert parts.vault.audit().findings == (), where
    parts.vault.rewrite("batch/b1", erased, WHY)
    assert left(home.root, NAME) == [], where
    assert parts.vault.audit().findings == (), where
    assert list((home.root / "staging").glob("*/anew-*")) == [], where


def swept(home: Home, tmp_path: Path, chosen: list[tuple[str, int]], act: Act, how: str) -> None:
    shutil.copytree(home.root, tmp_path / "spare")
    for call, n in chosen:
        interrupted(home, act, call, n, how)
        show_old_or_new(home, f"{how} at {call} {n}")
        shutil.rmtree(home.root)
        shutil.copytree(tmp_path / "spare", home.root)


ACT = Act(name="rewrite", arguments=("rewrite", "batch/b1"), before=0, after=0)


def test_killed_at_a_few_points(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(home)
    monkeypatch.setattr("tests.vault.test_crashes.MUTATING", ("renameat2", "rename", "fsync", "unlinkat"))
    there = points(home, ACT, tmp_path)
    chosen = [one for one in there if one[0] == "renameat2"]
    assert chosen
    swept(home, tmp_path, [*chosen, random.Random(3).choice(there)], ACT, "signal=KILL")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["signal=KILL", "error=EIO"])
def test_interrupted_at_every_point(home: Home, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(home)
    calls = ("renameat2", "rename", "mkdir", "fsync", "fdatasync", "write", "ftruncate", "unlinkat", "rmdir")
    monkeypatch.setattr("tests.vault.test_crashes.MUTATING", calls)
    there = points(home, ACT, tmp_path)
    assert len(there) > 60
    swept(home, tmp_path, there[:: 1 if how == "signal=KILL" else 3], ACT, how)
