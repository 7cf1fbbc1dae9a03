"""Tampering: what somebody may do to a vault, the code that names it, and the path that is named."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.vault.audit import audit
from tests.vault.conftest import Home, objects
from tests.vault.corruptions import KINDS, corrupt
from tests.vault.test_audit import FOREIGN, audited, folder_of, model, rewrite, write

__all__ = ["model"]


@pytest.fixture
def doomed(model: tuple[Home, AssetId], tmp_path: Path) -> Home:
    shutil.copytree(model[0].root, tmp_path / "vault")
    return Home(root=tmp_path / "vault", keys=model[0].keys)


Act = Callable[[Home, Path], list[Path]]
"""Does something to a vault and an asset's folder in it; returns the paths that must be named."""

PAIR = ("inventory.json", "inventory.json.sha512")


def changed(name: str, change: Callable[[bytes], bytes]) -> Act:
    def act(_home: Home, folder: Path) -> list[Path]:
        write(folder / name, change((folder / name).read_bytes()))
        return [folder / name]

    return act


def swap(home: Home, folder: Path) -> list[Path]:
    both = [one / "v1/content/original" for one in objects(home.root / "objects")]
    first, second = (one.read_bytes() for one in both)
    write(both[0], second)
    write(both[1], first)
    assert folder / "v1/content/original" in both
    return both


def rewritten(_home: Home, folder: Path) -> list[Path]:
    rewrite(folder, (folder / "v1/content/original").read_bytes(), b"forged")
    return [folder / "v1", folder / "v2"]


def rolled_back(_home: Home, folder: Path) -> list[Path]:
    shutil.rmtree(folder / "v2")
    for name in PAIR:
        write(folder / name, (folder / "v1" / name).read_bytes())
    return [folder / "v2"]


def removed(name: str) -> Act:
    def act(_home: Home, folder: Path) -> list[Path]:
        shutil.rmtree(folder / name)
        return [folder]

    return act


def doubled(_home: Home, folder: Path) -> list[Path]:
    return [Path(shutil.copytree(folder, folder.parent / f"{folder.name}x"))]


def added(_home: Home, folder: Path) -> list[Path]:
    (folder / "v1/content/more").write_bytes(FOREIGN)
    return [folder / "v1/content/more"]


def root_inventory(_home: Home, folder: Path) -> list[Path]:
    write(folder / "inventory.json", (folder / "v1/inventory.json").read_bytes())
    return [folder / "inventory.json"]


def root_marker(home: Home, _folder: Path) -> list[Path]:
    write(home.root / "objects/0=ocfl_1.1", b"ocfl_1.0\n")
    return [home.root / "objects/0=ocfl_1.1"]


def identity(home: Home, _folder: Path) -> list[Path]:
    (home.root / "vault.json").unlink()
    return [home.root / "vault.json"]


TAMPERINGS: dict[str, tuple[Act, set[str]]] = {
    "flip": (changed("v1/content/original", lambda data: data[:-1] + bytes([data[-1] ^ 1])), {"E-VAULT-001"}),
    "truncate": (changed("v1/content/original", lambda data: data[:-1]), {"E-VAULT-001"}),
    "swap": (swap, {"E-VAULT-001"}),
    "rewrite": (rewritten, {"E-LOG-004", "E-VAULT-001"}),
    "rollback": (rolled_back, {"E-LOG-004"}),
    "delete version": (removed("v1"), {"E-LOG-004", "E-VAULT-002", "E-VAULT-003"}),
    "delete object": (removed(""), {"E-VAULT-002", "E-VAULT-003"}),
    "add object": (doubled, {"E-VAULT-004"}),
    "add file": (added, {"E-VAULT-004"}),
    "edit inventory": (
        changed("v2/inventory.json", lambda data: data.replace(b'"head":"v2"', b'"head":"v1"')),
        {"E-VAULT-001", "E-VAULT-002"},
    ),
    "edit side-car": (changed("v1/inventory.json.sha512", lambda data: b"0" * 128 + data[128:]), {"E-VAULT-001"}),
    "edit root inventory": (root_inventory, {"E-VAULT-002"}),
    "edit root marker": (root_marker, {"E-VAULT-001"}),
    "edit object marker": (changed("0=ocfl_object_1.1", lambda data: data.replace(b"1", b"0")), {"E-VAULT-002"}),
    "delete identity": (identity, {"E-VAULT-003"}),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_each_has_its_code_and_is_named(model: tuple[Home, AssetId], doomed: Home, what: str) -> None:
    act, codes = TAMPERINGS[what]
    places = act(doomed, folder_of(doomed, model[1]))
    findings = audit(doomed.root).findings
    assert {one.code for one in findings} == codes, findings
    assert {one.relative_to(doomed.root).as_posix() for one in places} <= {one.path for one in findings}


def test_one_digest_finds_what_both_find(model: tuple[Home, AssetId], doomed: Home) -> None:
    TAMPERINGS["flip"][0](doomed, folder_of(doomed, model[1]))
    one, both = doomed.open().vault.audit(), doomed.open().vault.audit(both=True)
    assert one.findings == both.findings
    assert one.findings[0].code == "E-VAULT-001"


def test_seeded_damage_of_every_kind_is_found_and_named(doomed: Home, tmp_path: Path) -> None:
    whole = shutil.copytree(doomed.root, tmp_path / "whole")
    kinds = set()
    for seed in range(40):
        shutil.rmtree(doomed.root)
        shutil.copytree(whole, doomed.root)
        damage = corrupt(doomed.root, random.Random(seed))
        kinds.add(damage.kind)
        findings = audit(doomed.root).findings
        assert any(damage.named_by(one.path) for one in findings), (seed, damage, findings)
    assert kinds == set(KINDS)
    shutil.rmtree(doomed.root)
    shutil.copytree(whole, doomed.root)
    assert audited(doomed) == ()
