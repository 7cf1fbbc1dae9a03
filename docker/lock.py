"""Lock: writes the exact versions of everything that the project needs, from an environment that has it."""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "requirements.lock"

HEADER = """\
# Everything that runs or tests the project, at exact versions: pip install -r requirements.lock
# Written by docker/lock.py from the environment that passed the tests; change it there, never by hand.
# Why it looks as it does (torch without a local suffix, triton, celery): docs/decisions/0002-lock.md
"""

# The back-end that installs the project itself without asking an index.
BUILD = ("setuptools",)


def direct() -> tuple[Requirement, ...]:
    """Return what pyproject.toml asks for, to run and to test, and the build back-end."""
    project: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"], *BUILD]
    return tuple(Requirement(line) for line in lines)


def closure(wanted: tuple[Requirement, ...]) -> dict[str, str]:
    """Follow requirements through the installed packages; versions by canonical name."""
    found: dict[str, str] = {}
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


def render(versions: dict[str, str]) -> str:
    """Return the text of the lock."""
    return HEADER + "".join(f"{name}=={versions[name]}\n" for name in sorted(versions))


def read(text: str) -> dict[str, str]:
    """Read a lock back; every line but comments is ``name==version``."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def main() -> int:
    """Write the lock, and say what changed."""
    old = read(LOCK.read_text(encoding="utf-8")) if LOCK.is_file() else {}
    try:
        new = closure(direct())
    except PackageNotFoundError as err:
        print(f"not installed here: {err.name}; install it first", file=sys.stderr)
        return 2
    LOCK.write_text(render(new), encoding="utf-8")
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            print(f"{name}: {old.get(name, 'new')} -> {new.get(name, 'gone')}")
    print(f"{len(new)} packages in {LOCK.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
