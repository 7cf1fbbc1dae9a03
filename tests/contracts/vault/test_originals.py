"""What every vault promises of the bytes that it preserves."""

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Corrupt, Refused
from tests.contracts.vault.ports import Ports


class TestEveryVault:
    def test_bytes_come_back_under_their_digest(self, ports: Ports, source: Path) -> None:
        data = source.read_bytes()
        asset = ports.vault.preserve(source)
        assert asset.id == hashlib.sha256(data).hexdigest()
        assert asset.sha512 == hashlib.sha512(data).hexdigest()
        assert asset.bytes == len(data)
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_the_same_bytes_are_one_asset(self, ports: Ports, source: Path, tmp_path: Path) -> None:
        twin = tmp_path / "another name"
        twin.write_bytes(source.read_bytes())
        assert ports.vault.preserve(source) == ports.vault.preserve(twin) == ports.vault.preserve(source)
        assert len(list(ports.vault.assets())) == 1

    def test_no_bytes_at_all_are_preserved_too(self, ports: Ports, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        assert ports.vault.preserve(tmp_path / "empty").bytes == 0

    def test_the_source_is_left_untouched(self, ports: Ports, source: Path) -> None:
        source.chmod(0o640)
        before = source.stat()
        ports.vault.preserve(source)
        after = source.stat()
        assert (before.st_mode, before.st_mtime_ns, before.st_size, before.st_ino) == (
            after.st_mode, after.st_mtime_ns, after.st_size, after.st_ino,
        )  # fmt: skip

    def test_a_moved_source_is_gone(self, ports: Ports, source: Path) -> None:
        data = source.read_bytes()
        asset = ports.vault.preserve(source, move=True)
        assert not source.exists()
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_a_moved_source_that_has_another_name_does_not_share_its_bytes(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "second name"
        os.link(source, other)
        data = source.read_bytes()
        asset = ports.vault.preserve(source, move=True)
        other.write_bytes(b"overwritten")
        with ports.vault.original(asset.id) as path:
            assert path.read_bytes() == data

    def test_an_original_cannot_be_written_by_accident(self, ports: Ports, source: Path) -> None:
        asset = ports.vault.preserve(source)
        with ports.vault.original(asset.id) as path:
            assert path.stat().st_mode & 0o222 == 0
            assert path.stat().st_nlink == 1

    @pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd"])
    def test_what_is_not_here_is_the_custodians_and_never_the_materials_fault(
        self, ports: Ports, tmp_path: Path, name: str
    ) -> None:
        unknown = AssetId(name)
        (tmp_path / "thumb").write_bytes(b"small picture")
        assert not ports.vault.has(unknown)
        for ask in (
            lambda: ports.vault.asset(unknown),
            lambda: ports.vault.original(unknown).__enter__(),
            lambda: list(ports.vault.records(unknown)),
            lambda: ports.vault.kept(unknown, "0" * 64),
            lambda: ports.vault.write_back(unknown, "run", [{"n": 1}], {}),
            lambda: ports.vault.write_back(unknown, "run", [], {}),
        ):
            with pytest.raises(Corrupt) as caught:
                ask()
            assert caught.value.code == "E-VAULT-003"

    def test_what_was_disposed_of_is_gone_its_tombstone_stays_and_the_bytes_may_come_again(
        self, ports: Ports, source: Path
    ) -> None:
        asset = ports.vault.preserve(source).id
        ports.vault.write_back(asset, "run", [{"n": 1}], {})
        stone = ports.vault.dispose(asset, {"by": "p-1111", "reason": "ordered", "at": "now"})
        assert not ports.vault.has(asset)
        assert list(ports.vault.assets()) == []
        assert ports.vault.dispose(asset, {"by": "p-1111"}) == stone
        assert list(ports.registers.read("tombstones")) == [stone]
        assert (stone["asset"], stone["bytes"], stone["reason"]) == (asset, source.stat().st_size, "ordered")
        with pytest.raises(Corrupt):
            ports.vault.write_back(asset, "late", [{"n": 2}], {})
        assert ports.vault.audit().findings == ()
        assert ports.vault.preserve(source).id == asset
        assert list(ports.vault.records(asset)) == []
        assert ports.vault.audit().findings == ()

    def test_a_links_target_is_preserved_when_links_are_to_be_followed(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        data = source.read_bytes()
        (tmp_path / "link").symlink_to(source)
        asset = ports.vault.preserve(tmp_path / "link", follow=True)
        assert asset.id == hashlib.sha256(data).hexdigest()
        assert (tmp_path / "link").is_symlink()
        assert source.read_bytes() == data

    def test_what_a_followed_link_leads_to_must_be_a_regular_file(self, ports: Ports, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        targets = {"fifo": "E-SUBMIT-003", "missing": "E-SUBMIT-001", ".": "E-SUBMIT-004", "link": "E-SUBMIT-005"}
        for target, code in targets.items():
            (tmp_path / "link").unlink(missing_ok=True)
            (tmp_path / "link").symlink_to(tmp_path / target)
            with pytest.raises(Refused) as caught:
                ports.vault.preserve(tmp_path / "link", follow=True)
            assert caught.value.code == code

    def test_a_moved_link_gives_up_the_link_and_not_its_target(
        self, ports: Ports, source: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "link").symlink_to(source)
        ports.vault.preserve(tmp_path / "link", move=True, follow=True)
        assert not (tmp_path / "link").is_symlink()
        assert source.exists()
