"""The keyring: keys announced under the one before, exchanged, revoked; whatever an old one signs then shows."""

import json
import stat
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.errors import Misconfigured
from pipeline.vault import open_vault, verify_root
from pipeline.vault.countersign import newest_note
from pipeline.vault.keyring import Keyring
from pipeline.vault.keys import Keys
from pipeline.vault.note import Verifier, opened
from tests.vault.conftest import Home


def ring(home: Home) -> Keyring:
    parts = home.open()
    return Keyring(home.root, keys=Keys(home.keys, vault=home.root, vault_id=parts.vault_id), log=parts.log)


def work(home: Home) -> None:
    log = home.open().log
    log.append("show", actor="person-1")
    log.checkpoint()


def signers(home: Home) -> list[str]:
    public = [Verifier.parsed(path.read_text()) for path in (home.root / "log/keys").glob("*.pub")]
    known = {one.id: one for one in public}
    return [opened(path.read_bytes(), known)[1] for path in sorted((home.root / "log/checkpoints").glob("*.note"))]


def states(home: Home) -> dict[str, str]:
    return {one.id: one.state for one in ring(home).states()}


def use(home: Home, key: str) -> None:
    (active,) = home.keys.glob("*/active")
    active.write_text(key)


def findings(home: Home) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in verify_root(home.root, home.keys).findings]


def note(number: int) -> str:
    return f"log/checkpoints/{number:08}.note"


@pytest.fixture
def first(home: Home) -> str:
    work(home)
    (key,) = states(home)
    return key


def test_a_new_key_signs_nothing_until_it_is_rotated_to(home: Home, first: str) -> None:
    made = ring(home).create(actor="person-1")
    work(home)
    assert states(home) == {first: "active", made: "ready"}
    assert set(signers(home)) == {first}
    assert ring(home).rotate(made, actor="person-1") == made
    work(home)
    assert states(home) == {first: "retired", made: "active"}
    assert signers(home)[-1] == made
    assert findings(home) == []


def test_the_old_key_signs_for_the_new_one(home: Home, first: str) -> None:
    made = ring(home).rotate(actor="person-1")
    work(home)
    (old,) = home.keys.glob(f"*/{first}.pub")
    assert verify_root(home.root, public=[old]).findings == ()
    (new,) = home.keys.glob(f"*/{made}.pub")
    assert {one.code for one in verify_root(home.root, public=[new]).findings} == {"E-LOG-003"}
    assert verify_root(home.root).findings == (), "a mere copy shows that log and keys fit"


def test_its_private_half_is_closed_and_none_is_overwritten(home: Home, first: str) -> None:
    before = {path: path.read_bytes() for path in home.keys.glob("*/*.pem")}
    ring(home).rotate(actor="person-1")
    assert {path: path.read_bytes() for path in before} == before
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in home.keys.glob("*/*.pem"))
    assert len(list(home.keys.glob("*/*.pem"))) == 2
    assert first in states(home)


def test_what_a_retired_key_signs_is_a_finding(doomed: Home) -> None:
    work(doomed)
    (old,) = states(doomed)
    ring(doomed).rotate(actor="person-1")
    use(doomed, old)
    work(doomed)
    assert findings(doomed) == [(note(4), "E-LOG-012")]


def test_a_revoked_key_is_put_away_and_exchanged(home: Home, first: str) -> None:
    used = ring(home).revoke(first, actor="person-1")
    work(home)
    assert states(home) == {first: "revoked", used: "active"}
    assert not list(home.keys.glob(f"*/{first}.pem"))
    assert list(home.keys.glob(f"*/{first}.revoked"))
    assert findings(home) == []
    with pytest.raises(Misconfigured):
        ring(home).rotate(first, actor="person-1")
    with pytest.raises(Misconfigured):
        ring(home).revoke(first, actor="person-1")


def test_what_a_revoked_key_signs_is_a_finding(doomed: Home) -> None:
    work(doomed)
    (old,) = states(doomed)
    ring(doomed).revoke(old, actor="person-1")
    (away,) = doomed.keys.glob("*/*.revoked")
    away.rename(away.with_suffix(".pem"))
    use(doomed, old)
    work(doomed)
    assert (findings(doomed), len(signers(doomed))) == ([(note(5), "E-LOG-012")], 5)


def test_a_note_that_somebody_slipped_in_is_not_the_newest(doomed: Home) -> None:
    home, ahead = doomed, 99_999_990
    work(home)
    (first,) = states(home)
    keys = Keys(home.keys, vault=home.root, vault_id=home.open().vault_id)
    last = newest_note(home.root, keys.trusted())
    slipped = home.root / note(last.number + ahead)
    slipped.write_bytes(last.note)  # well signed, of another number
    assert newest_note(home.root, keys.trusted()) == last
    made = ring(home).rotate(actor="person-1")
    (old,) = [one for one in ring(home).states() if one.id == first]
    assert (old.state, old.after) != ("retired", last.number + ahead)  # or it could sign as long as it likes
    assert made != first


