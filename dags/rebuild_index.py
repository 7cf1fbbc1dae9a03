"""Rebuild index: makes the search index again from the vault, in shards, beside the one that answers.

Start it when the index is damaged or lost, after an upgrade that says so, or to see that the index
is what the vault says. Each shard reads a range of the vault's objects into a file of its own; a
shard that is there already, from a run that was ended, is not read again unless its objects have
changed. `swap` puts the shards together, compares what the new index holds with what was read, and
puts it in place in one rename; what was indexed meanwhile is carried over. Until then, and when
anything fails, the old index answers.

`evidence rebuild index` does the same in one process. The index is a file of one host: all tasks
must run on it. Only counts and a digest reach this page.
"""

import logging
from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from dags.boundary import TRIED_AGAIN, CodesOnly

log = logging.getLogger(__name__)

Shard = dict[str, int]
"""A range of the vault: ``n`` and ``of`` (the second of five)."""

COMMAND = "evidence rebuild index"
LABEL = "shard {{ task.op_kwargs['shard']['n'] }} of {{ task.op_kwargs['shard']['of'] }}"


@dag(
    dag_id="rebuild_index",
    schedule=None,
    catchup=False,
    tags=["evidence", "vault"],
    doc_md=__doc__,
    max_active_runs=1,
    default_args=dict(TRIED_AGAIN),
    params={
        "shards": Param(
            default=None,
            type=["null", "integer"],
            minimum=1,
            maximum=1000,
            title="Shards",
            description="Into how many tasks the reading is divided; empty: by the size of the vault.",
        ),
    },
)
def rebuild_index() -> None:
    """Wire the tasks; the work itself is behind ``pipeline.service``."""

    @task(pool="io", execution_timeout=timedelta(minutes=30))
    def plan_shards() -> list[Shard]:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            return open_app(fill=False).rebuilding.begin_index(get_current_context()["params"]["shards"])

    @task(pool="cpu", map_index_template=LABEL, do_xcom_push=False)
    def read(shard: Shard) -> None:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            fresh = open_app(fill=False).rebuilding.index_part((shard["n"], shard["of"]))
            log.info("shard %d of %d: %s", shard["n"], shard["of"], "read" if fresh else "there already, unchanged")

    @task(pool="io", do_xcom_push=False)
    def swap(shards: list[Shard]) -> None:
        with CodesOnly(COMMAND):
            from pipeline.service import open_app

            made = open_app(fill=False).rebuilding.finish_index(shards[0]["of"])
            log.info("%d assets · %d passages · digest %s", made["assets"], made["passages"], made["digest"])

    shards = plan_shards()
    read.expand(shard=shards) >> swap(shards)


rebuild_index()
