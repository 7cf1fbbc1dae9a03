"""Fixtures: a vault to harm, and whoever looks for the harm."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from pipeline.cli import main
from pipeline.vault import open_vault, standalone
from pipeline.vault.countersign import keep_token, newest_note, request
from tests.vault.authority import Authority
from tests.vault.log_harm.world import CHECKPOINTS, Look, World, ring


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("world")
    root, keys = place / "vault", place / "keys"
    parts = open_vault(root, keys)
    (place / "file").write_bytes(b"what was seen")
    parts.vault.write_back(parts.vault.preserve(place / "file").id, "run", [{"n": 1}], {})
    parts.registers.append("people", [{"n": 1}], key="a")
    parts.log.checkpoint()
    ring(root, keys, parts).rotate(actor="person-1")
    second = open_vault(root, keys)
    for n in range(12):
        second.log.append("show", actor="person-1", n=n)
    second.log.checkpoint()
    (place / "kept.note").write_bytes((root / f"{CHECKPOINTS}/00000003.note").read_bytes())
    authority = Authority(place / "authority", elliptic=True)
    (place / "query").write_bytes(request(newest_note(root).note))
    authority.answer(place / "query", place / "reply")
    keep_token(root, (place / "reply").read_bytes(), number=4, authority="here", log=second.log, actor="person-1")
    second.log.checkpoint()
    stranger = open_vault(place / "other", keys)
    stranger.log.append("show", actor="person-1")
    return World(root=root, keys=keys, kept=place / "kept.note", certificate=authority.root, other=place / "other")


@pytest.fixture
def world(made: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy that a test may harm."""
    shutil.copytree(made.root, tmp_path / "vault")
    shutil.copytree(made.keys, tmp_path / "keys")
    shutil.copytree(made.other, tmp_path / "other")
    for path in (tmp_path / "vault").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    monkeypatch.setenv("EVIDENCE_KEYS", str(tmp_path / "no keys"))
    return World(
        root=tmp_path / "vault", keys=tmp_path / "keys", kept=made.kept, certificate=made.certificate,
        other=tmp_path / "other",
    )  # fmt: skip


@pytest.fixture(params=["the command", "the verifier"])
def look(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Look:
    """Verify a copy, with the public keys and the certificate that were kept; return path and code of each finding."""

    def by(world: World, *more: str) -> list[tuple[str, str]]:
        keys = [word for path in world.anchors for word in ("--key", str(path))]
        words = [str(world.root), *keys, "--certificate", str(world.certificate), *more, "--json"]
        capsys.readouterr()
        if request.param == "the command":
            code = main(["verify-log", "--copy", *words])
        else:
            monkeypatch.setattr("sys.argv", ["verifier.py", *words])
            code = standalone.main()
        report = json.loads(capsys.readouterr().out)
        assert code == (1 if report["findings"] else 0), report
        return [(one["path"], one["code"]) for one in report["findings"]]

    return by


@pytest.fixture
def alone(tmp_path: Path) -> Callable[..., tuple[int, dict[str, Any]]]:
    """The verifier as it is handed out, run by an interpreter that finds ``cryptography`` and nothing of ours."""
    assert main(["verifier", "--to", str(tmp_path / "handed out.py")]) == 0
    packages = tmp_path / "packages"
    packages.mkdir()
    site = Path(serialization.__file__).parents[4]
    for name in ("cryptography", "cffi", "_cffi_backend", "pycparser"):
        for path in site.glob(f"{name}*"):
            if not path.name.endswith("-info"):
                (packages / path.name).symlink_to(path)
    start = (
        f"import sys, runpy; sys.path.append({str(packages)!r}); sys.argv[:1] = [{str(tmp_path / 'handed out.py')!r}]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def run(world: World, *more: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", start, str(world.root), "--json", *more],
            capture_output=True, text=True, cwd="/", env={}, check=False,
        )  # fmt: skip
        assert done.stderr == "", done.stderr
        return done.returncode, json.loads(done.stdout)

    return run
