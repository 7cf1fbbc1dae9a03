"""Blinds: starts a part of Airflow that runs no task where neither keys nor evidence are to be seen.

Its processes belong to the same user as the tasks, so that file modes alone keep nothing from them. In a mount
namespace of its own the key folder is empty, and so is the home but for Airflow's own folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pipeline.settings import Settings

CHECKOUT = Path(__file__).resolve().parent.parent
_LOOK_SECONDS = 10


def blinds(conf: Settings) -> list[str]:
    """Return the command that hides them from what follows it; none where bubblewrap is missing or may not do it."""
    program = shutil.which("bwrap")
    if program is None or not _works(program):
        return []
    command = [program, "--dev-bind", "/", "/"]
    for one in _hidden(conf):
        command += ["--tmpfs", str(one)]
    own = conf.home / "airflow"
    return [*command, "--bind", str(own), str(own), "--chdir", str(own), "--"]


def _hidden(conf: Settings) -> Iterator[Path]:
    """Yield the folders to be hidden, made if need be: what is not there cannot be covered."""
    needed = (CHECKOUT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())
    if any(one.is_relative_to(conf.home) for one in needed):  # the program itself lies there
        yield from (one for name in ("vault", "derivatives") if (one := conf.home / name).is_dir())
    else:
        yield conf.home
    for folder in (conf.keys, conf.scratch):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        where = folder.resolve()
        if not where.is_relative_to(conf.home):
            yield where


@cache
def _works(program: str) -> bool:
    try:
        done = subprocess.run(
            [program, "--dev-bind", "/", "/", "--tmpfs", "/tmp", "--", "true"],  # noqa: S108 - covered, not used
            env={"PATH": os.defpath}, capture_output=True, check=False, timeout=_LOOK_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
