"""Damage done to a vault: each is found, and the file is named."""

import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import ocfl
import pytest

from pipeline.core.model import AssetId
from pipeline.core.ports import Finding
from pipeline.errors import Corrupt
from pipeline.vault.audit import audit
from pipeline.vault.keys import Keys
from pipeline.vault.storage import ASSET
from tests.vault.conftest import Home, objects

FOREIGN = b"never ours"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, AssetId]:
    """A vault with an asset of two versions, another asset, a register, and a signed log."""
    place = tmp_path_factory.mktemp("model")
    home = Home(root=place / "vault", keys=place / "keys")
    parts = home.open()
    (place / "one").write_bytes(os.urandom(300_000))
    (place / "two").write_bytes(b"two")
    (place / "thumb").write_bytes(b"thumb")
    asset = parts.vault.preserve(place / "one").id
    parts.vault.preserve(place / "two")
    thumb = {hashlib.sha256(b"thumb").hexdigest(): place / "thumb"}
    parts.vault.write_back(asset, "run", [{"n": 1}], thumb)
    parts.registers.append("batch/B", [{"n": 1}], key="a")
    parts.registers.append("batch/B", [{"n": 2}], key="b")
    parts.log.checkpoint()
    assert parts.vault.audit().findings == ()
    return home, asset


@pytest.fixture
def doomed(model: tuple[Home, AssetId], tmp_path: Path) -> Home:
    """A copy of it, with the same keys."""
    shutil.copytree(model[0].root, tmp_path / "vault")
    return Home(root=tmp_path / "vault", keys=model[0].keys)


@pytest.fixture
def filled(model: tuple[Home, AssetId]) -> AssetId:
    return model[1]


def audited(home: Home) -> tuple[Finding, ...]:
    return home.open().vault.audit().findings


def folder_of(home: Home, asset: AssetId) -> Path:
    return next(one for one in objects(home.root / "objects") if one.name.endswith(asset))


def evidence_files(home: Home) -> list[Path]:
    kept = (one for name in ("objects", "registers", "log", "vault.json") for one in [home.root / name])
    return sorted(one for place in kept for one in ([place] if place.is_file() else place.rglob("*")) if one.is_file())


