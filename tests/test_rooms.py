"""The rooms know of each other only what the design allows."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=CHECKOUT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_no_module_of_the_package_is_outside_the_layers() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    known = {one.stem for one in (CHECKOUT / "pipeline").iterdir() if not one.name.startswith("__")}

    assert {name for name in known if f"pipeline.{name}" not in text} == set()
