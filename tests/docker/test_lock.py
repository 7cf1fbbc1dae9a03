"""The lock: exact, whole, and installable by pip alone, with a graphics card or without."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from docker.lock import closure, direct, read

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
LOCK = read(TEXT)
CUDA = read((CHECKOUT / "docker" / "cuda.txt").read_text(encoding="utf-8"))
EXACT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9A-Za-z.]*")


def test_every_line_is_one_package_at_one_version() -> None:
    lines = [line for line in TEXT.splitlines() if not line.startswith("#")]
    assert [line for line in lines if not EXACT.fullmatch(line)] == []
    assert list(LOCK) == sorted(LOCK)
    assert len(lines) == len(LOCK)


def test_it_names_no_host_and_no_folder() -> None:
    assert "://" not in TEXT
    assert "\n-" not in TEXT
    assert "@" not in TEXT


def test_every_direct_dependency_is_in_it_at_a_version_that_is_allowed() -> None:
    for wanted in direct():
        assert wanted.specifier.contains(LOCK[canonicalize_name(wanted.name)]), wanted.name


def test_torch_has_no_local_suffix_and_celery_is_one_that_works() -> None:
    assert LOCK["torch"] == "2.13.0"
    assert Version(LOCK["celery"]) < Version("5.7")


def test_triton_is_the_one_that_torch_for_graphics_cards_demands() -> None:
    assert LOCK["triton"] == "3.7.1"


def test_what_torch_brings_for_graphics_cards_is_exact_and_apart() -> None:
    assert CUDA
    assert not CUDA.keys() & LOCK.keys()
    assert all(EXACT.fullmatch(f"{name}=={version}") for name, version in CUDA.items())


def test_what_is_installed_here_needs_nothing_that_the_lock_lacks() -> None:
    assert closure(direct()).keys() - CUDA.keys() <= LOCK.keys()


def test_the_control_plane_installs_no_model_library() -> None:
    lines = (CHECKOUT / "docker" / "control.txt").read_text(encoding="utf-8").splitlines()
    wanted = tuple(Requirement(line) for line in lines if not line.startswith("#"))
    assert {canonicalize_name(one.name) for one in wanted} <= LOCK.keys()
    heavy = {"torch", "transformers", "openai-whisper", "faster-whisper", "ctranslate2", "onnxruntime"}
    assert not closure(wanted).keys() & heavy


def test_the_document_of_dependencies_says_what_each_is_for_and_names_no_other() -> None:
    text = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8").partition("## Debian packages")[0]
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) == [Requirement(line).name for line in lines]
