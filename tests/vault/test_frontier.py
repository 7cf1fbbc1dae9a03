"""Where the sequencer left off: checkpoints that read only what is new, and trust no cache."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Corrupt
from pipeline.vault import VaultParts
from pipeline.vault.chain import Reading, read_segment
from pipeline.vault.custody import Segment
from pipeline.vault.segments import Place
from tests.vault.conftest import Home


def ended(home: Home, parts: VaultParts, count: int) -> None:
    """Write segments whose writers have ended."""
    for n in range(count):
        one = Segment(home.root, parts.vault_id)
        one.append("show", "person-1", None, {"n": n})
        one.close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What the sequencer reads from now on."""
    seen: list[Path] = []

    def reading(path: Path, start: Place, *, sync: bool = False) -> Reading:
        seen.append(path)
        return read_segment(path, start, sync=sync)

    monkeypatch.setattr("pipeline.vault.sequencer.read_segment", reading)
    return seen


def test_a_closed_segment_is_read_once(home: Home, read: list[Path]) -> None:
    parts = home.open()
    ended(home, parts, 20)
    parts.log.checkpoint()
    assert len(read) == 21
    read.clear()
    ended(home, parts, 1)
    parts.log.checkpoint()
    assert len(read) == 2
    report = parts.log.verify()
    assert (report.segments, report.checkpoints, report.findings) == (22, 2, ())


def test_one_of_a_living_writer_stays_open(home: Home) -> None:
    parts = home.open()
    for n in range(3):
        parts.log.append("show", actor="person-1", n=n)
        parts.log.checkpoint()
    leaves = sorted((home.root / "log/checkpoints").glob("*.leaves"))
    assert [path.read_bytes().count(b"\n") for path in leaves] == [1, 1, 1]
    assert parts.log.verify().findings == ()


def _older(home: Home, parts: VaultParts) -> None:
    path = home.root / "locks/frontier"
    older = path.read_bytes()
    ended(home, parts, 1)
    parts.log.checkpoint()
    path.chmod(0o600)
    path.write_bytes(older)


def _tampered(home: Home, _: VaultParts) -> None:
    path = home.root / "locks/frontier"
    path.chmod(0o600)
    data = path.read_bytes()
    at = data.index(b'"full": ["') + 10
    path.write_bytes(data[:at] + b"00000000" + data[at + 8 :])


def _gone(home: Home, _: VaultParts) -> None:
    shutil.rmtree(home.root / "locks")


def _written(data: bytes) -> Callable[[Home, VaultParts], None]:
    def write(home: Home, _: VaultParts) -> None:
        (home.root / "locks/frontier").unlink()
        (home.root / "locks/frontier").write_bytes(data)

    return write


@pytest.mark.parametrize(
    "harm",
    [_older, _tampered, _written(b""), _written(b"[]"), _written(b"{}"), _gone],
    ids=["older", "tampered", "empty", "a list", "an object", "gone"],
)  # fmt: skip
def test_whatever_is_wrong_with_it_makes_it_anew(home: Home, harm: Callable[[Home, VaultParts], None]) -> None:
    parts = home.open()
    ended(home, parts, 3)
    parts.log.checkpoint()
    harm(home, parts)
    ended(home, parts, 1)
    parts.log.checkpoint()
    assert parts.log.verify().findings == ()


def test_leaves_that_were_not_signed_for_are_not_built_upon(doomed: Home) -> None:
    parts = doomed.open()
    ended(doomed, parts, 2)
    parts.log.checkpoint()
    (leaves,) = (doomed.root / "log/checkpoints").glob("*.leaves")
    leaves.chmod(0o600)
    leaves.write_bytes(b"".join(leaves.read_bytes().splitlines(keepends=True)[:-1]))
    (doomed.root / "locks/frontier").unlink()
    ended(doomed, parts, 1)
    with pytest.raises(Corrupt):
        parts.log.checkpoint()
    assert len(list((doomed.root / "log/checkpoints").glob("*.note"))) == 1


def test_a_closed_segment_that_vanishes_is_missed(doomed: Home) -> None:
    parts = doomed.open()
    ended(doomed, parts, 2)
    parts.log.checkpoint()
    max((doomed.root / "log/segments").iterdir()).unlink()
    with pytest.raises(Corrupt, match="missing"):
        parts.log.checkpoint()


def stopped(home: Home, parts: VaultParts) -> Corrupt:
    parts.log.append("show", actor="person-1")
    with pytest.raises(Corrupt) as caught:
        parts.log.checkpoint()
    assert (home.root / "log/checkpoints").is_dir()
    return caught.value


def two_checkpoints(home: Home) -> tuple[VaultParts, Path]:
    parts = home.open()
    for n in range(2):
        parts.log.append("show", actor="person-1", n=n)
        parts.log.checkpoint()
    return parts, home.root / "log/checkpoints"


def test_an_old_note_in_the_next_ones_place_is_named_with_what_to_do(doomed: Home, tmp_path: Path) -> None:
    parts, folder = two_checkpoints(doomed)
    stray = folder / "00000003.note"
    shutil.copy(folder / "00000001.note", stray)
    said = stopped(doomed, parts)
    assert said.code == "E-LOG-008"
    assert "log/checkpoints/00000003.note: it is not checkpoint 3 but a copy of checkpoint 1" in said.reason
    assert "move it out" in said.next
    assert ("E-LOG-008", "log/checkpoints/00000003.note") in {
        (one.code, one.path) for one in parts.log.verify().findings
    }
    stray.rename(tmp_path / "stray")
    parts.log.checkpoint()
    assert doomed.open().log.verify().findings == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [("00000001.note", "E-LOG-006"), ("00000001.leaves", "E-LOG-002"), ("00000002.leaves", "E-LOG-002")],
)
def test_what_is_missing_is_named(doomed: Home, name: str, code: str) -> None:
    parts, folder = two_checkpoints(doomed)
    (folder / name).unlink()
    (doomed.root / "locks/frontier").unlink()
    said = stopped(doomed, parts)
    assert said.code == code
    assert f"log/checkpoints/{name}: it is missing" in said.reason
