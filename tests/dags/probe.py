"""Probe: parses the DAGs in a process of its own, and says what it saw as JSON.

Airflow reads its configuration when it is imported and warns about itself; neither belongs into
the process of the tests.
"""

import copy
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError

MODELS = ("ctranslate2", "faster_whisper", "numpy", "onnxruntime", "torch", "transformers", "whisper")


SHARDS = (None, 1, 64, 1000, 0, -1, 1001, 1.5, "two", "")
"""Numbers of shards, four good and six bad."""


def accepts(dag: airflow.sdk.DAG, conf: dict[str, Any]) -> bool:
    """Tell whether the form takes these values."""
    params = copy.deepcopy(dag.params)
    try:
        params.update(conf)
        params.validate()
    except ParamValidationError:
        return False
    return True


def main() -> None:
    folder, values = Path(sys.argv[1]), json.loads(sys.argv[2])
    began = time.process_time()  # of this process alone: others may be at work on the machine
    bag = DagBag(folder)
    seconds = time.process_time() - began
    told = {"seconds": seconds, "errors": bag.import_errors, "models": [m for m in MODELS if m in sys.modules]}
    told["dags"] = {
        name: {
            "doc": dag.doc_md,
            "tags": sorted(dag.tags),
            "catchup": dag.catchup,
            "deadlines": [
                (one.interval.total_seconds(), one.callback.path, one.callback.kwargs) for one in dag.deadline or ()
            ],
            "sections": [dag.params.get_param(name).schema.get("section") for name in dag.params],
            "accepts": [accepts(dag, {"batch": value}) for value in values],
            "accepts_nothing": accepts(dag, {}),
            "shards": [accepts(dag, {"shards": value}) for value in SHARDS if "shards" in dag.params],
            "tasks": {
                task.task_id: {
                    "after": sorted(task.upstream_task_ids),
                    "retries": task.retries,
                    "backoff": task.retry_exponential_backoff,
                    "timeout": task.execution_timeout.total_seconds() if task.execution_timeout else None,
                    "pool": task.pool,
                    "label": getattr(task, "map_index_template", None),
                    "rule": task.trigger_rule.value,
                }
                for task in dag.tasks
            },
        }
        for name, dag in bag.dags.items()
    }
    said = runpy.run_path(str(Path(__file__).with_name("said.py")))
    told["alarm"] = said["alarmed"](folder)
    sys.stdout.write("\n" + json.dumps({**told, "said": said["seen"](folder)}))


main()
