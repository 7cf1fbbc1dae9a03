"""Disposal: the tombstone first, then the bytes; killed anywhere it is not begun, or finished by who comes next."""

import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest

from pipeline.core.canonical import digest
from pipeline.core.model import AssetId
from pipeline.errors import Corrupt
from pipeline.vault import VaultParts
from pipeline.vault.audit import audit
from tests.vault.conftest import Home, objects
from tests.vault.test_crashes import Act, interrupted, points

DATA = b"what must not stay" * 1000
WHY = {"by": "p-custodian", "reason": "the court ordered it", "at": "2026-11-23T12:00:00.000Z"}


def kept(home: Home, tmp_path: Path) -> AssetId:
    """Preserve an asset with an enrichment and a derivative, and another asset beside it."""
    parts = home.open()
    for name, data in (("gone", DATA), ("stays", b"what stays"), ("thumb", b"thumb")):
        (tmp_path / name).write_bytes(data)
    asset = parts.vault.preserve(tmp_path / "gone").id
    parts.vault.preserve(tmp_path / "stays")
    thumb = {hashlib.sha256(b"thumb").hexdigest(): tmp_path / "thumb"}
    parts.vault.write_back(asset, "run", [{"n": 1}], thumb)
    parts.log.checkpoint()
    return asset


def entries(home: Home, act: str) -> list[dict[str, object]]:
    lines = [line for file in home.root.glob("log/segments/*.jsonl") for line in file.read_text().splitlines()]
    return [one for one in map(json.loads, lines) if one["act"] == act]


def bytes_left(home: Home) -> list[Path]:
    return [one for one in home.root.rglob("*") if one.is_file() and DATA[:18] in one.read_bytes()]


def test_nothing_of_the_bytes_is_left_and_the_tombstone_says_what_they_were(home: Home, tmp_path: Path) -> None:
    asset = kept(home, tmp_path)
    stone = home.open().vault.dispose(asset, WHY, actor="p-custodian")
    assert bytes_left(home) == []
    assert [one.name for one in objects(home.root / "objects") if asset in one.name] == []
    assert not home.open().vault.has(asset)
    assert list(home.open().registers.read("tombstones")) == [stone]
    assert stone["sha512"] == hashlib.sha512(DATA).hexdigest()
    assert (stone["asset"], stone["bytes"], stone["reason"]) == (asset, len(DATA), "the court ordered it")
    assert stone["derivatives"] == [hashlib.sha256(b"thumb").hexdigest()]
    assert len(stone["objects"][0]["inventories"]) == 2
    (first, *_) = entries(home, "vault.dispose")
    assert first["subject"] == f"urn:evidence:asset:{asset}"
    assert first["actor"] == "p-custodian"
    assert first["facts"]["tombstone"] == digest(stone)  # type: ignore[index] # JSON
    assert home.open().vault.audit().findings == ()


def test_it_may_be_repeated(home: Home, tmp_path: Path) -> None:
    asset = kept(home, tmp_path)
    vault = home.open().vault
    stone = vault.dispose(asset, WHY)
    assert vault.dispose(asset, {**WHY, "reason": "again"}) == stone
    assert len(list(home.open().registers.read("tombstones"))) == 1


def test_what_never_was_has_no_tombstone(parts: VaultParts) -> None:
    with pytest.raises(Corrupt) as raised:
        parts.vault.dispose(AssetId("0" * 64), WHY)
    assert raised.value.code == "E-VAULT-003"
    assert not parts.registers.has("tombstones")


def test_nothing_can_be_written_back_to_it_any_more(home: Home, tmp_path: Path) -> None:
    asset = kept(home, tmp_path)
    vault = home.open().vault
    vault.dispose(asset, WHY)
    with pytest.raises(Corrupt):
        vault.write_back(asset, "late", [{"n": 2}], {})
    assert not vault.has(asset)


@pytest.mark.slow
def test_a_long_history_goes_wholly(home: Home, tmp_path: Path) -> None:
    asset = kept(home, tmp_path)
    vault = home.open().vault
    for n in range(100):
        vault.write_back(asset, f"run-{n}", [{"n": n}], {})
    stone = vault.dispose(asset, WHY)
    assert [len(one["inventories"]) for one in stone["objects"]] == [100, 2]
    assert [one.name for one in objects(home.root / "objects") if asset in one.name] == []
    assert home.open().vault.audit().findings == ()


