"""A survey names every asset once, whatever the parts, and stops at what it cannot read."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Surveyed
from pipeline.errors import Corrupt, Unavailable
from pipeline.vault import VaultParts, open_vault
from pipeline.vault import series as series_module
from pipeline.vault.layout import object_folder
from pipeline.vault.storage import ASSET, ORIGINAL
from pipeline.vault.survey import Ahead
from tests.vault.conftest import Home

Write = Callable[..., Path]
Walk = Callable[..., Iterator[Surveyed]]
Survey = Callable[..., dict[AssetId, int]]
Lines = list[str]


def filled(parts: VaultParts, file: Write, count: int = 12) -> list[AssetId]:
    return [parts.vault.preserve(file(b"%d" % n)).id for n in range(count)]


def walker(home: Home, of: int = 1) -> Ahead:
    return Ahead(home.root / "objects", ASSET, of, original=ORIGINAL)


def lines_of(there: Ahead) -> Lines:
    """Return what the other process says: it has nothing but the standard library, and nothing of ours."""
    command = [sys.executable, "-I", "-S", "-B", *there.argv]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd="/", env={})
    assert not said.stderr
    return said.stdout.splitlines(keepends=True)


def heard(there: Ahead, lines: Lines, of: int = 1) -> Iterator[Surveyed]:
    told = iter(lines)
    for n in range(1, of + 1):
        yield from there.heard(told, n)


@pytest.fixture(params=["here", "ahead"])
def walk(request: pytest.FixtureRequest, doomed: Home) -> Walk:
    """Walk through all parts: in this process, or as another tells it."""

    def here(parts: VaultParts, of: int = 1) -> Iterator[Surveyed]:
        for n in range(1, of + 1):
            yield from parts.vault.survey((n, of))

    def ahead(_parts: VaultParts, of: int = 1) -> Iterator[Surveyed]:
        there = walker(doomed, of)
        return heard(there, lines_of(there), of)

    return here if request.param == "here" else ahead


@pytest.fixture
def surveyed(walk: Walk) -> Survey:
    """Return the assets that are found, each with its versions."""

    def survey(parts: VaultParts, of: int = 1) -> dict[AssetId, int]:
        found = list(walk(parts, of))
        assert all(one.asset == parts.vault.asset(one.asset.id) for one in found)
        assert len(found) == len({one.asset.id for one in found})
        return {one.asset.id: one.versions for one in found}

    return survey


@pytest.mark.parametrize("of", [1, 2, 7, 64, 4096])
def test_every_asset_is_in_one_part(parts: VaultParts, file: Write, surveyed: Survey, of: int) -> None:
    assets = filled(parts, file)

    assert surveyed(parts, of) == dict.fromkeys(assets, 1)


def test_versions_are_counted_and_a_register_is_none(parts: VaultParts, file: Write, surveyed: Survey) -> None:
    one, other = filled(parts, file, 2)
    parts.vault.write_back(one, "r1", [{"n": 1}], {})
    parts.vault.write_back(one, "r2", [{"n": 2}], {})
    parts.registers.append("batch/b", [{"n": 1}], key="k")

    assert surveyed(parts) == {one: 3, other: 1}


def test_a_history_that_goes_on_in_another_object_is_one_asset(
    parts: VaultParts, file: Write, surveyed: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_module, "VERSIONS_PER_OBJECT", 2)
    (asset,) = filled(parts, file, 1)
    for n in range(3):
        parts.vault.write_back(asset, f"r{n}", [{"n": n}], {})

    assert surveyed(parts) == {asset: 2}


def test_a_damaged_inventory_is_read_from_its_copy(doomed: Home, file: Write, surveyed: Survey) -> None:
    parts = doomed.open()
    (asset,) = filled(parts, file, 1)
    inventory = object_folder(doomed.root / "objects", ASSET + asset) / "v1" / "inventory.json"
    inventory.chmod(0o600)
    inventory.write_bytes(b"{}")

    assert surveyed(parts) == {asset: 1}


@pytest.mark.parametrize(
    ("lost", "code"),
    [
        ("v1", "E-VAULT-002"), ("v1/content/original", "E-VAULT-003"), ("inventories", "E-VAULT-002"),
        ("form", "E-VAULT-002"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_never_left_out_silently(
    doomed: Home, file: Write, walk: Walk, lost: str, code: str
) -> None:
    parts = doomed.open()
    filled(parts, file)
    folder = object_folder(doomed.root / "objects", ASSET + filled(parts, file, 1)[0])
    if lost == "inventories":
        for one in folder.rglob("inventory.json"):
            one.unlink()
    elif lost == "form":  # its digest fits, and nothing else does
        write_inventory(folder, {"id": ASSET + folder.name[-64:], "head": "v1", "versions": {"v1": {"state": []}}})
    elif lost == "v1":
        shutil.rmtree(folder / lost)
    else:
        (folder / lost).unlink()

    with pytest.raises(Corrupt) as raised:
        list(walk(parts))

    assert raised.value.code == code
    assert folder.name[-64:] in raised.value.reason


def write_inventory(folder: Path, body: object) -> None:
    data = json.dumps(body).encode()
    for place in (folder, folder / "v1"):
        for name, text in (("", data), (".sha512", f"{hashlib.sha512(data).hexdigest()}  inventory.json\n".encode())):
            (place / f"inventory.json{name}").chmod(0o600)
            (place / f"inventory.json{name}").write_bytes(text)


def test_a_copy_at_another_place_is_not_a_second_asset(doomed: Home, file: Write, surveyed: Survey) -> None:
    parts = doomed.open()
    (asset,) = filled(parts, file, 1)
    folder = object_folder(doomed.root / "objects", ASSET + asset)
    shutil.copytree(folder, doomed.root / "objects" / "abc" / "def" / "012" / folder.name)

    assert surveyed(open_vault(doomed.root, doomed.keys)) == {asset: 1}


@pytest.mark.parametrize("of", [1, 3])
def test_a_storage_root_that_is_gone_is_no_empty_vault(doomed: Home, file: Write, walk: Walk, of: int) -> None:
    parts = doomed.open()
    filled(parts, file, 1)
    (doomed.root / "objects").rename(doomed.root / "elsewhere")

    with pytest.raises((Corrupt, FileNotFoundError)) as raised:
        list(walk(parts, of))

    assert "objects" in str(raised.value)


def test_a_folder_that_cannot_be_listed_is_the_same_error(doomed: Home, file: Write, walk: Walk) -> None:
    parts = doomed.open()
    filled(parts, file, 1)
    (doomed.root / "objects" / "abc").symlink_to("a disk that is not there")

    with pytest.raises(FileNotFoundError) as raised:
        list(walk(parts))

    assert raised.value.filename == str(doomed.root / "objects" / "abc")


def test_an_inventory_cannot_put_words_into_the_other_process(doomed: Home, file: Write, walk: Walk) -> None:
    """What it calls the original's digest is a line of its own, and an end of the part."""
    parts = doomed.open()
    (asset,) = filled(parts, file, 1)
    folder, lie = object_folder(doomed.root / "objects", ASSET + asset), f"{'0' * 128} 1 1\n. 1 1\n"
    body = json.loads((folder / "inventory.json").read_bytes())
    (paths,) = body["manifest"].values()
    body["manifest"], body["versions"]["v1"]["state"] = {lie: paths}, {lie: [ORIGINAL]}
    write_inventory(folder, body)

    (found,) = walk(parts)

    assert found.asset.sha512 == lie