def test_a_key_may_be_revoked_from_an_earlier_checkpoint_on(doomed: Home) -> None:
    for _ in range(3):
        work(doomed)
    (old,) = states(doomed)
    made = ring(doomed).revoke(old, after=2, actor="person-1")
    assert findings(doomed) == [(note(3), "E-LOG-012"), (note(4), "E-LOG-012")]
    (anchor,) = doomed.keys.glob(f"*/{old}.pub")
    later = verify_root(doomed.root, public=[anchor]).findings
    assert (f"log/keys/{made}.pub", "E-LOG-012") in [(one.path, one.code) for one in later]


@pytest.mark.parametrize("after", [-1, 99])
def test_only_from_a_checkpoint_that_there_is(home: Home, first: str, after: int) -> None:
    with pytest.raises(Misconfigured):
        ring(home).revoke(first, after=after, actor="person-1")
    assert states(home) == {first: "active"}


def test_an_interrupted_making_leaves_a_key_that_never_signs(
    home: Home, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.vault.custody.LocalLog.append", _killed)
        with pytest.raises(KeyboardInterrupt):
            ring(home).rotate(actor="person-1")
    (orphan,) = states(home).keys() - {first}
    assert states(home) == {first: "active", orphan: "unannounced"}
    with pytest.raises(Misconfigured):
        ring(home).rotate(orphan, actor="person-1")
    ring(home).rotate(actor="person-1")
    work(home)
    assert findings(home) == []


def _killed(*_: object, **__: object) -> str:
    raise KeyboardInterrupt


def test_a_log_from_before_keys_were_spelled_out_still_verifies(home: Home, first: str) -> None:
    """Its key was made without its public half in the entry: what is given vouches for it."""
    assert findings(home) == []
    made = [line for path in (home.root / "log/segments").iterdir() for line in path.read_bytes().splitlines()]
    (entry,) = [json.loads(line) for line in made if b'"act":"key.made"' in line]
    assert entry["facts"]["key"] == first
    assert Verifier(name=f"evidence-vault/{entry['subject']}", key=bytes.fromhex(entry["facts"]["public"])).id == first


class TestCommands:
    def run(self, *words: str, code: int = 0) -> None:
        assert main([*words, "--json"]) == code

    def test_all_of_them(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.run("keys", "list")
        (key,) = json.loads(capsys.readouterr().out)["keys"]
        assert (key["state"], key["held"]) == ("active", True)
        assert key["public"].startswith("evidence-vault/")
        self.run("keys", "create")
        made = json.loads(capsys.readouterr().out)["key"]
        self.run("keys", "rotate", made)
        self.run("keys", "revoke", key["id"])
        told = json.loads(capsys.readouterr().out.split("\n{")[-1].join(["{", ""]))["keys"]
        assert {one["id"]: one["state"] for one in told} == {key["id"]: "revoked", made: "active"}
        self.run("verify-log")
        assert json.loads(capsys.readouterr().out)["findings"] == []

    def test_only_a_custodian_may(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.run("grant", "Anna", "--role", "analyst")
        monkeypatch.setenv("EVIDENCE_ACTOR", "Anna")
        capsys.readouterr()
        for words in (("list",), ("create",), ("rotate",)):
            self.run("keys", *words, code=2)
            assert json.loads(capsys.readouterr().out)["error"]["code"] == "E-ACCESS-001"

    @pytest.mark.parametrize("words", [("revoke",), ("create", "abc"), ("list", "abc"), ("rotate", "--after", "1")])
    def test_what_makes_no_sense_is_refused(self, words: tuple[str, ...]) -> None:
        self.run("keys", *words, code=2)

    def test_a_note_is_handed_out_and_compared(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.run("checkpoint", "--to", str(tmp_path / "kept.note"))
        told = json.loads(capsys.readouterr().out)
        newest = max((tmp_path / "home/vault/log/checkpoints").glob("*.note"))
        assert (tmp_path / "kept.note").read_bytes() == newest.read_bytes()
        assert told["checkpoint"] == int(newest.stem)
        self.run("verify-log", "--note", str(tmp_path / "kept.note"))
        self.run("checkpoint", "--to", str(tmp_path / "kept.note"))
        self.run("verify-log", "--note", str(tmp_path / "kept.note"))

    def test_a_verifier_is_not_written_over_anything(self, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("mine")
        self.run("verifier", "--to", str(tmp_path / "there"), code=2)
        assert (tmp_path / "there").read_text() == "mine"


def test_two_vaults_have_keys_of_their_own(home: Home, tmp_path: Path, first: str) -> None:
    other = open_vault(tmp_path / "other", home.keys)
    ring(home).rotate(actor="person-1")
    assert len(list((home.keys / other.vault_id).glob("*.pem"))) == 1
    assert first
