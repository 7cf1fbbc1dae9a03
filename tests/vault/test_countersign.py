"""Countersignatures: asked for, or carried there and back; verified offline, and judged by ``openssl`` too."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.vault.countersign import answers, request
from pipeline.vault.countersigned import load_certificates
from pipeline.vault.standalone import vouched
from tests.vault.authority import Authority

NOTE = b"a note\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "rsa")


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def run(*words: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert main([*words, "--json"]) == code
        return dict(json.loads(capsys.readouterr().out))

    return run


Run = Callable[..., dict[str, Any]]


def token(authority: Authority, tmp_path: Path, note: bytes = NOTE, nonce: int | None = None) -> bytes:
    (tmp_path / "a.tsq").write_bytes(request(note, nonce=nonce))
    authority.answer(tmp_path / "a.tsq", tmp_path / "a.tsr")
    return (tmp_path / "a.tsr").read_bytes()


def checkpoints(tmp_path: Path) -> Path:
    return tmp_path / "home/vault/log/checkpoints"


class TestTokens:
    def test_openssl_reads_what_we_ask(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsq").write_bytes(request(NOTE, nonce=2**63 + 5))
        done = subprocess.run(
            ["openssl", "ts", "-query", "-in", tmp_path / "a.tsq", "-text"], check=True, capture_output=True, text=True
        )  # fmt: skip
        assert "Hash Algorithm: sha512" in done.stdout
        assert "Certificate required: yes" in done.stdout
        assert f"Nonce: 0x{2**63 + 5:X}" in done.stdout

    @pytest.mark.parametrize("elliptic", [False, True])
    def test_we_read_what_it_answers(self, tmp_path: Path, elliptic: bool) -> None:
        one = Authority(tmp_path / "tsa", elliptic=elliptic)
        made = token(one, tmp_path, nonce=77)
        roots = load_certificates([one.root])
        assert vouched(made, NOTE, roots) == vouched(made, NOTE, [])
        assert answers(made, 77)
        assert not answers(made, 78)
        (tmp_path / "note").write_bytes(NOTE)
        subprocess.run(
            ["openssl", "ts", "-verify", "-data", tmp_path / "note", "-in", tmp_path / "a.tsr", "-CAfile", one.root],
            check=True, capture_output=True,
        )  # fmt: skip

    def test_it_is_of_one_note(self, tmp_path: Path, authority: Authority) -> None:
        with pytest.raises(ValueError, match="something else"):
            vouched(token(authority, tmp_path), b"another note\n", [])

    def test_another_root_does_not_vouch(self, tmp_path: Path, authority: Authority) -> None:
        other = Authority(tmp_path / "other", elliptic=True)
        with pytest.raises(ValueError, match="no root certificate"):
            vouched(token(authority, tmp_path), NOTE, load_certificates([other.root]))

    def test_a_certificate_that_was_not_valid_then_does_not_vouch(self, tmp_path: Path) -> None:
        ended = Authority(tmp_path / "ended", elliptic=True, ended=True)
        with pytest.raises(ValueError, match="not valid then"):
            vouched(token(ended, tmp_path), NOTE, load_certificates([ended.root]))

    def test_no_bit_of_what_is_signed_may_change(self, tmp_path: Path, authority: Authority) -> None:
        made, roots = token(authority, tmp_path), load_certificates([authority.root])
        at = vouched(made, NOTE, roots)
        for place in range(0, len(made), 7):
            harmed = made[:place] + bytes([made[place] ^ 0x10]) + made[place + 1 :]
            try:
                assert vouched(harmed, NOTE, roots) == at, place
            except ValueError:
                continue


class TestCommands:
    def settings(self, tmp_path: Path, **authorities: str) -> None:
        listed = "".join(f'{name} = "{url}"\n' for name, url in authorities.items())
        certificates = f'timestamp_certificates = ["{tmp_path / "root.pem"}"]\n'
        (tmp_path / "settings.toml").write_text(f"{certificates}[timestamp_authorities]\n{listed}")

    def test_over_the_network(self, tmp_path: Path, authority: Authority, told: Run) -> None:
        (tmp_path / "root.pem").write_bytes(authority.root.read_bytes())
        with authority.serving() as url:
            self.settings(tmp_path, one=url, two=url)
            made = told("timestamp")
        assert [one["authority"] for one in made["countersigned"]] == ["one", "two"]
        assert len(list(checkpoints(tmp_path).glob("*.tsr"))) == 2
        report = told("verify-log")
        assert (report["countersignatures"], report["countersignatures_unchecked"], report["findings"]) == (2, 0, [])
        (tmp_path / "settings.toml").write_text("")
        report = told("verify-log")
        assert (report["countersignatures"], report["countersignatures_unchecked"], report["findings"]) == (2, 2, [])

    def test_one_that_is_silent_holds_nothing_up(self, tmp_path: Path, authority: Authority, told: Run) -> None:
        (tmp_path / "root.pem").write_bytes(authority.root.read_bytes())
        with authority.serving() as url:
            self.settings(tmp_path, silent="http://127.0.0.1:9/", works=url)
            made = told("timestamp", code=1)
        assert [one["authority"] for one in made["countersigned"]] == ["works"]
        (silent,) = made["unavailable"]
        assert (silent["authority"], silent["code"]) == ("silent", "E-HOST-007")
        assert told("verify-log")["findings"] == []

    def test_none_is_asked_unless_it_is_set(self, told: Run) -> None:
        error = told("timestamp", code=2)["error"]
        assert error["code"] == "E-CONF-001"

    def test_offline_none_is_asked(self, tmp_path: Path, authority: Authority, told: Run) -> None:
        (tmp_path / "root.pem").write_bytes(authority.root.read_bytes())
        with authority.serving() as url:
            self.settings(tmp_path, one=url)
            text = (tmp_path / "settings.toml").read_text()
            (tmp_path / "settings.toml").write_text(f"offline = true\n{text}")
            told("timestamp", code=2)
        assert not list(checkpoints(tmp_path).glob("*.tsr"))

    def test_carried_there_and_back(self, tmp_path: Path, authority: Authority, told: Run) -> None:
        told("keys", "create")
        asked = told("timestamp", "--request", str(tmp_path / "stick"))
        (query,) = (tmp_path / "stick").glob("*.tsq")
        assert asked["request"] == str(query)
        told("keys", "create")  # meanwhile, work goes on
        authority.answer(query, tmp_path / "stick" / f"{query.stem}.abroad.tsr")
        made = told("timestamp", "--answer", str(tmp_path / "stick"))
        assert [one["path"] for one in made["countersigned"]] == [f"log/checkpoints/{query.stem}.abroad.tsr"]
        told("timestamp", "--answer", str(tmp_path / "stick"))
        report = told("verify-log", "--certificate", str(authority.root))
        assert (report["countersignatures"], report["countersignatures_unchecked"], report["findings"]) == (1, 0, [])

    def test_an_answer_to_something_else_is_not_taken(self, tmp_path: Path, authority: Authority, told: Run) -> None:
        told("keys", "create")
        (tmp_path / "stick").mkdir()
        (tmp_path / "stick/00000001.abroad.tsr").write_bytes(token(authority, tmp_path))
        error = told("timestamp", "--answer", str(tmp_path / "stick"), code=2)["error"]
        assert error["code"] == "E-LOG-014"
        assert not list(checkpoints(tmp_path).glob("*.tsr"))
