"""Repair from a replica: every kind of damage mended where the log proves the bytes, nothing lost without a trace."""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Budget
from pipeline.errors import Misconfigured
from pipeline.vault import audit_root, open_vault, verify_root
from pipeline.vault.inventory import spelled
from pipeline.vault.logged import Logged
from pipeline.vault.replica.checking import check_replica, fill_gaps
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.repair import Mended, mend_frame, mend_objects
from pipeline.vault.replica.restore import restore
from tests.vault.conftest import outside_verdict
from tests.vault.replicas import Pair, ended, files, fill
from tests.vault.test_replicate import everything, original, spoil


@pytest.fixture
def pair(tmp_path: Path, file: Callable[..., Path]) -> Pair:
    """A vault with three assets, a register and a signed log, and its replica."""
    made = Pair(vault=tmp_path / "vault", keys=tmp_path / "keys", replica=tmp_path / "replica")
    fill(made, file, 3)
    made.go()
    return made


def assets(pair: Pair) -> list[str]:
    return sorted(str(one) for one in open_vault(pair.vault, pair.keys, signing=False).vault.assets())


def mend(pair: Pair, tmp_path: Path) -> tuple[Mended, Mended]:
    """Do what recover does: the frame and the log, then whatever an audit names."""
    replica = Folder(pair.replica)
    base = mend_frame(pair.vault, replica, keys=pair.keys, scratch=tmp_path / "scratch")
    findings = audit_root(pair.vault, None, pair.keys).findings
    return base, mend_objects(pair.vault, Folder(pair.vault), replica, findings)


def faults(pair: Pair) -> list[str]:
    found = [*audit_root(pair.vault, None, pair.keys).findings, *verify_root(pair.vault, pair.keys).findings]
    return [f"{one.code} {one.path}: {one.what}" for one in found]


def aside(pair: Pair, one: Mended, path: str) -> Path:
    return pair.vault / "damaged" / one.aside / path


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


