"""What the DAG tests share: one parse of the DAGs, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD = ["sample", "A", "7", "2024-03.first_part", "x" * 64]
BAD = ["", ".hidden", "-rf", "two words", "a/b", "../up", "a\n", "ü", "x" * 65, "a;b", "$(id)"]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "EVIDENCE_HOME": str(home / "untouched"),
        "PYTHONPATH": str(CHECKOUT),
    }
    told = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("probe.py")), str(CHECKOUT / "dags"), json.dumps(GOOD + BAD)],
        env=env, cwd=home, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    found["home_touched"] = (home / "untouched").exists()
    return found


@pytest.fixture(scope="session")
def process_batch(parsed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = parsed["dags"]["process_batch"]
    return found