def test_the_same_bytes_may_come_again(home: Home, tmp_path: Path) -> None:
    asset = kept(home, tmp_path)
    vault = home.open().vault
    vault.dispose(asset, WHY)
    (tmp_path / "again").write_bytes(DATA)
    assert vault.preserve(tmp_path / "again").id == asset
    assert vault.has(asset)
    assert list(vault.records(asset)) == []
    assert home.open().vault.audit().findings == ()
    vault.dispose(asset, WHY)
    assert len(list(home.open().registers.read("tombstones"))) == 2
    assert home.open().vault.audit().findings == ()


def test_one_that_came_back_from_a_copy_is_found(doomed: Home, tmp_path: Path) -> None:
    asset = kept(doomed, tmp_path)
    (folder,) = (one for one in objects(doomed.root / "objects") if asset in one.name)
    shutil.copytree(folder, tmp_path / "tape")
    doomed.open().vault.dispose(asset, WHY)
    shutil.copytree(tmp_path / "tape", folder)
    findings = audit(doomed.root).findings
    assert {(one.code, one.asset) for one in findings} == {("E-VAULT-008", asset)}
    assert {one.path for one in findings} == {folder.relative_to(doomed.root).as_posix()}


def test_one_that_was_never_decided_upon_is_missed(doomed: Home, tmp_path: Path) -> None:
    asset = kept(doomed, tmp_path)
    (folder,) = (one for one in objects(doomed.root / "objects") if asset in one.name)
    shutil.rmtree(folder)
    assert ("E-VAULT-003", asset) in {(one.code, one.asset) for one in audit(doomed.root).findings}


def test_a_disposal_without_its_tombstone_is_found(doomed: Home, tmp_path: Path) -> None:
    asset = kept(doomed, tmp_path)
    parts = doomed.open()
    parts.log.append(
        "vault.dispose", actor="p-thief", subject=f"urn:evidence:asset:{asset}", root="objects",
        inventories=["f" * 128], tombstone="a" * 64,
    )  # fmt: skip
    parts.log.checkpoint()
    codes = {(one.code, one.path) for one in audit(doomed.root).findings}
    assert ("E-LOG-004", "registers") in codes


def disposal(home: Home, tmp_path: Path) -> Act:
    asset = kept(home, tmp_path)
    return Act(name="dispose", arguments=("dispose", asset), before=2, after=0)


def show_begun_or_not(home: Home, act: Act, where: str) -> None:
    asset = AssetId(act.arguments[1])
    parts = home.open()
    parts.vault.settle()
    stones = list(parts.registers.read("tombstones"))
    assert parts.vault.has(asset) == (not stones), where
    if stones:
        assert bytes_left(home) == [], where
    assert parts.vault.audit().findings == (), (where, parts.vault.audit().findings)
    parts.vault.dispose(asset, WHY)
    assert bytes_left(home) == [], where
    assert home.open().vault.audit().findings == (), where
    assert len(list(parts.registers.read("tombstones"))) == 1, where


def sweep(home: Home, act: Act, chosen: list[tuple[str, int]], how: str, spare: Path) -> None:
    shutil.copytree(home.root, spare)
    for call, n in chosen:
        assert interrupted(home, act, call, n, how) != 0 or not how.startswith("signal")
        show_begun_or_not(home, act, f"{how} at {call} {n}")
        shutil.rmtree(home.root)
        shutil.copytree(spare, home.root)


@pytest.mark.slow
def test_killed_at_a_few_points(home: Home, tmp_path: Path) -> None:
    act = disposal(home, tmp_path)
    there = points(home, act, tmp_path)
    renames = [one for one in there if one[0] == "rename"]
    sweep(
        home, act, [renames[-1], *[one for one in there if one[0] == "unlinkat"][-3:-2]], "signal=KILL", tmp_path / "x"
    )


@pytest.mark.slow
@pytest.mark.parametrize("how", ["signal=KILL", "error=EIO"])
def test_interrupted_at_some_points(home: Home, tmp_path: Path, how: str) -> None:
    act = disposal(home, tmp_path)
    there = points(home, act, tmp_path)
    assert len(there) > 30
    skip = {"fchmod", "ftruncate"} if how.startswith("error") else set()
    chosen = random.Random(4).sample([one for one in there if one[0] not in skip], 6)
    sweep(home, act, chosen, how, tmp_path / "x")
