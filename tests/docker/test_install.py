"""Installation: an archive whose digest the lock does not list is refused before anything of it is run."""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALL = CHECKOUT / "docker" / "install.sh"

pytestmark = pytest.mark.slow


def wheel(folder: Path, name: str, word: str) -> Path:
    """Make a wheel of one module that says ``word``."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    members = {
        f"{name}.py": f"WORD = {word!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = []
    with zipfile.ZipFile(file, "w") as made:
        for path, text in members.items():
            made.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record.append(f"{path},sha256={digest},{len(text)}")
        made.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,\n"]))
    return file


def source(folder: Path, name: str, trace: Path) -> Path:
    """Make a source archive whose set-up leaves a trace when it is run."""
    file = folder / f"{name}-1.0.tar.gz"
    (folder / name).mkdir()
    (folder / name / "setup.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    with tarfile.open(file, "w:gz") as made:
        made.add(folder / name, f"{name}-1.0")
    return file


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment of its own that borrows pip from the one that runs the tests."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    ours = Path(
        subprocess.check_output([sys.executable, "-c", "import pip; print(pip.__path__[0])"], text=True).strip()
    )
    for one in (ours, *(path for path in ours.parent.iterdir() if path.name.startswith(("pip-", "packaging")))):
        (site / one.name).symlink_to(one)
    return folder / "bin" / "python"


def install(python: Path, archives: Path, lock: str) -> subprocess.CompletedProcess[str]:
    (archives / "lock").write_text(lock)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        [INSTALL, python, archives / "lock"], capture_output=True, text=True, check=False,
        env={**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)},
    )  # fmt: skip


def says(python: Path, name: str) -> str:
    told = subprocess.run(
        [python, "-c", f"import {name}; print({name}.WORD)"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def test_an_archive_that_is_listed_is_installed(python: Path, tmp_path: Path) -> None:
    good = wheel(tmp_path, "quillgood", "good")
    lock = f"quillgood==1.0 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{digest_of(good)}\n"
    done = install(python, tmp_path, lock)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says(python, "quillgood") == "good"


def test_a_tampered_archive_is_refused(python: Path, tmp_path: Path) -> None:
    listed = digest_of(wheel(tmp_path, "quillbad", "good"))
    wheel(tmp_path, "quillbad", "evil")
    done = install(python, tmp_path, f"quillbad==1.0 \\\n    --hash=sha256:{listed}\n")
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    assert says(python, "quillbad") == ""


def test_sources_that_are_tampered_with_are_never_run(python: Path, tmp_path: Path) -> None:
    trace = tmp_path / "was-run"
    source(tmp_path, "quillsource", trace)
    done = install(python, tmp_path, f"quillsource==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    assert not trace.exists()


def test_a_pin_without_a_digest_is_refused(python: Path, tmp_path: Path) -> None:
    one, other = wheel(tmp_path, "quillone", "one"), wheel(tmp_path, "quillother", "other")
    assert other.exists()
    done = install(python, tmp_path, f"quillone==1.0 \\\n    --hash=sha256:{digest_of(one)}\nquillother==1.0\n")
    assert done.returncode != 0
    assert says(python, "quillother") == ""


def test_the_build_of_torch_that_a_place_prefers_must_be_listed_too(python: Path, tmp_path: Path) -> None:
    wheel(tmp_path, "torch", "of this place")
    done = install(python, tmp_path, f"torch==1.0 \\\n    --hash=sha256:{'0' * 64}\n")
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    assert says(python, "torch") == ""
