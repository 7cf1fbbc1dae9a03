"""Set-up on a machine that lacks something: it says exactly what, and changes nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
TOOLS = "awk bash cat cut dirname flock grep id mkdir mv rm sed sha256sum sort tail touch"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "docker").mkdir(parents=True)
    for name in ("docker/setup.sh", "docker/install.sh", "docker/cuda.txt", "requirements.lock", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Make a PATH with the shell's everyday tools and nothing of ours: no apt, no sudo, no ffmpeg."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS.split():
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


def call(checkout: Path, path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "docker" / "setup.sh"], env={"PATH": str(path), "HOME": str(checkout), **env},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_missing_is_named_and_nothing_is_made(checkout: Path, bare_path: Path) -> None:
    told = call(checkout, bare_path)
    assert told.returncode == 2
    wanted = "bubblewrap ffmpeg libimage-exiftool-perl npm python3 python3-venv strace tesseract-ocr"
    assert f"apt-get install {wanted}" in told.stderr
    assert not (checkout / ".venv").exists()


def test_only_what_is_missing_is_named(checkout: Path, bare_path: Path) -> None:
    for name in ("ffmpeg", "ffprobe", "exiftool", "strace", "tesseract", "npm"):
        (bare_path / name).symlink_to("/bin/true")
    told = call(checkout, bare_path, PYTHON=str(Path(sys.base_prefix) / "bin" / "python3"))
    assert told.returncode == 2
    assert "Missing on this machine: bubblewrap\n" in told.stderr


def test_a_python_that_is_too_old_does_not_count(checkout: Path, bare_path: Path) -> None:
    for name in ("ffmpeg", "ffprobe", "exiftool", "bwrap", "strace", "tesseract", "npm"):
        (bare_path / name).symlink_to("/bin/true")
    (bare_path / "python3").write_text("#!/bin/bash\nexit 1\n")
    (bare_path / "python3").chmod(0o755)
    told = call(checkout, bare_path)
    assert told.returncode == 2
    assert "Python must be 3.11 or newer" in told.stderr


def test_a_second_call_does_nothing(checkout: Path, bare_path: Path) -> None:
    for name in ("ffmpeg", "ffprobe", "exiftool", "bwrap", "strace", "tesseract", "npm"):
        (bare_path / name).symlink_to("/bin/true")
    (bare_path / "python3").write_text("#!/bin/bash\nexit 0\n")
    (bare_path / "python3").chmod(0o755)
    venv = checkout / ".venv"
    venv.mkdir()
    script = (
        "cat requirements.lock docker/cuda.txt docker/install.sh pyproject.toml docker/setup.sh"
        ' | sha256sum | cut -d" " -f1; pwd'
    )
    stamp = subprocess.run(["bash", "-c", script], cwd=checkout, capture_output=True, text=True, check=True).stdout
    (venv / ".ready").write_text(stamp)
    before = sorted(path.stat().st_mtime_ns for path in venv.rglob("*"))
    told = call(checkout, bare_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert sorted(path.stat().st_mtime_ns for path in venv.rglob("*")) == before
