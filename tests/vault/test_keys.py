"""Signing keys: made once, kept closed, never replaced in silence."""

import shutil
import stat
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from pipeline.vault import open_vault
from tests.vault.conftest import Home


def pem(home: Home) -> Path:
    (path,) = home.keys.glob("*/*.pem")
    return path


def test_they_are_made_at_first_use_and_closed(home: Home) -> None:
    vault_id = home.open().vault_id
    key = pem(home)
    assert key.parent == home.keys / vault_id
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert home.root not in key.parents


def test_they_are_never_made_again(home: Home) -> None:
    home.open()
    before = pem(home).read_bytes()
    home.open().log.checkpoint()
    assert pem(home).read_bytes() == before


@pytest.mark.parametrize(("which", "mode"), [("folder", 0o750), ("folder", 0o701), ("file", 0o640), ("file", 0o604)])
def test_open_ones_are_not_used(home: Home, which: str, mode: int) -> None:
    home.open()
    path = pem(home)
    (path.parent if which == "folder" else path).chmod(mode)
    with pytest.raises(Misconfigured) as caught:
        home.open()
    assert caught.value.code == "E-CONF-008"
    assert "chmod" in caught.value.next


def test_a_lost_one_is_not_replaced(home: Home) -> None:
    home.open().log.checkpoint()
    shutil.rmtree(home.keys)
    with pytest.raises(Misconfigured) as caught:
        home.open()
    assert caught.value.code == "E-CONF-008"
    assert not list(home.keys.glob("*/*.pem"))


def test_a_copy_is_verified_without_them(home: Home, tmp_path: Path) -> None:
    home.open().log.checkpoint()
    shutil.copytree(home.root, tmp_path / "copy")
    parts = open_vault(tmp_path / "copy", tmp_path / "no keys", signing=False)
    report = parts.log.verify()
    assert (report.checkpoints, report.findings) == (1, ())
    assert parts.vault.audit().findings == ()
    assert not (tmp_path / "no keys").exists()


def test_two_vaults_have_two(home: Home, tmp_path: Path) -> None:
    home.open()
    open_vault(tmp_path / "second", home.keys)
    assert len(list(home.keys.glob("*/*.pem"))) == 2


def test_the_public_half_comes_back_from_the_private_one(home: Home) -> None:
    home.open().log.checkpoint()
    (public,) = (home.root / "log/keys").iterdir()
    before = public.read_bytes()
    public.unlink()
    home.open()
    assert public.read_bytes() == before


def test_a_damaged_one_is_named(home: Home) -> None:
    home.open()
    path = pem(home)
    path.write_bytes(b"nothing")
    with pytest.raises(Misconfigured) as caught:
        home.open()
    assert str(path) in caught.value.reason


@pytest.mark.parametrize("named", [b"\xff", b"../x", b""])
def test_what_names_no_key_is_named(home: Home, named: bytes) -> None:
    home.open()
    (pem(home).parent / "active").write_bytes(named)
    with pytest.raises(Misconfigured, match="does not name a key") as caught:
        open_vault(home.root, home.keys).log.checkpoint()
    assert caught.value.code == "E-CONF-008"