@pytest.mark.slow
class TestFrame:
    @pytest.mark.parametrize(
        "name", ["vault.json", "objects/0=ocfl_1.1", "registers/ocfl_layout.json", "log", "log/segments", "log/keys"]
    )
    def test_what_every_vault_has_comes_back(self, pair: Pair, tmp_path: Path, name: str) -> None:
        before = everything(pair.vault)
        shutil.rmtree(pair.vault / name) if (pair.vault / name).is_dir() else (pair.vault / name).unlink()
        mend(pair, tmp_path)
        after = everything(pair.vault)
        assert after.keys() == before.keys()
        assert [one for one, data in after.items() if not before[one].startswith(data)] == []
        assert faults(pair) == []
        assert len(list(pair.open().vault.assets())) == 3

    @pytest.mark.parametrize("how", ["edit", "cut", "gone", "empty"])
    def test_a_damaged_segment_comes_back(self, pair: Pair, tmp_path: Path, how: str) -> None:
        segment = max((pair.vault / "log/segments").iterdir(), key=lambda one: one.stat().st_size)
        before = segment.read_bytes()
        if how == "edit":
            segment.write_bytes(before.replace(b'"act":"vault.version"', b'"act":"vault.versiom"', 1))
        elif how == "gone":
            segment.unlink()
        else:
            segment.write_bytes(before[: len(before) // 2] if how == "cut" else b"")
        assert faults(pair) != []
        base, _ = mend(pair, tmp_path)
        assert before.startswith(segment.read_bytes())
        assert len(segment.read_bytes()) > len(before) - 500  # all but that it was signed, which was never replicated
        assert (f"log/segments/{segment.name}" in base.kept) == (how != "gone")
        assert faults(pair) == []

    def test_what_a_segment_has_beyond_the_replica_is_kept(self, pair: Pair, tmp_path: Path) -> None:
        parts = pair.open()
        parts.log.append("submit", actor="person-1")
        parts.log.checkpoint()
        pair.go()
        parts.log.append("process", actor="person-1")
        parts.log.checkpoint()
        ended(parts)
        segment = max((pair.vault / "log/segments").iterdir(), key=lambda one: one.stat().st_mtime_ns)
        before = segment.read_bytes()
        segment.write_bytes(before.replace(b'"act":"submit"', b'"act":"submot"', 1))
        mend(pair, tmp_path)
        assert segment.read_bytes() == before
        assert faults(pair) == []

    @pytest.mark.parametrize("suffix", ["note", "leaves"])
    @pytest.mark.parametrize("gone", [True, False])
    def test_a_checkpoint_comes_back(self, pair: Pair, tmp_path: Path, suffix: str, gone: bool) -> None:
        path = pair.vault / f"log/checkpoints/00000001.{suffix}"
        before = path.read_bytes()
        path.unlink()
        if not gone:
            path.write_bytes(before.replace(b"0", b"1", 3))
        mend(pair, tmp_path)
        assert path.read_bytes() == before
        assert faults(pair) == []

    def test_a_vault_turned_back_comes_forward(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        shutil.copytree(pair.vault, tmp_path / "earlier", ignore=shutil.ignore_patterns("locks"))
        fill(pair, file, 1, word="two")
        pair.go()
        after = files(pair.vault)
        shutil.rmtree(pair.vault)
        shutil.copytree(tmp_path / "earlier", pair.vault)
        mend(pair, tmp_path)
        assert files(pair.vault) == after
        assert faults(pair) == []

    def test_one_that_went_another_way_is_not_touched(
        self, pair: Pair, file: Callable[..., Path], tmp_path: Path
    ) -> None:
        shutil.copytree(pair.vault, tmp_path / "earlier")
        fill(pair, file, 1, word="two")
        pair.go()
        shutil.rmtree(pair.vault)
        shutil.copytree(tmp_path / "earlier", pair.vault)
        fill(pair, file, 1, word="three")
        before = everything(pair.vault)
        base = mend_frame(pair.vault, Folder(pair.replica), keys=pair.keys, scratch=tmp_path / "scratch")
        assert [one.code for one in base.findings] == ["E-REPLICA-002"]
        assert everything(pair.vault) == before

    def test_a_damaged_replica_log_serves_for_nothing(self, pair: Pair, tmp_path: Path) -> None:
        for root in (pair.vault, pair.replica):
            segment = max((root / "log/segments").iterdir(), key=lambda one: one.stat().st_size)
            segment.write_bytes(segment.read_bytes().replace(b'"act":"vault.version"', b'"act":"vault.versiom"', 1))
        before = everything(pair.vault)
        base = mend_frame(pair.vault, Folder(pair.replica), keys=pair.keys, scratch=tmp_path / "scratch")
        assert {one.code for one in base.findings} == {"E-REPLICA-005"}
        assert everything(pair.vault) == before

    def test_another_vaults_replica_is_refused(self, pair: Pair, file: Callable[..., Path], tmp_path: Path) -> None:
        other = Pair(vault=tmp_path / "other", keys=pair.keys, replica=tmp_path / "theirs")
        fill(other, file, 1)
        other.go()
        with pytest.raises(Misconfigured) as caught:
            mend_frame(pair.vault, Folder(other.replica), keys=pair.keys, scratch=tmp_path / "scratch")
        assert caught.value.code == "E-REPLICA-006"


class TestRestore:
    def again(self, pair: Pair, tmp_path: Path, into: Path | None = None) -> list[str]:
        done = restore(Folder(pair.replica), into or pair.vault, keys=pair.keys, scratch=tmp_path / "scratch")
        assert done.complete
        return [one.code for one in done.findings]

    def test_a_lost_vault(self, pair: Pair, tmp_path: Path, file: Callable[..., Path]) -> None:
        before = files(pair.vault)
        shutil.rmtree(pair.vault)
        assert self.again(pair, tmp_path) == []
        assert files(pair.vault) == before
        assert not (pair.vault / "replica.json").exists()
        assert faults(pair) == []
        fill(pair, file, 1, word="two")  # work goes on, and so does the replica
        assert pair.go().findings == ()
        assert (pair.faults(), faults(pair)) == ([], [])

    def test_from_a_plain_copy_even_what_no_checkpoint_covers(
        self, pair: Pair, tmp_path: Path, file: Callable[..., Path]
    ) -> None:
        late = pair.open().vault.preserve(file(b"late")).id
        copy = Pair(vault=tmp_path / "new", keys=pair.keys, replica=tmp_path / "copy")
        shutil.copytree(pair.vault, copy.replica)
        assert self.again(copy, tmp_path) == []
        assert str(late) in assets(copy)
        assert files(copy.vault) == files(pair.vault)

    def test_what_is_damaged_in_the_replica_is_found_and_left_out(self, pair: Pair, tmp_path: Path) -> None:
        bad, *good = assets(pair)
        spoil(original(pair.replica, bad))
        shutil.rmtree(pair.vault)
        assert self.again(pair, tmp_path) == ["E-VAULT-001"]
        assert assets(pair) == good

    def test_not_over_another_vault(self, pair: Pair, tmp_path: Path) -> None:
        open_vault(tmp_path / "other", tmp_path / "other-keys")
        before = everything(tmp_path / "other")
        with pytest.raises(Misconfigured) as caught:
            self.again(pair, tmp_path, tmp_path / "other")
        assert caught.value.code == "E-REPLICA-006"
        assert everything(tmp_path / "other") == before

    def test_not_without_the_keys(self, pair: Pair, tmp_path: Path) -> None:
        shutil.rmtree(pair.vault)
        with pytest.raises(Misconfigured) as caught:
            restore(Folder(pair.replica), pair.vault, keys=tmp_path / "none", scratch=tmp_path / "scratch")
        assert caught.value.code == "E-CONF-008"
        assert not pair.vault.exists()

    def test_interrupted_it_is_no_vault_and_goes_on(
        self, pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.rmtree(pair.vault)
        put, left = Folder.put, [12]

        def failing(self: Folder, path: str, data: bytes) -> None:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            put(self, path, data)

        with monkeypatch.context() as patched:
            patched.setattr(Folder, "put", failing)
            with pytest.raises(KeyboardInterrupt):
                self.again(pair, tmp_path)
        with pytest.raises(Misconfigured) as caught:
            pair.open()
        assert caught.value.code == "E-REPLICA-004"
        assert self.again(pair, tmp_path) == []
        assert faults(pair) == []


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


def restored_replica(pair: Pair, tmp_path: Path) -> int:
    """Mend vault and replica, which are damaged at the same places, from a third copy; return how many files."""
    third = tmp_path / "third"
    shutil.copytree(pair.replica, third)
    for path in third.rglob("original"):
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() not in path.parents[2].name:
            at = len(data) // 2
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    findings = audit_root(pair.vault, None, pair.keys).findings
    for root in (pair.vault, pair.replica):
        done = mend_objects(root, Folder(root), Folder(third), findings)
    return len(done.replaced)
