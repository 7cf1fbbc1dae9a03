"""Said: lets errors that quote evidence cross the boundary of a task, and returns what came out."""

import importlib.util
import traceback
from pathlib import Path
from types import ModuleType

from airflow.sdk.exceptions import AirflowException

from pipeline.errors import Misconfigured, PipelineError, Unavailable

SECRET = "witness-7 at 36.19924, 37.16372"


def fail(error: Exception) -> None:
    raise error


def what_airflow_sees(module: ModuleType, error: Exception) -> list[str]:
    try:
        with module.CodesOnly():
            fail(error)
    except AirflowException as err:
        return [type(err).__name__, str(err), "".join(traceback.format_exception(err))]
    return []


def seen(dags: Path) -> list[list[str]]:
    """Return type, text and traceback of what crosses, error by error."""
    spec = importlib.util.spec_from_file_location("process_batch", dags / "process_batch.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    errors = (Misconfigured(SECRET), Unavailable(SECRET), PipelineError(SECRET, code="E-RUN-001"), ValueError(SECRET))
    return [what_airflow_sees(module, error) for error in errors]
