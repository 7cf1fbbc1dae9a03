"""Boundary: how often any DAG's task is tried, and what it may tell Airflow of an error: never a word of evidence."""

import logging
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from pipeline.errors import CODES, PipelineError

log = logging.getLogger(__name__)

TRIED_AGAIN = {
    "owner": "evidence",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=3),
}
"""What holds for every task that may be repeated without harm."""


def late(dag: str, **_context: Any) -> None:
    """Say that a run is not done in its time; a notifier of the installation may stand here beside it."""
    log.critical("ALARM: a run of %s is late; look at its tasks", dag)


class CodesOnly:
    """Lets no message reach Airflow: it may quote a file name, a URL or a word of evidence.

    Airflow sees the code, and for an error that has none its type and its place in the source.
    ``command`` tells more, to who may know.
    """

    def __init__(self, command: str) -> None:
        self._command = command

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say who must act; only what may pass by itself is tried again."""
        if isinstance(err, PipelineError):
            code = CODES[err.code]
            reason = f"{err.code}: {code.meaning}; {code.who}: {code.next} ({self._command} tells more)"
            raise (AirflowException if err.retry else AirflowFailException)(reason) from None
        if isinstance(err, Exception):
            place = " < ".join(f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in extract_tb(trace)[:-9:-1])
            raise AirflowException(f"E-STAGE-001: {type(err).__name__} at {place}") from None