def write(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    write(path, bytes(data))


def named(home: Home, path: Path, findings: tuple[Finding, ...]) -> bool:
    return path.relative_to(home.root).as_posix() in {one.path for one in findings}


def test_a_flipped_bit_is_found_in_every_file(doomed: Home, filled: AssetId) -> None:
    chance = random.Random(7)
    vault_id = doomed.open().vault_id
    trusted = Keys(doomed.keys, vault=doomed.root, vault_id=vault_id).trusted()
    for path in evidence_files(doomed):
        before = path.read_bytes()
        flip(path, chance)
        findings = audit(doomed.root, trusted=trusted).findings
        assert findings, path
        if "log" not in path.parts:
            assert named(doomed, path, findings), (path, findings)
        else:
            assert any(one.path.startswith("log/") for one in findings), (path, findings)
        write(path, before)
    assert audit(doomed.root, trusted=trusted).findings == ()
    assert filled


def test_every_file_is_missed(doomed: Home, filled: AssetId) -> None:
    for path in evidence_files(doomed):
        before = path.read_bytes()
        path.unlink()
        findings = audit(doomed.root).findings
        if path.suffix == ".pub":
            assert {one.code for one in findings} == {"E-LOG-003"}
        else:
            assert named(doomed, path, findings), (path, findings)
        path.write_bytes(before)
    assert filled


def test_every_file_cut_short_is_found(doomed: Home, filled: AssetId) -> None:
    for path in evidence_files(doomed):
        before = path.read_bytes()
        write(path, before[: len(before) // 2])
        findings = audit(doomed.root).findings
        assert named(doomed, path, findings) or "log" in path.parts, (path, findings)
        assert findings
        write(path, before)
    assert filled


@pytest.mark.parametrize(
    "place",
    [
        "intruder", "log/intruder", "log/segments/intruder", "log/checkpoints/intruder", "log/keys/intruder",
        "objects/intruder", "objects/extensions/intruder", "objects/abc/intruder", "objects/abc/abc/abc/intruder",
        "registers/abc/def/123/object/intruder", "OBJECT/intruder", "OBJECT/v1/intruder", "OBJECT/v1/content/intruder",
        "OBJECT/v2/content/derivatives/intruder", "OBJECT/extensions/intruder",
    ],
)  # fmt: skip
def test_a_file_too_many_is_found(doomed: Home, filled: AssetId, place: str) -> None:
    path = doomed.root / place.replace("OBJECT", folder_of(doomed, filled).relative_to(doomed.root).as_posix())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FOREIGN)
    findings = audited(doomed)
    assert {one.code for one in findings} == {"E-VAULT-004"}
    assert any(path.relative_to(doomed.root).as_posix().startswith(one.path) for one in findings)


def test_a_link_in_place_of_the_bytes_is_found(doomed: Home, filled: AssetId, tmp_path: Path) -> None:
    path = folder_of(doomed, filled) / "v1/content/original"
    shutil.copy(path, tmp_path / "elsewhere")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert named(doomed, path, audited(doomed))


def rewrite(folder: Path, old: bytes, new: bytes) -> None:
    """Replace an original and everything in the object that speaks of it: valid in itself."""
    swaps = [
        (getattr(hashlib, name)(old).hexdigest(), getattr(hashlib, name)(new).hexdigest())
        for name in ("sha512", "sha256")
    ]
    write(folder / "v1/content/original", new)
    for path in folder.rglob("inventory.json"):
        body = json.loads(path.read_bytes())
        asset = body["id"]
        text = json.dumps({**body, "id": ""})
        for one, other in swaps:
            text = text.replace(one, other)
        data = json.dumps({**json.loads(text), "id": asset}).encode()
        write(path, data)
        write(path.with_name("inventory.json.sha512"), f"{hashlib.sha512(data).hexdigest()}  inventory.json\n".encode())


def test_a_consistent_rewrite_is_found(doomed: Home, filled: AssetId) -> None:
    folder = folder_of(doomed, filled)
    rewrite(folder, (folder / "v1/content/original").read_bytes(), b"forged")
    assert ocfl.Object().validate(str(folder), log_errors=False, log_warnings=False)[0], "the forgery is a good one"
    findings = audited(doomed)
    assert {"E-LOG-004", "E-VAULT-001"} == {one.code for one in findings}
    assert {one.asset for one in findings} == {filled}
    assert named(doomed, folder / "v1", findings)
    assert named(doomed, folder / "v2", findings)


def test_a_version_taken_away_is_found(doomed: Home, filled: AssetId) -> None:
    folder = folder_of(doomed, filled)
    shutil.rmtree(folder / "v2")
    for name in ("inventory.json", "inventory.json.sha512"):
        write(folder / name, (folder / "v1" / name).read_bytes())
    (finding,) = audited(doomed)
    assert (finding.code, finding.asset) == ("E-LOG-004", filled)
    assert finding.path.endswith("/v2")


@pytest.mark.parametrize("prune", [False, True])
def test_an_object_taken_away_is_found(doomed: Home, filled: AssetId, prune: bool) -> None:
    folder = folder_of(doomed, filled)
    shutil.rmtree(folder.parents[2] if prune else folder)
    findings = audited(doomed)
    assert [one.asset for one in findings if one.code == "E-VAULT-003"] == [filled]
    assert named(doomed, folder, findings)


def test_a_register_taken_away_is_found(doomed: Home, filled: AssetId) -> None:
    (folder,) = objects(doomed.root / "registers")
    shutil.rmtree(folder.parents[2])
    (finding,) = audited(doomed)
    assert finding.code == "E-VAULT-003"
    assert folder.relative_to(doomed.root).as_posix().startswith(finding.path)
    assert filled


def test_a_register_taken_away_is_named_where_its_name_is_known(
    doomed: Home, filled: AssetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.vault.series.VERSIONS_PER_OBJECT", 1)
    registers = doomed.open().registers
    for n in range(3):
        registers.append("people", [{"n": n}], key=str(n))
    gone = [one for one in objects(doomed.root / "registers") if "people" in one.name]
    assert len(gone) == 3
    for folder in gone:
        shutil.rmtree(folder)
    found = doomed.open().vault.audit(registers=["batch/B", "people"]).findings
    assert {one.path for one in found if one.code == "E-VAULT-003"} == {
        one.relative_to(doomed.root).as_posix() for one in gone
    }
    unnamed = [one for one in audited(doomed) if one.code == "E-VAULT-003"]
    for name in ("people", "people:2", "people:3"):
        assert sum(subject(name) in one.what for one in unnamed) == 1
    assert filled


def subject(name: str) -> str:
    return hashlib.sha256(f"urn:evidence:register:{name}".encode()).hexdigest()


def test_a_root_that_is_gone_is_found(doomed: Home, filled: AssetId) -> None:
    assets = list(doomed.open().vault.assets())
    shutil.rmtree(doomed.root / "objects")
    report = doomed.open().vault.audit()
    assert {one.code for one in report.findings} == {"E-VAULT-003"}
    assert {one.asset for one in report.findings if one.path != "objects"} == set(assets)
    assert filled


def test_an_object_slipped_in_is_found(doomed: Home, filled: AssetId, tmp_path: Path) -> None:
    other = Home(root=tmp_path / "other", keys=tmp_path / "other keys")
    (tmp_path / "three").write_bytes(FOREIGN)
    asset = other.open().vault.preserve(tmp_path / "three").id
    source = folder_of(other, asset)
    shutil.copytree(source, doomed.root / source.relative_to(other.root))
    (finding,) = audited(doomed)
    assert (finding.code, finding.asset) == ("E-VAULT-004", asset)
    assert filled


def test_a_version_slipped_in_is_found(doomed: Home, filled: AssetId, tmp_path: Path) -> None:
    copy = Home(root=tmp_path / "copy", keys=doomed.keys)
    shutil.copytree(doomed.root, copy.root)
    copy.open().vault.write_back(filled, "forged", [{"n": 2}], {})
    folder = folder_of(doomed, filled)
    shutil.rmtree(folder)
    shutil.copytree(folder_of(copy, filled), folder)
    (finding,) = audited(doomed)
    assert (finding.code, finding.path.endswith("/v3")) == ("E-LOG-004", True)


def test_an_object_under_another_name_is_found(doomed: Home, filled: AssetId) -> None:
    folder = folder_of(doomed, filled)
    folder.rename(folder.with_name(folder.name[:-1] + "0" if folder.name[-1] != "0" else folder.name[:-1] + "1"))
    assert {"E-VAULT-004", "E-VAULT-003"} == {one.code for one in audited(doomed)}


def test_all_findings_are_collected(doomed: Home, filled: AssetId) -> None:
    for folder in objects(doomed.root):
        for path in folder.glob("v1/content/**/*"):
            if path.is_file():
                write(path, b"ruined")
    assert sum(one.code == "E-VAULT-001" for one in audited(doomed)) == 3
    assert filled


def test_a_part_finds_only_what_is_its_own(doomed: Home, filled: AssetId) -> None:
    write(folder_of(doomed, filled) / "v1/content/original", b"ruined")
    found = [doomed.open().vault.audit((n, 4)).findings for n in (1, 2, 3, 4)]
    assert sorted(len(one) for one in found) == [0, 0, 0, 1]


def test_progress_is_told(doomed: Home, filled: AssetId) -> None:
    told: list[tuple[int, int, int]] = []
    report = doomed.open().vault.audit(progress=lambda *one: told.append(one))
    assert told[-1][0] == report.checked == 3
    assert told[-1][2] == report.bytes
    assert filled


def test_a_torn_root_inventory_is_found_named_and_mended(doomed: Home, filled: AssetId) -> None:
    folder = folder_of(doomed, filled)
    for name, data in (("inventory.json", b""), ("inventory.json.sha512", b"torn")):
        write(folder / name, data)
        assert named(doomed, folder / name, audited(doomed))
        parts = doomed.open()
        assert [one["n"] for one in parts.vault.records(filled)] == [1]
        assert parts.vault.recover() == 1
        assert parts.vault.recover() == 0
        assert audited(doomed) == ()
    (folder / "inventory.json.sha512").unlink()
    assert doomed.open().vault.recover() == 1
    assert audited(doomed) == ()


def test_it_may_run_beside_a_writer(doomed: Home, filled: AssetId) -> None:
    with doomed.start("append", "busy", "w", "15") as writer:
        while writer.poll() is None:
            assert audited(doomed) == ()
        assert writer.returncode == 0
    assert len(list(doomed.open().registers.read("busy"))) == 15
    assert ASSET + filled


@pytest.mark.parametrize("where", ["objects", "registers"])
def test_a_damaged_record_is_never_given_out(doomed: Home, filled: AssetId, where: str) -> None:
    for path in (doomed.root / where).rglob("*.jsonl"):
        write(path, path.read_bytes().replace(b'"n":1', b'"n":7'))
    parts = doomed.open()
    with pytest.raises(Corrupt) as caught:
        list(parts.vault.records(filled) if where == "objects" else parts.registers.read("batch/B"))
    assert caught.value.code == "E-VAULT-001"
