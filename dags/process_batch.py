"""Process batch: puts one batch through the line, in shards, and adds everything up at the end.

The batch is submitted first (`evidence submit … --batch REF`); its reference is all that this form
asks for. Each shard is a range of the batch. Its tasks look up what is kept, do the rest, and write
it back to the vault; results, names and places stay in the catalogue and the vault, never here.

- A fault of the **material** is recorded as an outcome and leaves its task green.
- A fault **outside** (a service that is down, a worker that was killed) fails the try, and it is tried again.
- A fault of the **installation** fails the task at once, with a code that `docs/reference/codes.md` explains.
- `reconcile` adds up the ledger: the run fails when one item is unaccounted for, or too many failed.

Running a batch again does only what is missing. `evidence status REF` shows the failures by item.
"""

import logging
from datetime import timedelta
from itertools import pairwise
from typing import Any

from airflow.sdk import Param, cross_downstream, dag, get_current_context, task, task_group

from dags.boundary import TRIED_AGAIN, CodesOnly
from pipeline.plan import tasks

log = logging.getLogger(__name__)

COMMAND = "evidence process"

Shard = dict[str, str | int]
"""A range of a batch: ``batch``, ``n`` and ``of`` (the second of five), ``offset``, ``size``."""

# Python's $ would let a last newline pass; a browser reads the same pattern.
REFERENCE = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?!\\n)$"

# How many slots each has is set where Airflow is installed: io reads and writes, cpu decodes,
# gpu holds a model in memory (on a machine without one, too).
POOL = {"transcribe": "gpu", "tag_objects": "gpu", "translate": "gpu"}

# Drawn before the task runs, so that a task that fails has its label too.
LABEL = (
    "shard {{ task.op_kwargs['shard']['n'] }} of {{ task.op_kwargs['shard']['of'] }}"
    " · {{ task.op_kwargs['shard']['size'] }} assets"
)


def stages(name: str) -> Any:
    """Make the task that runs the stages of ``name`` over one shard."""

    @task(task_id=name, pool=POOL.get(name, "cpu"), map_index_template=LABEL, do_xcom_push=False)
    def run(shard: Shard) -> None:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            ti = get_current_context()["ti"]
            last = ti.try_number > ti.max_tries
            for stage, outcomes in open_app().line.run_stages(name, shard, last_try=last).items():
                log.info("%s: %s", stage, " · ".join(f"{outcome} {count}" for outcome, count in outcomes.items()))

    return run


def lanes(names: tuple[str, ...]) -> list[list[str]]:
    """Put tasks in line, one after the other; tagging needs no transcript and runs beside it."""
    found: list[list[str]] = []
    for name in names:
        if name == "tag_objects" and found and found[-1] == ["transcribe"]:
            found[-1].append(name)
        else:
            found.append([name])
    return found


@dag(
    dag_id="process_batch",
    schedule=None,
    catchup=False,
    tags=["evidence", "line"],
    doc_md=__doc__,
    max_active_runs=4,
    default_args=dict(TRIED_AGAIN),
    params={
        "batch": Param(
            type="string",
            pattern=REFERENCE,
            title="Batch",
            description="The reference given to `evidence submit --batch`: letters, digits, '.', '_' and '-'.",
        ),
    },
)
def process_batch() -> None:
    """Wire the tasks; the work itself is behind ``pipeline.service``."""

    @task(pool="io", execution_timeout=timedelta(minutes=30))
    def plan_shards() -> list[Shard]:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            return open_app().line.shards(get_current_context()["params"]["batch"])

    @task(pool="io", map_index_template=LABEL, do_xcom_push=False)
    def write_back(shard: Shard) -> None:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            open_app().line.write_back(shard)

    @task(pool="io", trigger_rule="all_done", execution_timeout=timedelta(minutes=30), do_xcom_push=False)
    def reconcile() -> None:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            open_app().line.reconcile(get_current_context()["params"]["batch"])

    @task_group(group_id="shard")
    def line(shard: Shard) -> None:
        steps = [[stages(name)(shard=shard) for name in lane] for lane in lanes(tasks())]
        steps.append([write_back(shard=shard)])
        for before, after in pairwise(steps):
            cross_downstream(before, after)

    line.expand(shard=plan_shards()) >> reconcile()


process_batch()
