"""A lost vault comes back whole from its replica."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from pipeline.vault import open_vault
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.restore import restore
from tests.vault.repair.mending import assets, faults
from tests.vault.replicas import Pair, files, fill
from tests.vault.spoiling import everything, original, spoil


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
