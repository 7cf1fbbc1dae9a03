"""Every kind of damage to objects is mended where the log proves the bytes; nothing is lost without a trace."""

import json
import random
import shutil
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.vault.inventory import spelled
from tests.vault.conftest import outside_verdict
from tests.vault.repair.mending import aside, assets, faults, mend
from tests.vault.replicas import Pair, files
from tests.vault.spoiling import everything, original, spoil


class TestObjects:
    def test_a_flipped_bit(self, pair: Pair, tmp_path: Path) -> None:
        path = original(pair.vault, assets(pair)[0])
        data, name = spoil(path), path.relative_to(pair.vault).as_posix()
        damaged = path.read_bytes()
        _, done = mend(pair, tmp_path)
        assert (done.replaced, done.kept, done.bytes) == ((name,), (name,), len(data))
        assert path.read_bytes() == data
        assert aside(pair, done, name).read_bytes() == damaged
        assert faults(pair) == []
        assert oct(path.stat().st_mode)[-3:] == "444"

    def test_a_file_with_another_name_is_replaced(self, pair: Pair, tmp_path: Path) -> None:
        before, path = files(pair.vault), original(pair.vault, assets(pair)[0])
        for n, one in enumerate((path, path.parents[1] / "inventory.json")):
            (tmp_path / f"other {n}").hardlink_to(one)
        assert [one[:11] for one in faults(pair)] == ["E-VAULT-011"] * 2
        _, done = mend(pair, tmp_path)
        assert len(done.kept) == 2
        assert files(pair.vault) == before
        assert faults(pair) == []

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(6))
    def test_random_damage_to_any_file(self, pair: Pair, tmp_path: Path, seed: int) -> None:
        before, chance = files(pair.vault), random.Random(seed)
        for name in chance.sample(sorted(before), 6):
            path = pair.vault / name
            path.chmod(0o644)
            if (how := chance.randrange(3)) == 0:
                path.unlink()
            else:
                data = path.read_bytes()
                at = chance.randrange(len(data))
                path.write_bytes(data[:at] + (b"" if how == 1 else bytes([data[at] ^ 4]) + data[at + 1 :]))
        assert faults(pair) != []
        mend(pair, tmp_path)
        assert files(pair.vault) == before
        assert faults(pair) == []
        assert all(outside_verdict(pair.vault).values())

    @pytest.mark.parametrize("what", ["object", "v1", "v2", "register"])
    def test_what_vanished_comes_back(self, pair: Pair, tmp_path: Path, what: str) -> None:
        before = files(pair.vault)
        folder = original(pair.vault, assets(pair)[1]).parents[2]
        if what == "register":
            folder = next((pair.vault / "registers").glob("???/???/???/*"))
        shutil.rmtree(folder if what in {"object", "register"} else folder / what)
        mend(pair, tmp_path)
        assert files(pair.vault) == before
        assert faults(pair) == []

    def test_a_whole_storage_root_comes_back(self, pair: Pair, tmp_path: Path) -> None:
        before = files(pair.vault)
        shutil.rmtree(pair.vault / "objects")
        mend(pair, tmp_path)
        assert files(pair.vault) == before
        assert faults(pair) == []

    def test_a_consistent_rewrite_is_undone(self, pair: Pair, tmp_path: Path) -> None:
        before = files(pair.vault)
        folder = original(pair.vault, assets(pair)[0]).parents[2]
        body = json.loads((folder / "v2/inventory.json").read_bytes())
        body["versions"]["v2"]["message"] = "write-back another"
        for place in (folder, folder / "v2"):
            for name, data in zip(("inventory.json", "inventory.json.sha512"), spelled(body)[:2], strict=True):
                (place / name).chmod(0o644)
                (place / name).write_bytes(data)
        _, done = mend(pair, tmp_path)
        assert len(done.kept) == 4
        assert files(pair.vault) == before
        assert faults(pair) == []

    def test_what_was_slipped_in_is_moved_away(self, pair: Pair, tmp_path: Path) -> None:
        before = files(pair.vault)
        path = original(pair.vault, assets(pair)[0]).with_name("planted")
        path.write_bytes(b"planted")
        _, done = mend(pair, tmp_path)
        assert files(pair.vault) == before
        assert aside(pair, done, path.relative_to(pair.vault).as_posix()).read_bytes() == b"planted"
        assert faults(pair) == []

    def test_nothing_is_taken_that_the_log_does_not_prove(self, pair: Pair, tmp_path: Path) -> None:
        asset = assets(pair)[0]
        path, theirs = original(pair.vault, asset), original(pair.replica, asset)
        spoil(path)
        spoil(theirs)
        damaged = path.read_bytes()
        _, done = mend(pair, tmp_path)
        assert done.replaced == ()
        assert [one.code for one in done.findings] == ["E-REPLICA-005"]
        assert path.read_bytes() == damaged
        assert not (pair.vault / "damaged").exists()

    def test_what_is_newer_than_the_replica_stays(self, pair: Pair, tmp_path: Path) -> None:
        asset = assets(pair)[0]
        parts = pair.open()
        parts.vault.write_back(AssetId(asset), "later", [{"n": 1}], {})
        parts.log.checkpoint()
        before = files(pair.vault)
        spoil(original(pair.vault, asset))
        mend(pair, tmp_path)
        assert files(pair.vault) == before
        assert faults(pair) == []

    def test_a_sound_vault_is_not_touched(self, pair: Pair, tmp_path: Path) -> None:
        before = everything(pair.vault)
        base, done = mend(pair, tmp_path)
        assert (base.replaced, base.kept, done.replaced, done.kept) == ((), (), (), ())
        assert everything(pair.vault) == before
