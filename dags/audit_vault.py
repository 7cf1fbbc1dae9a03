"""Audit vault: reads a slice of the vault every day, all of it in a set time, and raises the alarm on damage.

The setting `audit_rotation_days` says how long a full rotation takes (90 days), `audit_hours` how long a day
may read and `audit_max_rate` how fast. A day that was missed is caught up with; what a day could not finish
is first on the next. `read_due` writes what it read into the custody log and puts what is damaged into
quarantine; its counts are its return value, and the event of the asset `vault_audit`, for other DAGs to wait for.

- `alarm` fails, with codes and counts, when anything is damaged, missing or foreign, or the rotation is late.
  `evidence audit --json` and `evidence quarantine list` name what; `docs/reference/codes.md` says who must act.
- A run that is not done before the next day's is due is said to be late, in the log of its callback.
- Nothing is deleted, moved or mended here.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, dag, get_current_context, task
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException

from dags.boundary import CodesOnly, late

log = logging.getLogger(__name__)

VAULT_AUDIT = Asset(name="vault_audit", uri="evidence://vault/audit")
Counts = dict[str, Any]
"""Numbers and codes; never a path, a name or an asset."""


def told(document: dict[str, Any]) -> Counts:
    """Return what Airflow may know of an audit."""
    counts = {name: document[name] for name in ("checked", "bytes", "complete", "overdue", "quarantined", "codes")}
    return {**counts, "slices": len(document["slices"]), "of": document["of"], "findings": len(document["findings"])}


def summary(counts: Counts) -> str:
    """Return an audit in one line."""
    codes = ", ".join(f"{count} {code}" for code, count in sorted(counts["codes"].items())) or "no findings"
    whole = "wholly" if counts["complete"] else "in part"
    return f"{counts['slices']} of {counts['of']} slices read {whole}: {counts['checked']} objects, {codes}"


def raise_alarm(context: Any) -> None:
    """Say in the task's log that somebody must act; a notifier of the installation may stand here beside it."""
    log.critical("ALARM: %s of %s failed; a custodian must look", context["ti"].task_id, context["ti"].dag_id)


@dag(
    dag_id="audit_vault",
    schedule="0 1 * * *",
    catchup=False,
    tags=["evidence", "keeping"],
    doc_md=__doc__,
    max_active_runs=1,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=23),  # before the next day's is due
        callback=SyncCallback(late, kwargs={"dag": "audit_vault"}),
    ),
    default_args={
        "owner": "evidence",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=12),  # the setting audit_hours is less than this
        "on_failure_callback": raise_alarm,
    },
)
def audit_vault() -> None:
    """Wire the tasks; the work itself is behind ``pipeline.service``."""

    @task(pool="io", outlets=[VAULT_AUDIT], multiple_outputs=False)
    def read_due() -> Counts:
        with CodesOnly("evidence audit --due"):
            from pipeline.service import open_app

            counts = told(open_app(fill=False).auditing.rotate())
            log.info("%s", summary(counts))
            get_current_context()["outlet_events"][VAULT_AUDIT].extra = counts
            return counts

    @task(pool="io", retries=0, execution_timeout=timedelta(minutes=10), do_xcom_push=False)
    def alarm(counts: Counts) -> None:
        if counts["findings"]:
            raise AirflowFailException(f"{summary(counts)}; evidence audit and evidence quarantine list name them")

    alarm(read_due())


audit_vault()
