"""A survey names every asset once, whatever the parts, and stops at what it cannot read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Corrupt
from pipeline.vault import VaultParts, open_vault
from pipeline.vault import series as series_module
from pipeline.vault.layout import object_folder
from pipeline.vault.storage import ASSET
from tests.vault.conftest import Home

Write = Callable[..., Path]


def filled(parts: VaultParts, file: Write, count: int = 12) -> list[AssetId]:
    return [parts.vault.preserve(file(b"%d" % n)).id for n in range(count)]


def surveyed(parts: VaultParts, of: int = 1) -> dict[AssetId, int]:
    found = [one for n in range(1, of + 1) for one in parts.vault.survey((n, of))]
    assert all(one.asset == parts.vault.asset(one.asset.id) for one in found)
    assert len(found) == len({one.asset.id for one in found})
    return {one.asset.id: one.versions for one in found}


@pytest.mark.parametrize("of", [1, 2, 7, 64, 4096])
def test_every_asset_is_in_one_part(parts: VaultParts, file: Write, of: int) -> None:
    assets = filled(parts, file)

    assert surveyed(parts, of) == dict.fromkeys(assets, 1)


def test_versions_are_counted_and_a_register_is_none(parts: VaultParts, file: Write) -> None:
    one, other = filled(parts, file, 2)
    parts.vault.write_back(one, "r1", [{"n": 1}], {})
    parts.vault.write_back(one, "r2", [{"n": 2}], {})
    parts.registers.append("batch/b", [{"n": 1}], key="k")

    assert surveyed(parts) == {one: 3, other: 1}


def test_a_history_that_goes_on_in_another_object_is_one_asset(
    parts: VaultParts, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_module, "VERSIONS_PER_OBJECT", 2)
    (asset,) = filled(parts, file, 1)
    for n in range(3):
        parts.vault.write_back(asset, f"r{n}", [{"n": n}], {})

    assert surveyed(parts) == {asset: 2}


def test_a_damaged_inventory_is_read_from_its_copy(doomed: Home, file: Write) -> None:
    parts = doomed.open()
    (asset,) = filled(parts, file, 1)
    inventory = object_folder(doomed.root / "objects", ASSET + asset) / "v1" / "inventory.json"
    inventory.chmod(0o600)
    inventory.write_bytes(b"{}")

    assert surveyed(parts) == {asset: 1}


@pytest.mark.parametrize("lost", ["v1", "v1/content/original", "inventories"])
def test_what_cannot_be_read_is_never_left_out_silently(doomed: Home, file: Write, lost: str) -> None:
    parts = doomed.open()
    filled(parts, file)
    folder = object_folder(doomed.root / "objects", ASSET + filled(parts, file, 1)[0])
    if lost == "inventories":
        for one in folder.rglob("inventory.json"):
            one.unlink()
    elif lost == "v1":
        shutil.rmtree(folder / lost)
    else:
        (folder / lost).unlink()

    with pytest.raises(Corrupt):
        list(parts.vault.survey((1, 1)))


def test_a_copy_at_another_place_is_not_a_second_asset(doomed: Home, file: Write) -> None:
    parts = doomed.open()
    (asset,) = filled(parts, file, 1)
    folder = object_folder(doomed.root / "objects", ASSET + asset)
    shutil.copytree(folder, doomed.root / "objects" / "abc" / "def" / "012" / folder.name)

    assert surveyed(open_vault(doomed.root, doomed.keys)) == {asset: 1}