def test_what_ends_early_is_never_taken_for_whole(parts: VaultParts, home: Home, file: Write) -> None:
    filled(parts, file, 3)
    there = walker(home, 2)
    whole = "".join(lines := lines_of(there))
    assert len(list(heard(there, lines, 2))) == 3

    for end in range(len(whole)):
        with pytest.raises(Unavailable) as raised:
            list(heard(there, whole[:end].splitlines(keepends=True), 2))
        assert raised.value.code == "E-HOST-005"


@pytest.mark.parametrize("left_out", range(5))
def test_a_line_that_is_missing_is_seen(parts: VaultParts, home: Home, file: Write, left_out: int) -> None:
    filled(parts, file, 3)
    there = walker(home, 2)
    lines = lines_of(there)
    assert len(lines) == 5
    del lines[left_out]

    with pytest.raises(Unavailable):
        list(heard(there, lines, 2))


def test_what_is_disposed_of_meanwhile_is_left_out(doomed: Home, file: Write) -> None:
    """The other process saw an object that was being taken away; when it is looked at closely, it is gone."""
    parts = doomed.open()
    one, other = filled(parts, file, 2)
    folder = object_folder(doomed.root / "objects", ASSET + one)
    (folder / "v1" / "inventory.json.sha512").unlink()
    there = walker(doomed)
    lines = lines_of(there)
    shutil.rmtree(folder)

    assert [found.asset.id for found in heard(there, lines)] == [other]
    assert any(line.startswith("? ") for line in lines)
