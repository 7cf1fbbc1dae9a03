"""Moves: a file that is taken over is where it was or in the vault, whoever is killed, and has one name in the end."""

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.vault import audit_root, moves
from tests.vault.conftest import Home

DATA = b"downloaded" * 100


def originals(home: Home) -> list[Path]:
    return list((home.root / "objects").rglob("original"))


def killed_in(home: Home, monkeypatch: pytest.MonkeyPatch, source: Path, step: str) -> None:
    """Take a file over in a process that ends itself at one step of it."""
    home.open()
    if (child := os.fork()) == 0:
        monkeypatch.setattr(f"pipeline.vault.{step}", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        try:
            home.open().vault.preserve(source, move=True)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_before_its_name_goes_the_next_writer_removes_it(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = file(DATA)
    killed_in(home, monkeypatch, source, "moves._leave")
    (kept,) = originals(home)
    assert source.samefile(kept)
    home.open().vault.settle()
    assert not source.exists()
    assert (kept.read_bytes(), kept.stat().st_nlink) == (DATA, 1)
    assert list((home.root / "staging").glob("*/moved-*")) == []
    assert home.open().vault.audit().findings == ()


def test_killed_before_its_name_goes_it_may_be_repeated_at_once(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = file(DATA)
    killed_in(home, monkeypatch, source, "moves._leave")
    assert home.open().vault.preserve(source, move=True).bytes == len(DATA)  # which settles, and so takes the name
    assert not source.exists()
    assert [one.stat().st_nlink for one in originals(home)] == [1]


def test_killed_before_the_commit_it_is_where_it_was(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = file(DATA)
    killed_in(home, monkeypatch, source, "ocfl.sync_tree")
    vault = home.open().vault
    vault.settle()
    assert originals(home) == []
    assert (source.read_bytes(), source.stat().st_nlink) == (DATA, 1)
    assert vault.preserve(source, move=True).bytes == len(DATA)
    assert not source.exists()


def test_an_audit_names_a_second_name_but_not_that_of_a_move(
    doomed: Home, file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, vault = file(DATA), doomed.open().vault
    leave, seen = moves._leave, []

    def look(path: Path, was: os.stat_result) -> None:
        seen.append(
            [(one.stat().st_nlink, audit_root(doomed.root, None, doomed.keys).findings) for one in originals(doomed)]
        )
        leave(path, was)

    monkeypatch.setattr(moves, "_leave", look)
    vault.preserve(source, move=True)
    assert seen == [[(2, ())]]
    (kept,) = originals(doomed)
    (tmp_path / "other").hardlink_to(kept)
    found = vault.audit().findings
    assert [(one.code, one.path) for one in found] == [("E-VAULT-011", kept.relative_to(doomed.root).as_posix())]
    (tmp_path / "other").unlink()
    assert vault.audit().findings == ()


def test_another_file_of_that_name_is_left_alone(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = file(DATA)
    killed_in(home, monkeypatch, source, "moves._leave")
    source.unlink()
    source.write_bytes(b"somebody else's")
    home.open().vault.settle()
    assert source.read_bytes() == b"somebody else's"


def test_what_fails_after_the_commit_is_finished_by_who_repeats_it(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, vault = file(DATA), home.open().vault
    with monkeypatch.context() as patch:
        patch.setattr(moves, "_leave", failing(errno.EIO))
        with pytest.raises(Unavailable):
            vault.preserve(source, move=True)
    assert source.exists()
    assert vault.preserve(source, move=True).bytes == len(DATA)
    assert not source.exists()
    assert [one.stat().st_nlink for one in originals(home)] == [1]


def test_where_no_link_can_be_made_it_is_copied(
    home: Home, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = file(DATA)
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    assert home.open().vault.preserve(source, move=True).bytes == len(DATA)
    assert not source.exists()
    assert [one.read_bytes() for one in originals(home)] == [DATA]


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail
