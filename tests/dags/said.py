"""Said: lets errors that quote evidence cross the boundary of a task, and returns what came out."""

import importlib.util
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from airflow.sdk.exceptions import AirflowException

from pipeline.errors import Misconfigured, PipelineError, Unavailable

SECRET = "witness-7 at 36.19924, 37.16372"


def fail(error: Exception) -> None:
    raise error


def what_airflow_sees(module: ModuleType, error: Exception) -> list[str]:
    try:
        with module.CodesOnly("evidence process"):
            fail(error)
    except AirflowException as err:
        return [type(err).__name__, str(err), "".join(traceback.format_exception(err))]
    return []


def loaded(dags: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, dags / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def alarmed(dags: Path) -> dict[str, Any]:
    """Return what Airflow is told of an audit that found damage."""
    module = loaded(dags, "audit_vault")
    codes = ["E-VAULT-001", "E-VAULT-001", "E-VAULT-003"]
    findings = [{"asset": "a" * 64, "path": f"objects/{SECRET}", "code": code, "what": SECRET} for code in codes]
    document = {
        "slices": [{"slice": 3}], "of": 90, "checked": 7, "bytes": 1, "complete": True, "overdue": 0,
        "findings": findings, "codes": {code: codes.count(code) for code in codes}, "quarantined": 2,
    }  # fmt: skip
    counts = module.told(document)
    return {"counts": counts, "summary": module.summary(counts)}


def seen(dags: Path) -> list[list[str]]:
    """Return type, text and traceback of what crosses, error by error."""
    module = loaded(dags, "process_batch")
    errors = (Misconfigured(SECRET), Unavailable(SECRET), PipelineError(SECRET, code="E-RUN-001"), ValueError(SECRET))
    return [what_airflow_sees(module, error) for error in errors]
