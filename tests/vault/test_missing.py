"""Parts of a vault taken away whole: said, never papered over; and what an empty vault is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Corrupt, Misconfigured
from pipeline.vault import audit_root, open_vault, verify_root
from tests.vault.conftest import Home


@pytest.fixture
def filled(doomed: Home, file: Callable[..., Path]) -> Home:
    """A vault with an asset, a register and a signed log."""
    parts = doomed.open()
    parts.vault.preserve(file())
    parts.registers.append("people", [{"n": 1}], key="a")
    parts.log.append("submit", actor="person-1")
    parts.log.checkpoint()
    assert parts.vault.audit().findings == ()
    return doomed


def everything(root: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted((root, *root.rglob("*")))
        if "staging" not in path.parts  # the vault that filled it may only now be let go
    }


class TestIdentity:
    def test_a_vault_without_it_is_left_as_it_is(self, filled: Home) -> None:
        (filled.root / "vault.json").unlink()
        before = everything(filled.root)
        with pytest.raises(Corrupt, match=r"vault\.json") as caught:
            filled.open()
        assert caught.value.code == "E-VAULT-003"
        assert "restore vault.json" in caught.value.next
        assert everything(filled.root) == before

    @pytest.mark.parametrize("left", ["objects", "registers", "log"])
    def test_any_part_of_it_is_enough(self, filled: Home, left: str) -> None:
        for name in {"vault.json", "objects", "registers", "log"} - {left}:
            path = filled.root / name
            path.unlink() if path.is_file() else shutil.rmtree(path)
        with pytest.raises(Corrupt):
            filled.open()

    @pytest.mark.parametrize("keys", [True, False])
    def test_an_audit_finds_that_and_nothing_else(self, filled: Home, keys: bool) -> None:
        (filled.root / "vault.json").unlink()
        before = everything(filled.root)
        (finding,) = audit_root(filled.root, None, filled.keys if keys else None).findings
        assert (finding.path, finding.code) == ("vault.json", "E-VAULT-003")
        assert verify_root(filled.root, filled.keys if keys else None).findings == ()
        assert everything(filled.root) == before

    def test_what_the_log_says_of_it_restores_it(self, filled: Home) -> None:
        before = (filled.root / "vault.json").read_bytes()
        (filled.root / "vault.json").unlink()
        segment = next((filled.root / "log/segments").iterdir())
        vault_id = json.loads(segment.read_bytes().splitlines()[0])["facts"]["vault"]
        (filled.root / "vault.json").write_text(f'{{"format":1,"id":"{vault_id}"}}')
        assert (filled.root / "vault.json").read_bytes() == before
        assert filled.open().vault.audit().findings == ()

    def test_an_interrupted_laying_down_is_gone_on_with(self, home: Home) -> None:
        home.open()
        for path in (home.root / "vault.json", *(home.root / "log").glob("*/*")):
            path.unlink()
        shutil.rmtree(home.root / "log/keys")
        shutil.rmtree(home.root / "registers/extensions")
        assert home.open().vault.audit().findings == ()


class TestFolders:
    @pytest.mark.parametrize("name", ["log", "log/segments", "log/checkpoints", "objects", "registers"])
    def test_one_taken_away_is_found_and_stays_found(self, filled: Home, name: str) -> None:
        shutil.rmtree(filled.root / name)
        assert name in {one.path for one in audit_root(filled.root).findings} or name == "log"
        for _ in range(2):
            parts = filled.open()
            findings = parts.vault.audit().findings
            assert any(one.path.startswith(name) for one in findings)
            if name.startswith("log"):
                assert any(one.path.startswith(name) for one in parts.log.verify().findings)
            parts.log.append("audit", actor="person-1", findings=len(findings))
            parts.log.checkpoint()

    def test_a_log_taken_away_is_not_signed_anew(self, filled: Home) -> None:
        shutil.rmtree(filled.root / "log")
        log = filled.open().log
        log.append("submit", actor="person-1")
        with pytest.raises(Corrupt):
            log.checkpoint()
        assert not (filled.root / "log/checkpoints").exists()

    def test_a_log_emptied_and_begun_anew_is_found(self, filled: Home) -> None:
        for path in (filled.root / "log").glob("*/*"):
            path.unlink()
        log = filled.open().log
        log.append("submit", actor="person-1")
        (finding,) = verify_root(filled.root).findings
        assert (finding.path, finding.code) == ("log/segments", "E-LOG-002")

    def test_nothing_is_preserved_into_a_root_that_is_gone(self, filled: Home, file: Callable[..., Path]) -> None:
        shutil.rmtree(filled.root / "objects")
        with pytest.raises(Corrupt) as caught:
            filled.open().vault.preserve(file(b"another"))
        assert caught.value.code == "E-VAULT-003"
        assert not (filled.root / "objects").exists()

    def test_work_goes_on_without_what_is_no_part_of_it(self, filled: Home, file: Callable[..., Path]) -> None:
        for name in ("staging", "locks"):
            shutil.rmtree(filled.root / name)
        parts = filled.open()
        parts.vault.preserve(file(b"another"))
        parts.registers.append("people", [{"n": 2}], key="b")
        parts.log.checkpoint()
        assert parts.vault.audit().findings == ()

    def test_a_used_vault_gets_no_new_key(self, filled: Home) -> None:
        shutil.rmtree(filled.root / "log")
        shutil.rmtree(filled.keys)
        with pytest.raises(Misconfigured) as caught:
            filled.open()
        assert caught.value.code == "E-CONF-008"


class TestEmpty:
    def test_a_vault_is_until_something_is_done_in_it(self, home: Home) -> None:
        assert home.open().empty
        assert home.open().empty
        home.open().log.append("submit", actor="person-1")
        assert not home.open().empty

    @pytest.mark.parametrize("what", ["asset", "register"])
    def test_what_it_holds_counts(self, home: Home, file: Callable[..., Path], what: str) -> None:
        parts = home.open()
        if what == "asset":
            parts.vault.preserve(file())
        else:
            parts.registers.append("people", [{"n": 1}], key="a")
        assert not home.open().empty

    @pytest.mark.parametrize("taken", ["objects/*", "registers/*", "log/*", "log/segments/*", "log/keys/*", "*"])
    def test_one_that_was_robbed_is_not(self, filled: Home, taken: str) -> None:
        for path in filled.root.glob(taken):
            if path.name != "vault.json":
                path.unlink() if path.is_file() else shutil.rmtree(path)
        assert not open_vault(filled.root, filled.keys, signing=False).empty
        assert not filled.open().empty

    def test_one_with_a_log_alone_is_not(self, filled: Home) -> None:
        for name in ("objects", "registers"):
            for path in (filled.root / name).glob("[0-9a-f]" * 3):
                shutil.rmtree(path)
        shutil.rmtree(filled.root / "log/checkpoints")
        (filled.root / "log/checkpoints").mkdir()
        assert not filled.open().empty
