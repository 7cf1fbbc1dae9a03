"""The lock: exact, whole, and installable by pip alone, with a graphics card or without."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from docker.lock import closure, control, direct, read, read_digests

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
LOCK = read(TEXT)
CUDA = read((CHECKOUT / "docker" / "cuda.txt").read_text(encoding="utf-8"))
FILES = ("requirements.lock", "docker/control.lock", "docker/cuda.txt")
DIGEST = re.compile(r"    --hash=sha256:[0-9a-f]{64}")
EXACT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9A-Za-z.]*")


@pytest.mark.parametrize("name", FILES)
def test_every_package_stands_once_at_one_version_with_its_digests(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    lines = [line.removesuffix(" \\") for line in text.splitlines() if not line.startswith("#")]
    pins = [line for line in lines if not line.startswith(" ")]
    assert [line for line in pins if not EXACT.fullmatch(line)] == []
    assert [line for line in lines if line.startswith(" ") and not DIGEST.fullmatch(line)] == []
    assert pins == [f"{package}=={version}" for package, version in sorted(read(text).items())]
    assert [package for package, digests in read_digests(text).items() if not digests] == []


@pytest.mark.parametrize("name", FILES)
def test_it_names_no_host_and_no_folder(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "\n-" not in text
    assert "@" not in text


def test_the_lock_of_the_control_plane_is_a_part_of_the_one_lock() -> None:
    text = (CHECKOUT / "docker" / "control.lock").read_text(encoding="utf-8")
    needed = closure(control()).keys()
    assert read(text) == {name: version for name, version in LOCK.items() if name in needed}
    digests = read_digests(TEXT)
    assert read_digests(text) == {name: digests[name] for name in read(text)}


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
    wanted = control()
    assert {canonicalize_name(one.name) for one in wanted} <= LOCK.keys()
    heavy = {"torch", "transformers", "openai-whisper", "faster-whisper", "ctranslate2", "onnxruntime"}
    assert not closure(wanted).keys() & heavy


def test_the_document_of_dependencies_says_what_each_is_for_and_names_no_other() -> None:
    text = (CHECKOUT / "docs" / "dependencies.md").read_text(encoding="utf-8").partition("## Debian packages")[0]
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE) == [Requirement(line).name for line in lines]
