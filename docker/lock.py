"""Lock: writes the exact version and digests of everything that the project needs, from an environment that has it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "requirements.lock"
CONTROL = CHECKOUT / "docker" / "control.lock"
CUDA = CHECKOUT / "docker" / "cuda.txt"

HEADER = """\
# Everything that runs or tests the project, at exact versions, with the SHA-256 of each archive: docker/install.sh
# Written by docker/lock.py from the environment that passed the tests; change it there, never by hand.
# Why it looks as it does (digests, torch without a local suffix, triton, celery): docs/decisions/0002-lock.md
"""
CONTROL_HEADER = """\
# What of requirements.lock the control plane needs: docker/control.txt and everything that it leads to.
# Written by docker/lock.py.
"""

# The back-end that builds the project itself, and the packages that come as sources: none is fetched for it.
BUILD = ("setuptools",)

# Where the project may be set up. What an index offers for other places is not listed, and so refused.
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28")

Pins = dict[str, str]
"""Version by canonical name."""
Digests = dict[str, set[str]]
"""SHA-256 of every archive that may be installed, by canonical name."""


def direct() -> tuple[Requirement, ...]:
    """Return what pyproject.toml asks for, to run and to test, and the build back-end."""
    project: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"], *BUILD]
    return tuple(Requirement(line) for line in lines)


def control() -> tuple[Requirement, ...]:
    """Return what the control plane imports."""
    lines = (CONTROL.with_suffix(".txt")).read_text(encoding="utf-8").splitlines()
    return tuple(Requirement(line) for line in lines if not line.startswith("#"))


def closure(wanted: tuple[Requirement, ...]) -> Pins:
    """Follow requirements through the installed packages; versions by canonical name."""
    found: Pins = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = list(wanted)
    while todo:
        one = todo.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        installed = distribution(name)
        found[name] = Version(installed.version).public
        todo += [need for line in installed.requires or () if applies(need := Requirement(line), extras)]
    return found


def applies(need: Requirement, extras: frozenset[str]) -> bool:
    """Tell whether a requirement counts here, with the extras that were asked for."""
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


# --- digests --------------------------------------------------------------------------------


def offered(pins: Pins) -> Digests:
    """Return the digests of what the public index offers for these pins, for every place of set-up.

    A wheel where there is one, else the sources. Asked through uv, which installs nothing here.
    """
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}")
    if uv is None:
        raise FileNotFoundError("uv, which tells what the index offers: pip install uv")
    found: Digests = {name: set() for name in pins}
    with tempfile.TemporaryDirectory() as folder:
        wanted, told = Path(folder) / "pins.txt", Path(folder) / "pylock.toml"
        wanted.write_text(lines_of(pins), encoding="utf-8")
        for python in PYTHONS:
            for machine in MACHINES:
                command = [uv, "pip", "compile", "--quiet", "--no-deps", "--python-version", python]
                command += [
                    "--python-platform",
                    machine,
                    "--format",
                    "pylock.toml",
                    "--output-file",
                    str(told),
                    str(wanted),
                ]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                for package in tomllib.loads(told.read_text(encoding="utf-8"))["packages"]:
                    archives = package.get("wheels") or [package["sdist"]]
                    found[package["name"]] |= {one["hashes"]["sha256"] for one in archives}
                told.unlink()
    return found


def chosen(pins: Pins) -> Digests:
    """Return the digests of what pip would install here: an index of this place may carry builds of its own."""
    found: Digests = {name: set() for name in pins}
    with tempfile.TemporaryDirectory() as folder:
        wanted, told = Path(folder) / "pins.txt", Path(folder) / "report.json"
        wanted.write_text(lines_of(pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check"]
        command += ["--dry-run", "--ignore-installed", "--no-deps", "--no-build-isolation"]
        subprocess.run([*command, "--report", told, "-r", wanted], check=True, stdout=subprocess.DEVNULL)
        for one in json.loads(told.read_text(encoding="utf-8"))["install"]:
            archive = one["download_info"]["archive_info"]
            found[canonicalize_name(one["metadata"]["name"])].add(archive["hashes"]["sha256"])
    return found


# --- the files ------------------------------------------------------------------------------


def lines_of(pins: Pins) -> str:
    """Return pins as pip reads them, without digests."""
    return "".join(f"{name}=={version}\n" for name, version in pins.items())


def render(header: str, pins: Pins, digests: Digests) -> str:
    """Return the text of a lock: a pin and, on lines of their own, its digests."""
    text = [header]
    for name in sorted(pins):
        text.append(
            " \\\n".join([f"{name}=={pins[name]}", *(f"    --hash=sha256:{one}" for one in sorted(digests[name]))])
        )
        text.append("\n")
    return "".join(text)


def read(text: str) -> Pins:
    """Read the pins of a lock."""
    lines = (line.rstrip(" \\") for line in text.splitlines() if line and line[0] not in "# ")
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def read_digests(text: str) -> Digests:
    """Read the digests of a lock."""
    found: Digests = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("    --hash=sha256:"):
            found[name].add(line.removeprefix("    --hash=sha256:").rstrip(" \\"))
        elif line and not line.startswith("#"):
            name = line.partition("==")[0]
            found[name] = set()
    return found


def main() -> int:
    """Write the locks, and say what changed."""
    text = LOCK.read_text(encoding="utf-8") if LOCK.is_file() else ""
    cuda_text = CUDA.read_text(encoding="utf-8")
    old, cuda = read(text), read(cuda_text)
    known = read_digests(cuda_text) | read_digests(text)
    try:
        new = closure(direct())
        # An archive never changes under its version: only pins that are new are asked about, unless --all.
        asked = {
            name: version
            for name, version in (new | cuda).items()
            if "--all" in sys.argv[1:] or (old | cuda).get(name) != version or not known.get(name)
        }
        digests = offered(asked) if asked else {}
        here = chosen({name: version for name, version in asked.items() if name in new}) if asked else {}
    except (PackageNotFoundError, FileNotFoundError) as err:
        print(f"not installed here: {err.args[0]}; install it first", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as err:
        print(f"{Path(err.cmd[0]).name} knows no archives for these pins; nothing was written", file=sys.stderr)
        return 2
    for name, version in (new | cuda).items():  # what another place has for the same pin stays good
        same = known.get(name, set()) if (old | cuda).get(name) == version else set()
        digests[name] = digests.get(name, set()) | here.get(name, set()) | same
    LOCK.write_text(render(HEADER, new, digests), encoding="utf-8")
    CONTROL.write_text(render(CONTROL_HEADER, closure(control()), digests), encoding="utf-8")
    header = "".join(f"{line}\n" for line in cuda_text.splitlines() if line.startswith("#"))
    CUDA.write_text(render(header, cuda, digests), encoding="utf-8")
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            print(f"{name}: {old.get(name, 'new')} -> {new.get(name, 'gone')}")
    print(f"{len(new)} packages, {sum(len(digests[name]) for name in new)} digests in {LOCK.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
