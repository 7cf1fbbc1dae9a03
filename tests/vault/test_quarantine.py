"""Quarantine: what was found damaged is neither lent nor written to, and nothing is deleted."""

from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Finding
from pipeline.core.quarantine import fold_quarantine
from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault import VaultParts
from pipeline.vault.quarantine import Quarantine
from tests.vault.conftest import Home


@pytest.fixture
def asset(parts: VaultParts, tmp_path: Path) -> AssetId:
    (tmp_path / "seen").write_bytes(b"what was seen")
    return parts.vault.preserve(tmp_path / "seen").id


def damage(asset: str, path: str = "objects/x", code: str = "E-VAULT-001") -> Finding:
    return Finding(path=path, code=code, what="its bytes do not match", asset=asset)


def test_it_closes_an_asset_and_only_that(parts: VaultParts, asset: AssetId, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    other = parts.vault.preserve(tmp_path / "other").id
    thumb = sha256(b"other").hexdigest()
    for one in (asset, other):
        parts.vault.write_back(one, "before", [], {thumb: tmp_path / "other"})
    assert Quarantine(parts.registers).add([damage(asset)], audit="run", actor="p-auditor") == 1
    for act in (
        lambda: parts.vault.original(asset).__enter__(),
        lambda: parts.vault.write_back(asset, "run", [{"n": 1}], {}),
        lambda: parts.vault.kept(asset, thumb),
    ):
        with pytest.raises(Corrupt) as raised:
            act()
        assert raised.value.code == "E-VAULT-009"
        assert raised.value.who == "custodian"
    assert parts.vault.has(asset)
    assert parts.vault.kept(other, thumb) is not None
    with parts.vault.original(other) as file:
        assert file.read_bytes() == b"other"


def test_a_release_opens_it_again_in_every_process(parts: VaultParts, home: Home, asset: AssetId) -> None:
    quarantine = Quarantine(parts.registers)
    quarantine.add([damage(asset)], audit="run", actor="p-auditor")
    quarantine.release(asset, reason="copied from the replica", actor="p-custodian")
    for vault in (parts.vault, home.open().vault):
        with vault.original(asset) as file:
            assert file.read_bytes() == b"what was seen"


def test_what_is_noted_is_not_noted_again(parts: VaultParts, asset: AssetId) -> None:
    quarantine = Quarantine(parts.registers)
    found = [damage(asset), damage(asset, "objects/y"), Finding(path="log/x", code="E-LOG-001", what="broken")]
    assert [quarantine.add(found, audit=f"run-{n}", actor="vault") for n in range(3)] == [1, 0, 0]
    assert len(list(parts.registers.read("quarantine"))) == 2
    assert [one.path for one in quarantine.now().damage[asset]] == ["objects/x", "objects/y"]


def test_damage_after_a_release_closes_it_again(parts: VaultParts, asset: AssetId) -> None:
    quarantine = Quarantine(parts.registers)
    for _ in range(2):
        assert quarantine.add([damage(asset)], audit="run", actor="vault") == 1
        assert quarantine.holds(asset)
        quarantine.release(asset, reason="mended", actor="p-custodian")
        assert not quarantine.holds(asset)


def test_a_record_of_another_version_is_not_passed_over() -> None:
    with pytest.raises(Misconfigured) as raised:
        fold_quarantine([{"type": "something new", "asset": "a" * 64}])
    assert raised.value.code == "E-VAULT-007"
