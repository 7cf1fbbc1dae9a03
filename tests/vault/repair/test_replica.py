"""The replica itself is checked, mended from the vault, and obeys disposals."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Budget
from pipeline.vault import open_vault
from pipeline.vault.logged import Logged
from pipeline.vault.replica.checking import check_replica, fill_gaps
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.restore import restore
from tests.vault.repair.mending import assets, faults, restored_replica
from tests.vault.replicas import Pair, files
from tests.vault.spoiling import everything, original, spoil


@pytest.mark.slow
class TestTheReplicaItself:
    def check(self, pair: Pair, tmp_path: Path) -> tuple[int, list[str]]:
        log = open_vault(pair.vault, pair.keys, signing=False).log
        vault_id = json.loads((pair.vault / "vault.json").read_bytes())["id"]
        trusted = log.trusted()
        assert trusted is not None
        done = check_replica(
            Folder(pair.vault), pair.vault, Folder(pair.replica), vault_id=vault_id, trusted=trusted,
            scratch=tmp_path / "scratch",
        )  # fmt: skip
        return done.mended, [one.path for one in done.findings]

    def test_a_sound_one(self, pair: Pair, tmp_path: Path) -> None:
        before = everything(pair.replica)
        assert self.check(pair, tmp_path) == (0, [])
        assert everything(pair.replica) == before

    @pytest.mark.parametrize("seed", range(4))
    def test_a_damaged_one_is_mended_from_the_vault(self, pair: Pair, tmp_path: Path, seed: int) -> None:
        before, chance = everything(pair.replica), random.Random(seed)
        names = [one for one, data in before.items() if data and ("/v" in one or one.startswith("log"))]
        chosen = chance.sample(names, 5)
        for name in chosen:
            spoil(pair.replica / name)
        mended, found = self.check(pair, tmp_path)
        assert set(chosen) <= set(found)
        assert mended >= 5
        after = {name: data for name, data in everything(pair.replica).items() if not name.startswith("damaged")}
        assert after == before
        assert pair.faults() == []

    def test_a_damaged_vault_proves_nothing_against_it(self, pair: Pair, tmp_path: Path) -> None:
        segment = max((pair.vault / "log/segments").iterdir(), key=lambda one: one.stat().st_size)
        segment.write_bytes(segment.read_bytes().replace(b'"act":"vault.version"', b'"act":"vault.versiom"', 1))
        before = everything(pair.replica)
        mended, found = self.check(pair, tmp_path)
        assert mended == 0
        assert "log" in found
        assert everything(pair.replica) == before

    def test_what_vanished_from_it_is_copied_again_on_request(self, pair: Pair) -> None:
        before = files(pair.replica)
        shutil.rmtree(original(pair.replica, assets(pair)[0]).parents[2])
        assert pair.go().versions == 0
        vault = Folder(pair.vault)
        assert fill_gaps(vault, vault, Folder(pair.replica), Logged.read(pair.vault), Budget()).versions == 2
        assert files(pair.replica) == before
        assert pair.faults() == []


def test_what_was_disposed_of_is_erased_there_too(pair: Pair, tmp_path: Path, file: Callable[..., Path]) -> None:
    gone, *kept = assets(pair)
    parts = pair.open()
    later = str(parts.vault.preserve(file(b"never copied")).id)
    parts.log.checkpoint()
    for asset in (gone, later):
        parts.vault.dispose(AssetId(asset), {"reason": "consent was withdrawn"})
    parts.log.checkpoint()
    done = pair.go()
    assert (done.findings, done.owed, done.erased) == ((), 0, 1)
    assert not any(list(pair.replica.rglob(f"*{one}*")) for one in (gone, later))
    assert sorted(kept) == sorted(
        one.name.rpartition("3a")[2] for one in (pair.replica / "objects").glob("???/???/???/*")
    )
    assert pair.faults() == []
    assert pair.same()
    shutil.rmtree(pair.vault)
    restore(Folder(pair.replica), pair.vault, keys=pair.keys, scratch=tmp_path / "scratch")
    assert assets(pair) == sorted(kept)
    assert faults(pair) == []
    assert os.access(pair.vault, os.W_OK)


def test_what_was_disposed_of_and_came_again_replaces_the_old_there(pair: Pair, file: Callable[..., Path]) -> None:
    asset = assets(pair)[0]
    with pair.open().vault.original(AssetId(asset)) as path:
        data = path.read_bytes()
    parts = pair.open()
    parts.vault.dispose(AssetId(asset), {"reason": "consent was withdrawn"})
    parts.vault.preserve(file(data))
    parts.log.checkpoint()
    done = pair.go()
    assert (done.findings, done.owed, done.erased) == ((), 0, 1)
    assert pair.same()
    assert pair.faults() == []


def test_a_register_written_anew_is_written_anew_there_too(pair: Pair, tmp_path: Path) -> None:
    parts = pair.open()
    parts.registers.append("batch/b1", [{"name": "Gulan"}], key="1")
    parts.registers.append("batch/b1", [{"name": "Zin"}], key="2")
    parts.log.checkpoint()
    pair.go()
    parts.vault.rewrite("batch/b1", lambda _, stone: {"name": None, "erased": stone}, {"reason": "ordered"})
    parts.registers.append("batch/b1", [{"name": "Berfin"}], key="3")
    parts.log.checkpoint()
    done = pair.go()
    assert (done.findings, done.owed, done.erased) == ((), 0, 1)
    assert [one for one in pair.replica.rglob("*") if one.is_file() and b"Gulan" in one.read_bytes()] == []
    assert pair.same()
    assert pair.faults() == []
    shutil.rmtree(pair.vault)
    assert restore(Folder(pair.replica), pair.vault, keys=pair.keys, scratch=tmp_path / "scratch").findings == ()
    assert [one["name"] for one in pair.open().registers.read("batch/b1")] == [None, None, "Berfin"]
    assert faults(pair) == []


def test_nor_is_what_a_repair_had_kept_of_it_left(pair: Pair, tmp_path: Path) -> None:
    asset, other, _ = assets(pair)
    for one in (asset, other):
        spoil(original(pair.vault, one))
        spoil(original(pair.replica, one))
    done = restored_replica(pair, tmp_path)
    assert done == 2
    parts = pair.open()
    parts.vault.dispose(AssetId(asset), {"reason": "consent was withdrawn"})
    parts.log.checkpoint()
    assert pair.go().erased == 1
    for root in (pair.vault, pair.replica):
        assert list(root.rglob(f"*{asset}*")) == []
        assert len(list((root / "damaged").rglob("original"))) == 1
