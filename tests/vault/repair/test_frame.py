"""What every vault has, and its log, come back from a replica."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.repair import mend_frame
from tests.vault.repair.mending import faults, mend
from tests.vault.replicas import Pair, ended, files, fill
from tests.vault.spoiling import everything


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
