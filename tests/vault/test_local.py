"""The local vault: odd sources, full disks, long histories, and what the folders look like."""

import hashlib
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.core.model import AssetId
from pipeline.errors import Corrupt, Misconfigured, Refused, Unavailable
from pipeline.vault import VaultParts, open_vault
from pipeline.vault.files import read_blocks
from pipeline.vault.segments import entries
from tests.vault.conftest import Home, objects


def refused(parts: VaultParts, path: Path) -> str:
    with pytest.raises(Refused) as caught:
        parts.vault.preserve(path)
    assert list(parts.vault.assets()) == []
    assert staged(parts) == []
    return caught.value.code


def staged(parts: VaultParts) -> list[Path]:
    folder = parts.vault._storage.staging
    return [one for one in folder.rglob("*") if one.is_file() and one.name != "journal"]


class TestSources:
    def test_each_odd_thing_has_its_code(self, parts: VaultParts, tmp_path: Path, file: Callable[..., Path]) -> None:
        assert refused(parts, tmp_path / "missing") == "E-SUBMIT-001"
        assert refused(parts, file() / "below a file") == "E-SUBMIT-001"
        assert refused(parts, tmp_path) == "E-SUBMIT-004"
        (tmp_path / "link").symlink_to(file())
        assert refused(parts, tmp_path / "link") == "E-SUBMIT-005"
        assert refused(parts, Path("/dev/null")) == "E-SUBMIT-003"

    def test_a_fifo_is_refused_at_once(self, parts: VaultParts, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        assert refused(parts, tmp_path / "fifo") == "E-SUBMIT-003"

    def test_a_socket_is_refused(self, parts: VaultParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")
            assert refused(parts, tmp_path / "socket") == "E-SUBMIT-003"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_an_unreadable_file_is_refused(self, parts: VaultParts, file: Callable[..., Path]) -> None:
        path = file()
        path.chmod(0)
        assert refused(parts, path) == "E-SUBMIT-002"

    @pytest.mark.parametrize("change", ["grow", "shrink", "overwrite"])
    def test_a_file_that_changes_while_read_is_refused(
        self, parts: VaultParts, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, change: str
    ) -> None:
        path = file(os.urandom(3_000_000))
        read = read_blocks

        def reading(fd: int) -> Iterator[memoryview]:
            for n, block in enumerate(read(fd)):
                if n == 1:
                    time.sleep(0.01)  # a clock tick, so that the time of change differs
                    with path.open("r+b") as other:
                        if change == "grow":
                            other.seek(0, os.SEEK_END)
                        if change == "shrink":
                            other.truncate(2_000_000)
                        else:
                            other.write(b"more")
                yield block

        monkeypatch.setattr("pipeline.vault.source.read_blocks", reading)
        assert refused(parts, path) == "E-SUBMIT-006"

    def test_a_file_that_never_stops_growing_is_refused(self, parts: VaultParts, file: Callable[..., Path]) -> None:
        path = file(b"x" * 20_000_000)
        stop = threading.Event()

        def grow() -> None:
            with path.open("ab", buffering=0) as other:
                while not stop.is_set():
                    other.write(b"more" * 1000)
                    time.sleep(0.0005)

        writer = threading.Thread(target=grow)
        writer.start()
        try:
            assert refused(parts, path) == "E-SUBMIT-006"
        finally:
            stop.set()
            writer.join()

    def test_a_source_is_never_opened_for_writing(self, home: Home, file: Callable[..., Path], tmp_path: Path) -> None:
        path, trace = file(), tmp_path / "trace"
        home.open()
        tracer = (
            "strace",
            "-f",
            "-qq",
            "-o",
            str(trace),
            "-e",
            "trace=openat,open,unlink,rename,truncate,chmod,utimensat",
        )
        assert home.act("preserve", str(path), tracer=tracer).returncode == 0
        touching = [line for line in trace.read_text().splitlines() if f'"{path}"' in line]
        assert touching
        assert all("O_RDONLY" in line and "O_NOFOLLOW" in line for line in touching), touching


class TestFullDisk:
    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Path]:
        place = tmp_path / "small"
        place.mkdir()
        if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=2m tmpfs '{place}' 2>/dev/null") != 0:
            pytest.skip("no small file system can be mounted here")
        yield place
        os.system(f"umount -l '{place}'")  # lazily: the vault's journal is still open

    def test_no_space_is_said_and_leaves_nothing(self, small: Path, tmp_path: Path, file: Callable[..., Path]) -> None:
        parts = open_vault(small / "vault", tmp_path / "keys")
        with pytest.raises(Unavailable) as caught:
            parts.vault.preserve(file(os.urandom(4_000_000)))
        assert caught.value.code == "E-HOST-003"
        assert list(parts.vault.assets()) == []
        assert staged(parts) == []
        assert parts.vault.preserve(file(b"small enough")).bytes == 12
        assert parts.vault.audit().findings == ()

    def test_filling_up_loses_nothing_that_was_acknowledged(self, small: Path, tmp_path: Path) -> None:
        parts = open_vault(small / "vault", tmp_path / "keys")
        done = []

        def fill() -> None:
            for n in range(1000):
                parts.registers.append("people", [{"n": n, "pad": "x" * 5000}], key=str(n))
                done.append(n)

        with pytest.raises(Unavailable) as caught:
            fill()
        assert caught.value.code == "E-HOST-003"
        assert len(done) > 10
        again = open_vault(small / "vault", tmp_path / "keys", signing=False)
        assert [one["n"] for one in again.registers.read("people")][: len(done)] == done

    def test_a_move_that_fails_gives_the_file_back(
        self, parts: VaultParts, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = file(b"downloaded")

        def failing(*_: object, **__: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr("pipeline.vault.ocfl.write_new", failing)
            with pytest.raises(Unavailable) as caught:
                parts.vault.preserve(path, move=True)
        assert caught.value.code == "E-VAULT-005"
        assert path.read_bytes() == b"downloaded"
        assert parts.vault.preserve(path, move=True).bytes == 10


class TestLongHistories:
    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pipeline.vault.series.VERSIONS_PER_OBJECT", 3)

    def test_they_go_on_in_another_object(self, home: Home, file: Callable[..., Path]) -> None:
        parts = home.open()
        asset = parts.vault.preserve(file()).id
        digests = [parts.vault.write_back(asset, f"run{n}", [{"n": n}], {}) for n in range(7)]
        assert [one["n"] for one in parts.vault.records(asset)] == list(range(7))
        assert [parts.vault.write_back(asset, f"run{n}", [{"n": n}], {}) for n in range(7)] == digests
        assert len(objects(home.root / "objects")) == 3
        assert list(parts.vault.assets()) == [asset]
        assert parts.vault.audit().findings == ()

    def test_registers_do_too(self, home: Home) -> None:
        registers = home.open().registers
        for n in range(8):
            registers.append("people", [{"n": n}], key=str(n))
            registers.append("people", [{"n": n}], key=str(n))
        assert [one["n"] for one in registers.read("people")] == list(range(8))
        assert list(registers.names()) == ["people"]
        assert len(objects(home.root / "registers")) == 3


class TestOnDisk:
    def test_folders_are_closed_and_files_read_only(self, home: Home, file: Callable[..., Path]) -> None:
        asset = home.open().vault.preserve(file()).id
        assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
        (folder,) = objects(home.root / "objects")
        assert folder.name == f"urn%3aevidence%3aasset%3a{asset}"
        assert stat.S_IMODE((folder / "v1/content/original").stat().st_mode) == 0o444
        body = json.loads((folder / "inventory.json").read_bytes())
        assert body["id"] == f"urn:evidence:asset:{asset}"
        assert body["fixity"]["sha256"] == {asset: ["v1/content/original"]}

    def test_first_commands_may_come_together(self, home: Home) -> None:
        started = [home.start("open") for _ in range(4)]
        told = {one.communicate(timeout=60)[0].strip() for one in started}
        assert [one.returncode for one in started] == [0, 0, 0, 0]
        assert told == {json.loads((home.root / "vault.json").read_bytes())["id"]}
        assert len(list(home.keys.glob("*/*.pem"))) == 1
        assert len(list((home.root / "log/keys").iterdir())) == 1
        assert home.open().vault.audit().findings == ()

    def test_a_newer_format_is_left_alone(self, doomed: Home) -> None:
        doomed.open()
        path = doomed.root / "vault.json"
        path.chmod(0o644)
        path.write_text(path.read_text().replace('"format":1', '"format":2'))
        with pytest.raises(Misconfigured) as caught:
            doomed.open()
        assert caught.value.code == "E-VAULT-007"

    def test_a_damaged_identity_stops_everything(self, doomed: Home) -> None:
        doomed.open()
        path = doomed.root / "vault.json"
        path.chmod(0o644)
        path.write_bytes(b"")
        with pytest.raises(Corrupt):
            doomed.open()

    def test_nothing_is_left_staged_when_a_process_ends(self, home: Home, file: Callable[..., Path]) -> None:
        assert home.act("preserve", str(file())).returncode == 0
        assert list((home.root / "staging").iterdir()) == []

    def test_two_processes_preserve_the_same_bytes_once(self, home: Home, file: Callable[..., Path]) -> None:
        path = file(os.urandom(2_000_000))
        home.open()
        started = [home.start("preserve", str(path)) for _ in range(3)]
        told = {one.communicate(timeout=60)[0].strip() for one in started}
        assert [one.returncode for one in started] == [0, 0, 0]
        assert told == set(home.open().vault.assets())
        assert len(told) == 1
        assert home.open().vault.audit().findings == ()

    def test_four_processes_appending_lose_nothing(self, home: Home) -> None:
        home.open()
        started = [home.start("append", "shared", f"w{who}", "5") for who in range(4)]
        assert [one.communicate(timeout=120)[1] for one in started] == [""] * 4
        found = [(one["who"], one["n"]) for one in home.open().registers.read("shared")]
        assert sorted(found) == [(f"w{who}", n) for who in range(4) for n in range(5)]
        assert home.open().vault.audit().findings == ()

    def test_an_impossible_run_is_refused(self, parts: VaultParts, file: Callable[..., Path]) -> None:
        asset = parts.vault.preserve(file()).id
        for run in ("", "a/b", "../x", "a b"):
            with pytest.raises(Misconfigured):
                parts.vault.write_back(asset, run, [{"n": 1}], {})
        parts.vault.write_back(asset, "scheduled__2026-11-23T05:13:49.1+00:00", [{"n": 1}], {})
        assert [one["n"] for one in parts.vault.records(asset)] == [1]
        with pytest.raises(Corrupt):
            parts.vault.write_back(AssetId("f" * 64), "run", [{"n": 1}], {})

    def test_a_file_that_is_gone_from_an_object_is_missing_from_the_vault(
        self, doomed: Home, file: Callable[..., Path], tmp_path: Path
    ) -> None:
        vault = doomed.open().vault
        asset = vault.preserve(file()).id
        (tmp_path / "thumb").write_bytes(b"small picture")
        name = hashlib.sha256(b"small picture").hexdigest()
        vault.write_back(asset, "run", [], {name: tmp_path / "thumb"})
        kept = vault.kept(asset, name)
        assert kept is not None
        kept.unlink()
        with vault.original(asset) as path:
            path.unlink()
        for ask in (
            lambda: vault.kept(asset, name),
            lambda: vault.asset(asset),
            lambda: vault.original(asset).__enter__(),
        ):
            with pytest.raises(Corrupt) as caught:
                ask()
            assert caught.value.code == "E-VAULT-003"

    def test_the_log_says_who_had_a_version_made_and_by_which_run(self, home: Home, file: Callable[..., Path]) -> None:
        parts = home.open()
        asset = parts.vault.preserve(file()).id
        parts.vault.write_back(asset, "run-1", [{"n": 1}], {})
        parts.vault.write_back(asset, "run-2", [{"n": 2}], {}, actor="person-7")
        parts.vault.write_back(asset, "a@b", [{"n": 3}], {}, actor="person-7")
        parts.registers.append("people", [{"n": 1}], key="k")
        parts.registers.append("people", [{"n": 2}], key="l", actor="person-7")
        told = [
            (one.actor, one.facts.get("run"))
            for _, one in entries(home.root)
            if one.act in {"vault.create", "vault.version"}
        ]
        spelled = f"sha256:{hashlib.sha256(b'a@b').hexdigest()}"
        assert told == [
            ("vault", None), ("vault", "run-1"), ("person-7", "run-2"), ("person-7", spelled),
            ("vault", None), ("person-7", None),
        ]  # fmt: skip
        assert parts.vault.audit().findings == ()

    def test_who_settles_a_version_of_somebody_else_does_not_take_it_over(
        self, home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parts = home.open()
        asset = parts.vault.preserve(file()).id

        def failing(*_: object, **__: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr("pipeline.vault.ocfl.roll_forward", failing)
            with pytest.raises(Unavailable):
                parts.vault.write_back(asset, "run-2", [{"n": 2}], {}, actor="person-7")
        journal = next(iter((home.root / "staging").glob("*/journal"))).read_bytes()
        assert b"person-7" in journal
        assert parts.vault.settle() == 1
        last = [one for _, one in entries(home.root)][-1]
        assert (last.actor, last.facts["run"], last.facts["version"]) == ("person-7", "run-2", 2)
