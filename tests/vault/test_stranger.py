"""A stranger's reader: what docs/format.md says is enough to read an asset, a register and the log without us."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.model import AssetId
from tests.vault.conftest import Home, objects

READER = Path(__file__).with_name("stranger.py")
DATA = b"what was seen" * 9


def read(home: Home, asset: str) -> subprocess.CompletedProcess[str]:
    """Run the reader as a stranger would: isolated, so that nothing of ours can be imported."""
    command = [sys.executable, "-I", "-B", str(READER), str(home.root), asset]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")


@pytest.fixture
def filled(home: Home, tmp_path: Path) -> AssetId:
    parts = home.open()
    (tmp_path / "seen").write_bytes(DATA)
    (tmp_path / "thumb").write_bytes(b"thumb")
    asset = parts.vault.preserve(tmp_path / "seen").id
    thumb = {hashlib.sha256(b"thumb").hexdigest(): tmp_path / "thumb"}
    parts.vault.write_back(asset, "run-1", [{"id": "e1", "text": "حلب"}], thumb)
    parts.vault.write_back(asset, "run-2", [{"id": "e2"}, {"id": "e3"}], {})
    parts.registers.append("people", [{"n": 1}, {"n": 2}], key="a")
    parts.log.checkpoint()
    home.open().log.append("view", actor="p-2222", subject=asset)
    home.open().log.checkpoint()
    return asset


def told(home: Home, asset: str) -> Any:
    done = read(home, asset)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_it_imports_nothing_of_ours() -> None:
    lines = READER.read_text(encoding="utf-8").splitlines()
    imported = {line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= set(sys.stdlib_module_names)


def test_it_reads_asset_register_and_log(home: Home, filled: AssetId) -> None:
    found = told(home, filled)
    assert found["asset"]["bytes"] == len(DATA)
    assert found["asset"]["records"] == [{"id": "e1", "text": "حلب"}, {"id": "e2"}, {"id": "e3"}]
    assert found["asset"]["files"] == 4
    assert found["people"] == 2
    assert (found["acts"]["vault.create"], found["acts"]["vault.version"], found["acts"]["view"]) == (2, 2, 1)
    assert found["checkpoint"]["number"] == 2
    assert found["checkpoint"]["leaves"] >= 2
    assert found["named"] == [f"urn:evidence:asset:{filled}"]


@pytest.mark.slow
def test_it_reads_a_history_that_goes_on_in_another_object(home: Home, filled: AssetId) -> None:
    vault = home.open().vault
    for n in range(100):
        vault.write_back(filled, f"more-{n}", [{"id": f"m{n}"}], {})
    home.open().log.checkpoint()
    found = told(home, filled)
    assert [one["id"] for one in found["asset"]["records"]] == ["e1", "e2", "e3", *(f"m{n}" for n in range(100))]
    assert len(found["named"]) == 2


@pytest.mark.slow
def test_it_reads_what_is_left_of_an_asset_that_was_disposed_of(home: Home, filled: AssetId) -> None:
    home.open().vault.dispose(filled, {"by": "p-1111", "reason": "ordered", "at": "2026-11-23T12:00:00.000Z"})
    home.open().log.checkpoint()
    found = told(home, filled)
    (stone,) = found["asset"]["tombstones"]
    assert (stone["asset"], stone["bytes"], stone["reason"]) == (filled, len(DATA), "ordered")
    assert found["named"] == []
    assert found["acts"]["vault.dispose"] >= 1


@pytest.mark.parametrize("what", ["original", "entry", "leaves"])
def test_it_sees_what_was_changed(doomed: Home, filled: AssetId, what: str) -> None:
    (folder,) = objects(doomed.root / "objects")
    file = {
        "original": folder / "v1" / "content" / "original",
        "entry": min((doomed.root / "log" / "segments").iterdir()),
        "leaves": doomed.root / "log" / "checkpoints" / "00000001.leaves",
    }[what]
    before = file.read_bytes()
    data = bytearray(before)
    data[len(data) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    done = read(doomed, filled)
    assert done.returncode == 1
    assert done.stderr
    file.write_bytes(before)
